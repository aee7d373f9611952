import { assert, FRAME_BYTES, isCanonical, type PhysicalAddress, type VirtualAddress } from '@synos/interfaces';
import { rflag, vectors } from '@synos/trap';
import type { Cpu, CpuExit, CpuOptions } from '../cpu.js';
import { type Lift, SLOTS } from '../ir.js';
import { createCodeLines } from '../mmu/code-lines.js';
import { createMmu } from '../mmu/mmu.js';
import { type Block, ending } from './block.js';
import { createBlockCache } from './block-cache.js';
import { flagsWord, setFlagsWord } from './moves.js';
import { createPlaces } from './operation.js';
import { createSignal } from './signal.js';
import { at, createEngineState } from './state.js';
import { createTranslate } from './translate.js';

/** Elements of a string instruction at once. */
const STRING_LIMIT = 4096;
/** Instructions of one `execute` at most: they are counted in an int32. */
const MAX_BUDGET = 2 ** 30;
const PAGE_OFFSET = FRAME_BYTES - 1;

/**
 * Makes a CPU: blocks of instructions are made into closures once, kept by the frame that they lie in, and linked to
 * one another.
 *
 * @throws an assertion where `ram`, `readTsc` or `lift` is missing
 * @example
 * ```ts
 * import { createCpu, createLifter } from '@synos/machine-sim/testing';
 *
 * const cpu = createCpu({ ram: new ArrayBuffer(1 << 20), readTsc: () => 0, lift: createLifter() });
 * cpu.setRoot(0x1000);
 * cpu.rip = 0x40_0000;
 * cpu.execute(1_000).kind; // 'exception': nothing is mapped
 * ```
 */
export function createCpu(options: CpuOptions & { readonly lift: Lift }): Cpu {
  const { ram, readTsc, lift } = options;
  const isWhole = ram !== undefined && typeof readTsc === 'function' && typeof lift === 'function';
  assert(isWhole, 'createCpu takes { ram, readTsc, lift }');
  const state = createEngineState(ram);
  const r = state.words;
  const signal = createSignal();
  const code = createCodeLines(ram.byteLength);
  const places = createPlaces(state);
  const wrote = (address: PhysicalAddress, byteLength: number): void => {
    const end = Math.min(address + byteLength, ram.byteLength);
    for (let from = address; from < end; from += FRAME_BYTES - (from % FRAME_BYTES)) {
      const bytes = Math.min(end - from, FRAME_BYTES - (from % FRAME_BYTES));
      if (code.hasBytes(from, bytes)) cache.dropFrame(Math.floor(from / FRAME_BYTES));
    }
  };
  const mmu = createMmu(state, signal, code, wrote);
  const parts = { state, places, mmu, signal, code, readTsc };
  const cache = createBlockCache(state, mmu, code, createTranslate(parts, lift));

  let rip: VirtualAddress = 0;
  /** Instructions of earlier calls of `execute`. */
  let before = 0;
  let reentered = 0;
  const exit: CpuExit = { kind: 'budget', vector: 0, errorCode: -1, cr2: 0, instructionBytes: 0 };

  const changed = (): void => {
    r[at.generation] = (r[at.generation]! + 1) & 0x3fff_ffff;
  };

  const leave = (kind: CpuExit['kind'], vector: number, errorCode: number, cr2: VirtualAddress): CpuExit => {
    exit.kind = kind;
    exit.vector = vector;
    exit.errorCode = errorCode;
    exit.cr2 = cr2;
    exit.instructionBytes = 0;
    before += r[at.done]!;
    r[at.done] = 0;
    return exit;
  };

  /** The end of a block that leaves the CPU. */
  const leaveBlock = (block: Block): CpuExit => {
    const step = block.exit!;
    const start = block.rip + block.offsets[block.count - 1]!;
    const behind = block.rip + block.offsets[block.count]!;
    if (step.op === 'raise') {
      rip = start;
      r[at.done] = r[at.done]! + block.count - 1;
      return leave('exception', step.vector, step.errorCode ?? -1, 0);
    }
    r[at.done] = r[at.done]! + block.count;
    if (step.op === 'syscall') {
      rip = behind;
      return leave('syscall', 0, -1, 0);
    }
    if (step.isTrap) {
      rip = behind;
      return leave('exception', step.vector, -1, 0);
    }
    rip = start;
    leave('software', step.vector, -1, 0);
    exit.instructionBytes = behind - start;
    return exit;
  };

  const followOtherwise = (block: Block): Block => {
    rip = block.otherwise;
    const next = cache.find(rip);
    if (!next.isAlone && !block.isAlone) {
      block.otherwiseBlock = next;
      block.otherwiseGeneration = r[at.generation]!;
    }
    return next;
  };
  const followTarget = (block: Block): Block => {
    rip = block.target;
    const next = cache.find(rip);
    if (!next.isAlone && !block.isAlone) {
      block.targetBlock = next;
      block.targetGeneration = r[at.generation]!;
    }
    return next;
  };

  /**
   * Runs blocks until the budget is used up; sets `rip`, and `at.done` to the instructions that were completed.
   *
   * @returns the block that leaves the CPU, or `null`
   */
  const run = (first: Block, budget: number): Block | null => {
    let block = first;
    let done = r[at.done]!;
    let index = 0;
    try {
      for (;;) {
        const { operations } = block;
        const { length } = operations;
        for (index = 0; index < length; index += 1) operations[index]!(r);
        let next: Block;
        switch (block.ending) {
          case ending.link:
            done += block.count;
            r[at.done] = done;
            if (done >= budget || block.isAlone) {
              rip = block.otherwise;
              return null;
            }
            index = -1;
            if (block.otherwiseGeneration === r[at.generation]) next = block.otherwiseBlock!;
            else next = followOtherwise(block);
            break;
          case ending.test: {
            const { test } = block;
            const isTaken = test(r);
            done += block.count;
            r[at.done] = done;
            if (done >= budget || block.isAlone) {
              rip = isTaken ? block.target : block.otherwise;
              return null;
            }
            index = -1;
            if (isTaken) {
              if (block.targetGeneration === r[at.generation]) next = block.targetBlock!;
              else next = followTarget(block);
            } else if (block.otherwiseGeneration === r[at.generation]) next = block.otherwiseBlock!;
            else next = followOtherwise(block);
            break;
          }
          case ending.indirect: {
            const { jump } = block;
            jump(r);
            done += block.count;
            r[at.done] = done;
            const low = r[at.target]!;
            const high = r[at.target + 1]!;
            index = -1;
            if (done >= budget || block.isAlone) {
              rip = high * 2 ** 32 + (low >>> 0);
              return null;
            }
            next = cache.findRecent(r, low, high);
            break;
          }
          case ending.exit:
            return block;
          default: {
            // A repeated string instruction, or system flags that changed.
            done += block.count;
            r[at.done] = done;
            const isAgain = block.ending === ending.repeat && r[at.again] !== 0;
            rip = isAgain ? block.rip + block.offsets[block.count - 1]! : block.otherwise;
            return null;
          }
        }
        block = next;
      }
    } catch (thrown) {
      if (thrown !== signal) throw thrown;
      if (index < 0) {
        // Of the fetch behind the block.
        if (block.ending === ending.indirect) rip = r[at.target + 1]! * 2 ** 32 + (r[at.target]! >>> 0);
      } else {
        const instruction = index < block.instructionOf.length ? block.instructionOf[index]! : block.count - 1;
        rip = block.rip + block.offsets[instruction]!;
        r[at.done] = done + instruction;
      }
      throw thrown;
    }
  };

  const execute = (wanted: number): CpuExit => {
    const budget = Math.min(Math.max(Math.ceil(wanted), 1), MAX_BUDGET);
    r[at.done] = 0;
    let isAlone = false;
    for (;;) {
      const isStepping = (r[at.systemFlags]! & rflag.trap) !== 0;
      const start = r[at.done]!;
      r[at.stringLimit] = isStepping ? 1 : STRING_LIMIT;
      try {
        const block = isStepping || isAlone ? cache.alone(rip) : cache.find(rip);
        isAlone = false;
        const last = run(block, budget);
        if (last !== null) return leaveBlock(last);
        if (isStepping) return leave('exception', vectors.debug.vector, -1, 0);
        if (r[at.done]! >= budget && r[at.done] !== start) return leave('budget', 0, -1, 0);
      } catch (thrown) {
        if (thrown !== signal) throw thrown;
        if (signal.kind === 'fault') return leave('exception', signal.vector, signal.errorCode, signal.cr2);
        // The store is tried again when no block is made of what it changes, and by itself: behind it comes what is
        // there then.
        cache.dropFrame(signal.frame);
        reentered += 1;
        isAlone = true;
      }
    }
  };

  return {
    registers: r.subarray(0, SLOTS * 2),
    get rip() {
      return rip;
    },
    set rip(value) {
      rip = value;
    },
    get rflags() {
      return flagsWord(r) >>> 0;
    },
    set rflags(value) {
      setFlagsWord(r, value, -1);
    },
    get instructions() {
      return before + r[at.done]! + r[at.within]!;
    },
    execute,
    setRoot(root) {
      mmu.setRoot(root);
      changed();
    },
    invlpg(address) {
      if (!isCanonical(address)) return;
      mmu.tlb.forget(address - (address & PAGE_OFFSET));
      changed();
    },
    flush() {
      mmu.tlb.forgetLocal();
      changed();
    },
    flushAll() {
      mmu.tlb.forgetAll();
      changed();
    },
    wrote,
    translate: (address, rights) => mmu.translate(address, rights),
    counters: {
      get blocksMade() {
        return cache.counters.made;
      },
      get blocksDropped() {
        return cache.counters.dropped;
      },
      get blocksReentered() {
        return reentered;
      },
      get tlbMisses() {
        return mmu.counters.misses;
      },
    },
  };
}
