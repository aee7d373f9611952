import { isCanonical } from '@synos/interfaces';
import { gateErrorCode, selectorErrorCode } from '../error-code.js';
import { GATE_BYTES, type InterruptGate, readGate } from '../idt/gate.js';
import { rflag } from '../rflags.js';
import type { CodeDescriptor } from '../segments/segment-descriptor.js';
import { tssOffset } from '../segments/tss.js';
import { readSigned, signedOf, type Word, wordOf, writeSigned } from '../word.js';
import type { CpuFault, CpuState, LinearMemory, SystemRegisters } from './cpu-state.js';
import {
  cpuFault,
  fetchDescriptor,
  is64BitCode,
  isCanonicalRange,
  isFault,
  isNull,
  pageFault,
  within,
} from './descriptor-fetch.js';
import { savedFlags, savedRip, type TrapEvent } from './event.js';

/** What the CPU pushed, from the highest address down: `ss` first, `errorCode` last where there is one. */
export interface PushedFrame {
  readonly ss: number;
  readonly rsp: Word;
  readonly rflags: number;
  readonly cs: number;
  readonly rip: number;
  readonly errorCode: number | null;
}

/** The registers at the handler's first instruction, and what lies at their `rsp`. */
export interface Entry {
  readonly cpu: CpuState;
  readonly pushed: PushedFrame;
}

/** Delivers one event, or says which fault it ends in; then no register has changed (SDM vol. 2, INT n, operation). */
export function deliverOnce(
  cpu: CpuState,
  event: TrapEvent,
  system: SystemRegisters,
  memory: LinearMemory,
): Entry | CpuFault {
  // A program's own INT n is not external to it; all else is, an exception that comes of INT n included.
  const external = event.kind !== 'software';
  const gate = fetchGate(cpu, event, system, memory, external);
  if (isFault(gate)) return gate;
  const code = fetchHandlerSegment(cpu, gate, system, memory, external);
  if (isFault(code)) return code;
  const cpl = code.conforming ? cpu.cs & 3 : code.dpl;
  const changesRing = cpl !== (cpu.cs & 3);
  const stack = chooseStack(cpu, gate, changesRing ? cpl : null, system, memory, external);
  if (isFault(stack)) return stack;
  if (!isCanonical(stack.top)) {
    return cpuFault('stackFault', selectorErrorCode(0, external), 'stack at no canonical address');
  }
  if (!isCanonical(gate.offset)) {
    return cpuFault('generalProtection', selectorErrorCode(0, external), 'handler at no canonical address');
  }
  const pushed: PushedFrame = {
    ss: cpu.ss,
    rsp: cpu.rsp,
    rflags: savedFlags(cpu, event),
    cs: cpu.cs,
    rip: savedRip(cpu, event),
    errorCode: event.kind === 'exception' ? event.errorCode : null,
  };
  const bottom = push(pushed, stack.top, memory, cpl === 3, external);
  if (typeof bottom !== 'number') return bottom;
  const cleared = rflag.trap | rflag.nestedTask | rflag.resume | rflag.virtual8086;
  return {
    pushed,
    cpu: {
      cs: (gate.selector & 0xfffc) | cpl,
      // A change of rings leaves a null selector with the new ring as its RPL (SDM vol. 3, 6.14.2).
      ss: changesRing ? cpl : cpu.ss,
      rip: gate.offset,
      rsp: wordOf(bottom),
      rflags: (cpu.rflags & ~(gate.kind === 'interrupt' ? cleared | rflag.interrupt : cleared)) >>> 0,
    },
  };
}

function fetchGate(
  cpu: CpuState,
  event: TrapEvent,
  { idt }: SystemRegisters,
  memory: LinearMemory,
  external: boolean,
): InterruptGate | CpuFault {
  const offset = event.vector * GATE_BYTES;
  const errorCode = gateErrorCode(event.vector, external);
  if (!within(idt, offset, GATE_BYTES)) return cpuFault('generalProtection', errorCode, 'vector beyond the IDT');
  if (!isCanonicalRange(idt.base + offset, GATE_BYTES)) {
    return cpuFault('generalProtection', errorCode, 'IDT at no canonical address');
  }
  const fault = memory.read(idt.base + offset, GATE_BYTES);
  if (fault !== null) return pageFault(fault, 'page fault at the IDT');
  const gate = readGate(memory.scratch, 0);
  if (gate.kind === 'other') return cpuFault('generalProtection', errorCode, 'no interrupt or trap gate');
  if (event.kind === 'software' && gate.dpl < (cpu.cs & 3)) {
    return cpuFault('generalProtection', errorCode, 'gate not for this ring');
  }
  if (!gate.present) return cpuFault('segmentNotPresent', errorCode, 'gate not present');
  return gate;
}

function fetchHandlerSegment(
  cpu: CpuState,
  { selector }: InterruptGate,
  { gdt }: SystemRegisters,
  memory: LinearMemory,
  external: boolean,
): CodeDescriptor | CpuFault {
  if (isNull(selector)) return cpuFault('generalProtection', selectorErrorCode(0, external), 'gate names no segment');
  const errorCode = selectorErrorCode(selector, external);
  const descriptor = fetchDescriptor(memory, gdt, selector, external);
  if (isFault(descriptor)) return descriptor;
  if (descriptor.kind !== 'code') return cpuFault('generalProtection', errorCode, 'handler not in a code segment');
  if (descriptor.dpl > (cpu.cs & 3)) return cpuFault('generalProtection', errorCode, 'handler in an outer ring');
  if (!is64BitCode(descriptor)) return cpuFault('generalProtection', errorCode, 'handler not 64-bit code');
  if (!descriptor.present) return cpuFault('segmentNotPresent', errorCode, 'handler segment not present');
  return descriptor;
}

/**
 * Where the frame goes: the IST stack that the gate names, the new ring's, or the one in use (SDM vol. 3, 6.14.2, 6.14.5).
 *
 * @param newCpl - the ring that is entered, `null` where it stays
 */
function chooseStack(
  cpu: CpuState,
  { ist }: InterruptGate,
  newCpl: number | null,
  { tss }: SystemRegisters,
  memory: LinearMemory,
  external: boolean,
): { readonly top: number } | CpuFault {
  if (ist === 0 && newCpl === null) return { top: signedOf(cpu.rsp) };
  const offset = ist !== 0 ? tssOffset.ist1 + (ist - 1) * 8 : tssOffset.rsp0 + (newCpl ?? 0) * 8;
  const errorCode = selectorErrorCode(tss.selector, external);
  if (!within(tss, offset, 8)) return cpuFault('invalidTss', errorCode, 'stack beyond the TSS');
  if (!isCanonicalRange(tss.base + offset, 8)) {
    return cpuFault('invalidTss', errorCode, 'TSS at no canonical address');
  }
  const fault = memory.read(tss.base + offset, 8);
  if (fault !== null) return pageFault(fault, 'page fault at the TSS');
  return { top: readSigned(memory.scratch, 0) };
}

/** Pushes five words or six. Where one faults, those before it stay in memory: nobody has a pointer to them. */
function push(
  pushed: PushedFrame,
  top: number,
  memory: LinearMemory,
  user: boolean,
  external: boolean,
): number | CpuFault {
  const { ss, rsp, rflags, cs, rip, errorCode } = pushed;
  const words: (number | Word)[] = [ss, rsp, rflags, cs, rip];
  if (errorCode !== null) words.push(errorCode);
  // The frame lies on 16 bytes whatever RSP was (SDM vol. 3, 6.14.2).
  let address = Math.floor(top / 16) * 16;
  for (const word of words) {
    address -= 8;
    if (!isCanonical(address)) {
      return cpuFault('stackFault', selectorErrorCode(0, external), 'stack at no canonical address');
    }
    writeWord(memory.scratch, word);
    const fault = memory.write(address, user);
    if (fault !== null) return pageFault(fault, 'page fault at the stack');
  }
  return address;
}

function writeWord(view: DataView, word: number | Word): void {
  if (typeof word === 'number') {
    writeSigned(view, 0, word);
    return;
  }
  view.setUint32(0, word.low, true);
  view.setUint32(4, word.high, true);
}
