import { FRAME_BYTES, type PhysicalAddress } from '@synos/interfaces';
import { rflag } from '@synos/trap';
import { type Step, slot } from '../ir.js';
import type { CodeLines } from '../mmu/code-lines.js';
import type { Mmu } from '../mmu/mmu.js';
import { leaveNarrowSub, leaveSub, leaveSub64 } from './flags.js';
import type { Operation } from './operation.js';
import { at, type EngineState } from './state.js';

type StringStep = Extract<Step, { op: 'string' }>;

const RAX = slot.rax * 2;
const RCX = slot.rcx * 2;
const RSI = slot.rsi * 2;
const RDI = slot.rdi * 2;

/**
 * MOVS, STOS, LODS, CMPS and SCAS with their repetitions. Registers go on element by element, so that a fault in the
 * middle shows what was done. After `at.stringLimit` elements the instruction stops with `at.again` set, as it would for
 * an interrupt.
 */
export function createStrings(state: EngineState, mmu: Mmu, code: CodeLines): (step: StringStep) => Operation {
  const { words: r, ram8 } = state;
  const ramBytes = ram8.length;

  return (step) => {
    const { what, width, is32 } = step;
    const byteLength = width / 8;
    const repeats = step.repeat !== 'none';
    const segment = step.segment < 0 ? -1 : step.segment * 2;
    const hasSource = what === 'movs' || what === 'lods' || what === 'cmps';
    const hasTarget = what !== 'lods';
    const compares = what === 'cmps' || what === 'scas';

    let low = 0;
    let high = 0;
    /** The address of the source or the target into `low` and `high`. */
    const point = (register: number): void => {
      low = r[register]!;
      high = is32 ? 0 : r[register + 1]!;
      if (register === RDI || segment < 0) return;
      const sum = (low + r[segment]!) | 0;
      high = (high + r[segment + 1]! + (sum >>> 0 < low >>> 0 ? 1 : 0)) | 0;
      low = sum;
    };
    const advance = (register: number, by: number): void => {
      const before = r[register]!;
      const sum = (before + by) | 0;
      r[register] = sum;
      if (is32) r[register + 1] = 0;
      else r[register + 1] = r[register + 1]! + (by >> 31) + (sum >>> 0 < before >>> 0 ? 1 : 0);
    };
    /** How many elements are left, up to a limit. */
    const remaining = (limit: number): number => {
      if (!repeats) return 1;
      if (!is32 && r[RCX + 1] !== 0) return limit;
      return Math.min(limit, r[RCX]! >>> 0);
    };

    /** One element; whether left and right were equal, for the two that compare. */
    const element = (by: number): boolean => {
      let isEqual = false;
      if (hasSource) {
        point(RSI);
        mmu.read(low, high, byteLength, false);
      }
      switch (what) {
        case 'movs':
        case 'stos':
          if (what === 'stos') {
            r[at.value] = r[RAX]!;
            r[at.value + 1] = r[RAX + 1]!;
          }
          point(RDI);
          mmu.write(low, high, byteLength, false);
          break;
        case 'lods':
          put(r[at.value]!, r[at.value + 1]!);
          break;
        default: {
          const left = what === 'cmps' ? r[at.value]! : r[RAX]!;
          const leftHigh = what === 'cmps' ? r[at.value + 1]! : r[RAX + 1]!;
          point(RDI);
          mmu.read(low, high, byteLength, false);
          isEqual = compare(left, leftHigh, r[at.value]!, r[at.value + 1]!);
        }
      }
      if (hasSource) advance(RSI, by);
      if (hasTarget) advance(RDI, by);
      if (repeats) advanceCount(1);
      return isEqual;
    };
    const advanceCount = (elements: number): void => advance(RCX, -elements);
    const put = (valueLow: number, valueHigh: number): void => {
      if (width === 8) state.bytes[RAX * 4] = valueLow;
      else if (width === 16) state.halves[RAX * 2] = valueLow;
      else {
        r[RAX] = valueLow;
        r[RAX + 1] = width === 64 ? valueHigh : 0;
      }
    };
    const compare = (left: number, leftHigh: number, right: number, rightHigh: number): boolean => {
      if (width === 64) {
        leaveSub64(r, left, leftHigh, right, rightHigh);
        return left === right && leftHigh === rightHigh;
      }
      if (width === 32) {
        leaveSub(r, left, right);
        return left === right;
      }
      const shift = 32 - width;
      leaveNarrowSub(r, width, (left << shift) >> shift, (right << shift) >> shift);
      return (left ^ right) << shift === 0;
    };

    /** Whole elements up to the end of a page. */
    const upToPageEnd = (register: number): number => {
      point(register);
      return Math.floor((FRAME_BYTES - (low & (FRAME_BYTES - 1))) / byteLength);
    };
    /** Copies or fills as many elements as lie in one page each; 0 where it must be done one by one. */
    const bulk = (limit: number): number => {
      let count = Math.min(limit, upToPageEnd(RDI));
      let source: PhysicalAddress = 0;
      if (what === 'movs') {
        count = Math.min(count, upToPageEnd(RSI));
        if (count < 2) return 0;
        source = mmu.place(at.readTlb, low, high, false);
      }
      if (count < 2) return 0;
      point(RDI);
      const target = mmu.place(at.writeTlb, low, high, false);
      const bytes = count * byteLength;
      if (target + bytes > ramBytes || source + bytes > ramBytes || code.hasBytes(target, bytes)) return 0;
      if (what === 'movs') {
        // What lies ahead of the source is read again after it was written.
        if (target > source && target < source + bytes) return 0;
        ram8.copyWithin(target, source, source + bytes);
        advance(RSI, bytes);
      } else {
        for (let index = 0; index < byteLength; index += 1) ram8[target + index] = state.bytes[RAX * 4 + index]!;
        for (let done = byteLength; done < bytes; done *= 2) {
          ram8.copyWithin(target + done, target, target + Math.min(done, bytes - done));
        }
      }
      advance(RDI, bytes);
      advanceCount(count);
      return count;
    };

    return () => {
      r[at.again] = 0;
      const isBackward = (r[at.systemFlags]! & rflag.direction) !== 0;
      const by = isBackward ? -byteLength : byteLength;
      const isBulk = repeats && !isBackward && (what === 'movs' || what === 'stos');
      let left = remaining(r[at.stringLimit]!);
      while (left > 0) {
        const done = isBulk ? bulk(left) : 0;
        if (done > 0) {
          left -= done;
          continue;
        }
        const isEqual = element(by);
        left -= 1;
        if (compares && repeats && isEqual !== (step.repeat !== 'repne')) return;
      }
      if (repeats && remaining(1) > 0) r[at.again] = 1;
    };
  };
}
