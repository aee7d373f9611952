import type { Heap } from '@synos/interfaces';
import type { Case } from '../case.js';
import { check, equal } from '../check.js';

/** A block as a walk over a heap's own records finds it. */
export interface HeapSuiteBlock {
  readonly address: number;
  /** With all that it costs: the sum over all blocks is `usedBytes` and `freeBytes`. */
  readonly byteLength: number;
  readonly isLive: boolean;
}

/** A fresh heap and the bytes that it lies in. */
export interface HeapFixture {
  readonly heap: Heap;
  readonly buffer: ArrayBuffer;
  /** The heap may read and write `start` to `end`, and nothing else: 16 KB at least, 16 MB at most. */
  readonly start: number;
  readonly end: number;
  /** For ability `walk`: all blocks, live and free, by a walk over the heap's own records. */
  blocks?(): readonly HeapSuiteBlock[];
  /**
   * For ability `header`: offsets of the bytes that hold a live block's size and state. When any of them is overwritten,
   * `free` must tell.
   */
  headerOf?(address: number): { readonly start: number; readonly end: number };
  dispose?(): void;
}

/** Abilities that cases may need. */
export type HeapAbility = 'walk' | 'header';

/** A block that a case holds, filled with one byte all over. */
export interface HeldBlock {
  readonly address: number;
  readonly byteLength: number;
  readonly fill: number;
}

/** A fixture and what a case has in it. */
export class HeapBench {
  readonly heap: Heap;
  readonly fixture: HeapFixture;
  readonly bytes: Uint8Array;
  readonly held: HeldBlock[] = [];
  private fills = 0;

  constructor(fixture: HeapFixture) {
    this.fixture = fixture;
    this.heap = fixture.heap;
    this.bytes = new Uint8Array(fixture.buffer);
  }

  /** Checks a block that the heap gave, fills all that it can hold, and holds it. */
  hold(address: number, byteLength: number): HeldBlock {
    const { start, end } = this.fixture;
    const usable = this.heap.usableBytes(address);
    check(address > 0 && address % 16 === 0, `block ${address}: not a multiple of 16`);
    check(usable >= byteLength, `block ${address}: holds ${usable} bytes, asked for ${byteLength}`);
    check(address >= start && address + usable <= end, `block ${address}: not inside ${start} to ${end}`);
    for (const other of this.held) {
      const isApart = address + usable <= other.address || other.address + other.byteLength <= address;
      check(isApart && address !== other.address, `block ${address} overlaps block ${other.address}`);
    }
    this.fills = (this.fills % 250) + 1;
    const block = { address, byteLength: usable, fill: this.fills };
    this.bytes.fill(block.fill, address, address + usable);
    this.held.push(block);
    return block;
  }

  /** A block that there must be room for. */
  malloc(byteLength: number): HeldBlock {
    const address = this.heap.malloc(byteLength);
    check(address !== 0, `no room for ${byteLength} bytes`);
    return this.hold(address, byteLength);
  }

  /** Blocks until there is no room for another. */
  fillUp(byteLength: number): void {
    for (let address = this.heap.malloc(byteLength); address !== 0; address = this.heap.malloc(byteLength)) {
      this.hold(address, byteLength);
    }
  }

  isWhole(block: HeldBlock): void {
    this.holds(block.address, block.byteLength, block.fill);
  }

  holds(address: number, byteLength: number, fill: number): void {
    for (let at = address; at < address + byteLength; at++) {
      check(this.bytes[at] === fill, `byte ${at - address} of block ${address} was overwritten`);
    }
  }

  allWhole(): void {
    for (const block of this.held) this.isWhole(block);
  }

  free(block: HeldBlock): void {
    this.isWhole(block);
    this.heap.free(block.address);
    this.forget(block);
  }

  forget(block: HeldBlock): void {
    this.held.splice(this.held.indexOf(block), 1);
  }

  freeAll(): void {
    for (const block of [...this.held]) this.free(block);
  }

  /** All statistics as one text, to see whether a call changed anything. */
  statsText(): string {
    return JSON.stringify(Object.entries(this.heap.stats()).sort());
  }

  /** That a call answers 0 and changes nothing. */
  answersNothing(what: string, call: () => number): void {
    const before = this.statsText();
    equal(call(), 0, what);
    equal(this.statsText(), before, `statistics after ${what}`);
    this.allWhole();
  }
}

/** Adds a case that runs on a heap of its own. */
export type AddHeapCase = (
  clause: string,
  name: string,
  body: (bench: HeapBench) => void,
  needs?: readonly HeapAbility[],
) => void;

/** What makes cases out of fixtures. */
export function heapCases(setup: () => HeapFixture, cases: Case[]): AddHeapCase {
  return (clause, name, body, needs = []) => {
    const run = (): void => {
      const fixture = setup();
      try {
        body(new HeapBench(fixture));
      } finally {
        fixture.dispose?.();
      }
    };
    cases.push({ name, clause, needs, run });
  };
}
