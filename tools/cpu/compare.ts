import type { CpuResult } from './cpu-case.js';
import type { MadeCase } from './generate/make-case.js';

/** The status flags, DF, IF, IOPL, NT, AC and ID. RF is the hardware's own (SDM vol. 3, 17.3.1.1). */
const COMPARED_FLAGS = 0x0024_7ed5;
const zero = 0x40;
/** The last page of the user half is the kernel's to refuse (arch/x86/include/asm/page_64.h). */
const TASK_SIZE_MAX = 2 ** 47 - 4096;
const pageFault = 14;
const int3 = 3;

export const registerNames = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'].concat(
  Array.from({ length: 8 }, (_, i) => `r${i + 8}`),
);

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

const isMemoryFault = ({ trap }: CpuResult): boolean => trap >= 12 && trap <= 14;

/** In what two results differ that the manual defines, a line each. None: they agree. */
export function differences(it: MadeCase, native: CpuResult, simulated: CpuResult): string[] {
  const found: string[] = [];
  const differ = (what: string, a: string, b: string): void => {
    found.push(`${what}: ${a} on the CPU, ${b} simulated`);
  };
  const isFreeFault = it.hasFreeFault && isMemoryFault(native) && isMemoryFault(simulated);
  if (native.trap !== simulated.trap && !isFreeFault) differ('trap', `${native.trap}`, `${simulated.trap}`);
  if (native.ip !== simulated.ip) differ('rip', native.ip.toString(16), simulated.ip.toString(16));
  if (native.trap === simulated.trap && !isFreeFault) {
    // Of addresses beyond what programs can have Linux does not tell whether they are mapped.
    const isBeyond = native.cr2 < 0 || native.cr2 >= TASK_SIZE_MAX;
    const error = native.trap === pageFault && isBeyond ? 0xfffe : 0xffff;
    if ((native.error & error) !== (simulated.error & error)) {
      differ('error code', hex(native.error), hex(simulated.error));
    }
    if (native.trap === pageFault && native.cr2 !== simulated.cr2) {
      differ('cr2', native.cr2.toString(16), simulated.cr2.toString(16));
    }
  }
  // An instruction that faults has left the flags alone; but what faulted may be the fetch of the next one.
  const isDone = native.trap === int3 || native.ip !== it.ip;
  const undefinedFlags = (isDone ? it.undefinedFlags : 0) | (native.trap === int3 ? 0 : it.undefinedFlagsAtFault);
  const flags = (native.flags ^ simulated.flags) & COMPARED_FLAGS & ~undefinedFlags;
  if (flags !== 0) differ(`flags (${hex(flags)})`, hex(native.flags), hex(simulated.flags));
  const isUndefined = it.scanned >= 0 && (native.flags & zero) !== 0 && isDone;
  for (let i = 0; i < 16; i++) {
    if (isUndefined && i === it.scanned) continue;
    const [low, high] = [2 * i, 2 * i + 1];
    if (native.registers[low] !== simulated.registers[low] || native.registers[high] !== simulated.registers[high]) {
      const text = ({ registers }: CpuResult): string => `${hex(registers[high]!)}_${hex(registers[low]!)}`;
      differ(registerNames[i]!, text(native), text(simulated));
    }
  }
  if (!isFreeFault) compareMemory(native.changes, simulated.changes, differ);
  return found;
}

function compareMemory(
  native: Int32Array,
  simulated: Int32Array,
  differ: (what: string, a: string, b: string) => void,
): void {
  let isSame = native.length === simulated.length;
  for (let i = 0; i < native.length && isSame; i++) isSame = native[i] === simulated[i];
  if (isSame) return;
  const tell = (changes: Int32Array): Map<number, string> => {
    const words = new Map<number, string>();
    for (let i = 0; i < changes.length; i += 3)
      words.set(changes[i]!, `${hex(changes[i + 2]!)}_${hex(changes[i + 1]!)}`);
    return words;
  };
  const [a, b] = [tell(native), tell(simulated)];
  const offsets = [...new Set([...a.keys(), ...b.keys()])].filter((offset) => a.get(offset) !== b.get(offset));
  for (const offset of offsets.slice(0, 4)) {
    differ(`memory at +${offset.toString(16)}`, a.get(offset) ?? 'unchanged', b.get(offset) ?? 'unchanged');
  }
  if (offsets.length > 4) differ('memory', `${offsets.length - 4} more`, 'other');
}
