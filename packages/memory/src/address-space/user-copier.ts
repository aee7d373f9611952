import {
  type FaultRefusal,
  FRAME_BYTES,
  type PhysicalAddress,
  type PhysicalMemory,
  USER_END,
  type UserMemory,
  type VirtualAddress,
} from '@synos/interfaces';
import { right } from '../page-tables/page-tables.js';
import type { PageWalker } from '../page-tables/walk.js';
import type { PhysicalBytes } from './physical-bytes.js';

/** What {@link UserCopier} needs. */
export interface UserCopierParts {
  readonly memory: PhysicalMemory;
  readonly bytes: PhysicalBytes;
  /** The root of the page tables. */
  readonly root: PhysicalAddress;
  /** Walks them as the CPU does, and sets the accessed and dirty bits. */
  readonly walker: PageWalker;
  /** The resolver of page faults. */
  readonly resolveFault: (address: VirtualAddress, errorCode: number) => FaultRefusal | null;
}

/** Up to so many bytes a loop is cheaper than a view. */
const LOOP_BYTES = 64;

/** What the program itself does when it reads; `right.write` comes to it when it writes. */
const READ = right.user;
const WRITE = right.user | right.write;

/**
 * Copies between the kernel and a program, page by page, as the program's own loads and stores would go: the page tables
 * decide, a page fault goes to the resolver, and what it refuses ends the copy. So a right is checked in one place, and
 * what the resolver learns later (copy-on-write), copies do too.
 */
export class UserCopier implements UserMemory {
  private readonly parts: UserCopierParts;

  constructor(parts: UserCopierParts) {
    this.parts = parts;
  }

  copyIn(address: VirtualAddress, into: Uint8Array<ArrayBuffer>, offset = 0, byteLength = Infinity): number {
    const { bytes } = this.parts;
    const total = Math.min(reach(address, byteLength), room(into, offset));
    let done = 0;
    while (done < total) {
      const from = this.physical(address + done, READ);
      if (from < 0) return done;
      const count = Math.min(total - done, FRAME_BYTES - (from % FRAME_BYTES));
      const view = bytes.viewOf(from);
      move(view, bytes.indexOf(from), into, offset + done, count);
      done += count;
    }
    return done;
  }

  copyOut(address: VirtualAddress, from: Uint8Array<ArrayBuffer>, offset = 0, byteLength = Infinity): number {
    const { bytes, memory } = this.parts;
    const total = Math.min(reach(address, byteLength), room(from, offset));
    let done = 0;
    while (done < total) {
      const to = this.physical(address + done, WRITE);
      if (to < 0) return done;
      const count = Math.min(total - done, FRAME_BYTES - (to % FRAME_BYTES));
      const view = bytes.viewOf(to);
      move(from, offset + done, view, bytes.indexOf(to), count);
      memory.wrote(to, count);
      done += count;
    }
    return done;
  }

  zeroOut(address: VirtualAddress, byteLength: number): number {
    const { bytes, memory } = this.parts;
    const total = reach(address, byteLength);
    let done = 0;
    while (done < total) {
      const to = this.physical(address + done, WRITE);
      if (to < 0) return done;
      const count = Math.min(total - done, FRAME_BYTES - (to % FRAME_BYTES));
      const view = bytes.viewOf(to);
      const index = bytes.indexOf(to);
      view.fill(0, index, index + count);
      memory.wrote(to, count);
      done += count;
    }
    return done;
  }

  /**
   * Where a byte of the program lies, -1 when it may not do that there. A fault that is resolved is tried again once. Broken
   * tables may name what is no memory.
   */
  private physical(address: VirtualAddress, access: number): PhysicalAddress {
    const { walker, root, resolveFault, bytes } = this.parts;
    let place = walker.translate(root, address, access);
    if (place < 0) {
      if (resolveFault(address, -1 - place) !== null) return -1;
      place = walker.translate(root, address, access);
    }
    return place >= 0 && bytes.has(place) ? place : -1;
  }
}

/** How many bytes from an address on lie in the user half, up to so many: 0 for what is no address or no length. */
function reach(address: VirtualAddress, byteLength: number): number {
  if (!(Number.isInteger(address) && address >= 0 && address < USER_END && byteLength > 0)) return 0;
  return Math.min(Math.floor(byteLength), USER_END - address);
}

/** How many bytes there are in a buffer from an offset on. */
function room(buffer: Uint8Array<ArrayBuffer>, offset: number): number {
  return Number.isInteger(offset) && offset >= 0 && offset < buffer.length ? buffer.length - offset : 0;
}

function move(
  from: Uint8Array<ArrayBuffer>,
  fromIndex: number,
  to: Uint8Array<ArrayBuffer>,
  toIndex: number,
  count: number,
): void {
  if (count <= LOOP_BYTES) {
    for (let index = 0; index < count; index += 1) to[toIndex + index] = from[fromIndex + index] as number;
  } else to.set(from.subarray(fromIndex, fromIndex + count), toIndex);
}
