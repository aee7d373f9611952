import { EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, MAP_FIXED, MAP_FIXED_NOREPLACE } from '@synos/abi';
import { check, equal } from '../check.js';
import { auditAddressSpace } from './audit.js';
import { type AddressSpaceDrive, type AddSpaceCase, PAGE, PLACE, PRIVATE, READ_WRITE } from './fixture.js';

/** Maps pages at a place and has to succeed. */
function mapAt({ space }: AddressSpaceDrive, page: number, pages: number, protection = READ_WRITE): void {
  equal(space.mmap(PLACE + page * PAGE, pages * PAGE, protection, PRIVATE | MAP_FIXED), PLACE + page * PAGE, 'mmap');
}

/** The regions as one line: `page+pages:protection`, pages counted from the place. */
function layout({ space }: AddressSpaceDrive): string {
  const one = (address: number, byteLength: number, rights: number): string =>
    `${(address - PLACE) / PAGE}+${byteLength / PAGE}:${rights}`;
  return space
    .regions()
    .map((region) => one(region.address, region.byteLength, region.protection))
    .join(' ');
}

export function addMappingCases(add: AddSpaceCase): void {
  add('mmap', 'equal lengths give different addresses, and both are memory', ({ space, touch }) => {
    const first = space.mmap(0, PAGE, READ_WRITE, PRIVATE);
    const second = space.mmap(0, PAGE, READ_WRITE, PRIVATE);
    check(first > 0 && second > 0, 'mmap answers addresses');
    check(Math.abs(first - second) >= PAGE, 'they are apart');
    const frames = [touch(first, { write: true }), touch(second, { write: true })];
    check(typeof frames[0] === 'number' && typeof frames[1] === 'number', 'both may be written');
    check(frames[0] !== frames[1], 'behind them lie different frames');
  });

  add('mmap', 'a length is rounded up to whole pages', (drive) => {
    mapAt(drive, 0, 1);
    equal(drive.space.mmap(PLACE + 4 * PAGE, 5000, 1, PRIVATE | MAP_FIXED), PLACE + 4 * PAGE, 'mmap');
    equal(layout(drive), '0+1:3 4+2:1', 'regions');
  });

  add('mmap', 'a hint is honoured where it is free, on its page', (drive) => {
    const { space } = drive;
    equal(space.mmap(PLACE + 100, PAGE, 1, PRIVATE), PLACE, 'the page of the hint');
    const other = space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE);
    check(other > 0 && other !== PLACE, 'elsewhere where it is taken');
    equal(space.regions().length, 2, 'regions');
  });

  add('mmap', 'MAP_FIXED replaces what is there, contents too', (drive) => {
    const { space } = drive;
    mapAt(drive, 0, 3);
    equal(space.copyOut(PLACE, new Uint8Array(3 * PAGE).fill(7)), 3 * PAGE, 'written');
    mapAt(drive, 1, 1, 1);
    equal(layout(drive), '0+1:3 1+1:1 2+1:3', 'regions');
    const read = new Uint8Array(3 * PAGE);
    equal(space.copyIn(PLACE, read), 3 * PAGE, 'read');
    equal([read[PAGE - 1], read[PAGE], read[2 * PAGE - 1], read[2 * PAGE]].join(' '), '7 0 0 7', 'bytes');
  });

  add('mmap', 'MAP_FIXED_NOREPLACE is EEXIST where a byte of it is taken', (drive) => {
    const { space } = drive;
    mapAt(drive, 2, 1);
    const flags = PRIVATE | MAP_FIXED_NOREPLACE;
    equal(space.mmap(PLACE, 3 * PAGE, 1, flags), -EEXIST, 'taken');
    equal(space.mmap(PLACE, 2 * PAGE, 1, flags), PLACE, 'free');
    equal(layout(drive), '0+2:1 2+1:3', 'regions');
  });

  add('mmap', 'what makes no sense is refused, and changes nothing', (drive) => {
    const { space } = drive;
    mapAt(drive, 0, 1);
    equal(space.mmap(0, 0, 1, PRIVATE), -EINVAL, 'no length');
    equal(space.mmap(0, 2 ** 47, 1, PRIVATE), -ENOMEM, 'longer than the user half');
    equal(space.mmap(0, 2 ** 64, 1, PRIVATE), -ENOMEM, 'longer than anything');
    equal(space.mmap(PLACE + 1, PAGE, 1, PRIVATE | MAP_FIXED), -EINVAL, 'fixed and not on a page');
    equal(space.mmap(2 ** 47 - PAGE, 2 * PAGE, 1, PRIVATE | MAP_FIXED), -ENOMEM, 'fixed across the end');
    equal(space.mmap(-PAGE, PAGE, 1, PRIVATE | MAP_FIXED), -ENOMEM, "fixed in the kernel's half");
    equal(space.mmap(0, PAGE, 1, 0x20), -EINVAL, 'neither private nor shared');
    equal(space.mmap(0, PAGE, 1, 0x21), -EOPNOTSUPP, 'shared');
    equal(space.mmap(0, PAGE, 1, 0x02), -EOPNOTSUPP, 'a file');
    equal(layout(drive), '0+1:3', 'regions');
  });

  add('mmap', 'neighbours that are alike are one region, others are not', (drive) => {
    mapAt(drive, 0, 1);
    mapAt(drive, 2, 1);
    mapAt(drive, 1, 1);
    equal(layout(drive), '0+3:3', 'alike');
    mapAt(drive, 3, 1, 1);
    equal(layout(drive), '0+3:3 3+1:1', 'not alike');
  });

  add(
    'mmap',
    'out of memory is ENOMEM when it is mapped, never later',
    (drive) => {
      const { space, touch } = drive;
      equal(space.mmap(0, 60 * PAGE, READ_WRITE, PRIVATE), -ENOMEM, 'more than there is');
      equal(space.regions().length, 0, 'regions');
      auditAddressSpace(drive);
      const granted: number[] = [];
      for (let address = 0; address >= 0; ) {
        address = space.mmap(0, 4 * PAGE, READ_WRITE, PRIVATE);
        if (address >= 0) granted.push(address);
        check(granted.length < 20, 'more is granted than there is');
      }
      check(granted.length >= 5, 'most of memory can be had');
      for (const address of granted) {
        for (let page = 0; page < 4; page++) {
          check(typeof touch(address + page * PAGE, { write: true }) === 'number', 'what was granted is there');
        }
      }
      auditAddressSpace(drive);
      equal(space.munmap(granted[0]!, 4 * PAGE), 0, 'munmap');
      check(space.mmap(0, 4 * PAGE, READ_WRITE, PRIVATE) > 0, 'what was given back can be had again');
    },
    40,
  );

  add(
    'mmap',
    'where memory is short, MAP_FIXED that does not fit leaves what was there',
    (drive) => {
      const { space } = drive;
      mapAt(drive, 0, 8);
      equal(space.copyOut(PLACE, new Uint8Array([9])), 1, 'written');
      equal(space.mmap(PLACE, 100 * PAGE, 1, PRIVATE | MAP_FIXED), -ENOMEM, 'mmap');
      const read = new Uint8Array(1);
      equal(space.copyIn(PLACE, read), 1, 'read');
      equal(read[0], 9, 'the byte');
      equal(layout(drive), '0+8:3', 'regions');
    },
    30,
  );
}

export function addUnmappingCases(add: AddSpaceCase): void {
  add('munmap', 'any sub-range: head, tail, middle, several regions with gaps', (drive) => {
    const { space, touch } = drive;
    mapAt(drive, 0, 10);
    for (let page = 0; page < 10; page++) touch(PLACE + page * PAGE, { write: true });
    equal(space.munmap(PLACE, PAGE), 0, 'head');
    equal(space.munmap(PLACE + 9 * PAGE, 100), 0, 'tail, its length rounded up');
    equal(space.munmap(PLACE + 4 * PAGE, 2 * PAGE), 0, 'middle');
    equal(layout(drive), '1+3:3 6+3:3', 'regions');
    auditAddressSpace(drive);
    equal(touch(PLACE + 4 * PAGE), 'unmapped', 'a page that is gone');
    equal(space.munmap(PLACE - 5 * PAGE, 13 * PAGE), 0, 'over a gap');
    equal(layout(drive), '8+1:3', 'regions');
  });

  add('munmap', 'what it should refuse, and what it passes over', ({ space }) => {
    equal(space.munmap(PLACE + 1, PAGE), -EINVAL, 'not on a page');
    equal(space.munmap(PLACE, 0), -EINVAL, 'no length');
    equal(space.munmap(-PAGE, PAGE), -EINVAL, "the kernel's half");
    equal(space.munmap(PLACE, 2 ** 47), -EINVAL, 'beyond the user half');
    equal(space.munmap(PLACE, -PAGE), -EINVAL, 'a length that wraps');
    equal(space.munmap(PLACE, PAGE), 0, 'nothing there');
  });

  add('munmap', 'gives back every frame and table, and what it mapped again is zero', (drive) => {
    const { space, frames } = drive;
    const { freeFrames, reservedFrames } = frames.stats();
    mapAt(drive, 0, 4);
    equal(space.copyOut(PLACE, new Uint8Array(4 * PAGE).fill(0x55)), 4 * PAGE, 'written');
    equal(space.munmap(PLACE, 4 * PAGE), 0, 'munmap');
    equal(frames.stats().reservedFrames, reservedFrames, 'reserved');
    equal(frames.stats().freeFrames, freeFrames, 'free');
    mapAt(drive, 0, 4);
    const read = new Uint8Array(4 * PAGE).fill(1);
    equal(space.copyIn(PLACE, read), 4 * PAGE, 'read');
    check(
      read.every((byte) => byte === 0),
      'fresh pages are zero',
    );
  });

  add('mprotect', 'splits and joins regions', (drive) => {
    const { space } = drive;
    mapAt(drive, 0, 4);
    equal(space.mprotect(PLACE + PAGE, PAGE, 1), 0, 'the second page');
    equal(layout(drive), '0+1:3 1+1:1 2+2:3', 'split');
    equal(space.mprotect(PLACE + PAGE, PAGE, READ_WRITE), 0, 'and back');
    equal(layout(drive), '0+4:3', 'joined');
  });

  add('mprotect', 'up to the first gap, then ENOMEM', (drive) => {
    const { space } = drive;
    mapAt(drive, 0, 2);
    mapAt(drive, 3, 1);
    equal(space.mprotect(PLACE, 4 * PAGE, 1), -ENOMEM, 'over a gap');
    equal(layout(drive), '0+2:1 3+1:3', 'what lies before it is changed');
    equal(space.mprotect(PLACE + 2 * PAGE, 2 * PAGE, 1), -ENOMEM, 'a gap at once');
    equal(layout(drive), '0+2:1 3+1:3', 'nothing is changed');
  });

  add('mprotect', 'what it should refuse', (drive) => {
    const { space } = drive;
    mapAt(drive, 0, 1);
    equal(space.mprotect(PLACE + 1, PAGE, 1), -EINVAL, 'not on a page');
    equal(space.mprotect(PLACE, PAGE, 0x100), -EINVAL, 'no such right');
    equal(space.mprotect(PLACE, -1, 1), -ENOMEM, 'a length that wraps');
    equal(space.mprotect(PLACE, 0, 1), 0, 'no length');
    equal(layout(drive), '0+1:3', 'regions');
  });
}

export function addBreakCases(add: AddSpaceCase): void {
  add('brk', 'moves: up, and down again with its pages', (drive) => {
    const { space, touch } = drive;
    space.setHeapStart(PLACE);
    equal(space.brk(0), PLACE, 'where it is');
    equal(space.brk(PLACE + 5000), PLACE + 5000, 'up');
    equal(layout(drive), '0+2:3', 'pages');
    equal(space.regions()[0]?.kind, 'heap', 'kind');
    check(typeof touch(PLACE + PAGE, { write: true }) === 'number', 'it is memory');
    equal(touch(PLACE + 2 * PAGE), 'unmapped', 'behind it');
    equal(space.brk(PLACE + 10), PLACE + 10, 'down');
    equal(touch(PLACE + PAGE), 'unmapped', 'what was given up');
    equal(layout(drive), '0+1:3', 'pages');
  });

  add('brk', 'stays where it cannot move', (drive) => {
    const { space } = drive;
    space.setHeapStart(PLACE);
    mapAt(drive, 4, 1);
    equal(space.brk(PLACE + PAGE), PLACE + PAGE, 'up');
    equal(space.brk(PLACE - 1), PLACE + PAGE, 'below its start');
    equal(space.brk(PLACE + 5 * PAGE), PLACE + PAGE, 'into another region');
    equal(space.brk(PLACE + 2 ** 30), PLACE + PAGE, 'more than there is memory');
    equal(space.brk(-1), PLACE + PAGE, "into the kernel's half");
    equal(layout(drive), '0+1:3 4+1:3', 'regions');
  });
}
