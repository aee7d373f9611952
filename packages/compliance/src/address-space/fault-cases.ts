import { MAP_FIXED } from '@synos/abi';
import { check, equal } from '../check.js';
import { type AddSpaceCase, PAGE, PLACE, PRIVATE, READ_WRITE } from './fixture.js';

const WRITE = { write: true } as const;
const FETCH = { fetch: true } as const;

export function addFaultCases(add: AddSpaceCase): void {
  add('resolveFault', 'a page is there once it is touched, not before', ({ space, touch }) => {
    space.mmap(PLACE, 8 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    equal(space.stats().residentBytes, 0, 'before');
    equal(space.resolveFault(PLACE + PAGE + 5, 6), null, 'a fault');
    equal(space.stats().residentBytes, PAGE, 'after');
    const physical = touch(PLACE + PAGE, WRITE);
    check(typeof physical === 'number', 'the access that faulted goes through');
    equal(touch(PLACE + PAGE + 17), (physical as number) + 17, 'and another to the same page');
  });

  add('resolveFault', 'fresh pages are zero', ({ space, touch, memory }) => {
    space.mmap(PLACE, 4 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    for (let page = 0; page < 4; page++) {
      const physical = touch(PLACE + page * PAGE);
      check(typeof physical === 'number', 'it may be read');
      check(
        memory.mem(physical, PAGE).every((byte) => byte === 0),
        'it is zero',
      );
    }
  });

  add('resolveFault', 'nothing mapped is unmapped: beside regions, at 0, in the kernel half', ({ space, touch }) => {
    space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    for (const address of [0, PLACE - 1, PLACE + PAGE, 2 ** 47 - 1, -(2 ** 47), -1]) {
      equal(touch(address), 'unmapped', `at ${address}`);
      equal(space.resolveFault(address, 4), 'unmapped', `a fault at ${address}`);
    }
    equal(space.stats().residentBytes, 0, 'resident');
  });

  add('resolveFault', 'what is mapped and does not allow it is protection', ({ space, touch }) => {
    const outcomes: string[] = [];
    for (let protection = 0; protection < 8; protection++) {
      const address = PLACE + 2 * protection * PAGE;
      space.mmap(address, PAGE, protection, PRIVATE | MAP_FIXED);
      for (const access of [{}, WRITE, FETCH]) {
        const outcome = touch(address, access);
        outcomes.push(typeof outcome === 'number' ? 'x' : outcome === 'protection' ? '-' : outcome);
      }
      outcomes.push(' ');
    }
    // Read, write, fetch, for PROT_NONE to all three: on x86-64 what may be written or executed may be read.
    equal(outcomes.join('').trim(), '--- x-- xx- xx- x-x x-x xxx xxx', 'what is allowed');
  });

  add('resolveFault', 'the same page twice gives one frame', ({ space }) => {
    space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    equal(space.resolveFault(PLACE, 6), null, 'first');
    equal(space.resolveFault(PLACE, 7), null, 'again, as a stale TLB has it');
    equal(space.stats().residentBytes, PAGE, 'resident');
  });

  add('resolveFault', 'a reserved bit is broken tables', ({ space }) => {
    space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    equal(space.resolveFault(PLACE, 0xd), 'broken-tables', 'refusal');
  });

  add('Tlb', 'a right that is taken away is gone at once, one that is given comes', ({ space, touch, tlb }) => {
    space.mmap(PLACE, 2 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    touch(PLACE, WRITE);
    touch(PLACE + PAGE, WRITE);
    equal(space.mprotect(PLACE, PAGE, 1), 0, 'mprotect');
    equal(touch(PLACE, WRITE), 'protection', 'a write');
    check(typeof touch(PLACE) === 'number', 'a read');
    equal(space.mprotect(PLACE, PAGE, 0), 0, 'mprotect');
    equal(touch(PLACE), 'protection', 'a read of PROT_NONE');
    equal(tlb.stale().length, 0, 'stale');
    equal(space.mprotect(PLACE, PAGE, READ_WRITE), 0, 'mprotect');
    check(typeof touch(PLACE, WRITE) === 'number', 'a write again');
    check(typeof touch(PLACE + PAGE, WRITE) === 'number', 'the other page');
  });

  add('Tlb', 'contents outlive mprotect', ({ space }) => {
    space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    space.copyOut(PLACE, new Uint8Array([1, 2, 3]));
    space.mprotect(PLACE, PAGE, 0);
    space.mprotect(PLACE, PAGE, 1);
    const read = new Uint8Array(3);
    equal(space.copyIn(PLACE, read), 3, 'read');
    equal(read.join(' '), '1 2 3', 'bytes');
  });
}
