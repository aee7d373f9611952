import { check, equal } from '../check.js';
import type { AddHeapCase, HeapBench } from './fixture.js';

/** What a caller's bug must lead to: an assertion that names the address, and nothing changed. */
export function addMisuseCases(add: AddHeapCase): void {
  for (const [name, call] of calls) {
    add(`Heap.${name}`, `${name} of a block that was freed already asserts`, (bench) => {
      for (const size of [10, 100, 1000]) {
        const block = bench.malloc(size);
        bench.malloc(size);
        bench.free(block);
        asserts(bench, block.address, (address) => call(bench, address));
      }
    });

    add(`Heap.${name}`, `${name} of what was never given out asserts`, (bench) => {
      const { start, end } = bench.fixture;
      const { address, byteLength } = bench.malloc(1000);
      const others = [address - 16, address + 16, address + 64, address + 8, address + 1, address + 0.5];
      const beyond = [
        address + byteLength + 64,
        end,
        end + 16,
        end + 2 ** 20,
        start + 1,
        -16,
        2 ** 32 + address,
        Number.NaN,
      ];
      for (const other of [...others, ...beyond]) {
        // In a heap from 0 on, what lies before the first block may be 0, and that is no block, as in C.
        if (other !== 0) asserts(bench, other, (wrong) => call(bench, wrong));
      }
    });

    add(`Heap.${name}`, `${name} inside of a block that grew over it asserts`, (bench) => {
      const first = bench.malloc(600);
      const second = bench.malloc(600);
      bench.malloc(10);
      bench.free(second);
      bench.free(first);
      const address = bench.heap.malloc(1200);
      // Not filled: what the heap once wrote there is still there.
      if (address === first.address) asserts(bench, second.address, (wrong) => call(bench, wrong));
      bench.heap.free(address);
    });
  }

  add(
    'Heap.free',
    'a header that was overwritten, by any byte, is told of',
    (bench) => {
      for (const size of [10, 100, 1000]) {
        const block = bench.malloc(size);
        bench.malloc(size);
        const header = bench.fixture.headerOf?.(block.address);
        check(header !== undefined, "the fixture has no 'headerOf', yet does not lack 'header'");
        for (let at = header.start; at < header.end; at++) {
          for (const flip of [1, 2, 4, 0x80, 0xff]) {
            bench.bytes[at]! ^= flip;
            const before = bench.bytes.slice();
            expectAssertion(block.address, () => bench.heap.free(block.address));
            check(
              before.every((byte, index) => byte === bench.bytes[index]),
              'bytes were changed',
            );
            bench.bytes[at]! ^= flip;
          }
        }
        bench.free(block);
      }
    },
    ['header'],
  );
}

const calls: readonly [string, (bench: HeapBench, address: number) => void][] = [
  ['free', (bench, address) => bench.heap.free(address)],
  ['realloc', (bench, address) => void bench.heap.realloc(address, 40)],
  ['usableBytes', (bench, address) => void bench.heap.usableBytes(address)],
];

function asserts(bench: HeapBench, address: number, call: (address: number) => void): void {
  const before = bench.statsText();
  expectAssertion(address, () => call(address));
  equal(bench.statsText(), before, 'statistics');
  bench.allWhole();
}

function expectAssertion(address: number, call: () => void): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  check(thrown instanceof Error, `${address}: no assertion`);
  equal((thrown as Error & { code?: string }).code, 'ERR_ASSERTION', 'code of the error');
  const names = [String(address), address.toString(16)];
  check(
    names.some((name) => thrown.message.includes(name)),
    `'${thrown.message}' does not name ${address}`,
  );
}
