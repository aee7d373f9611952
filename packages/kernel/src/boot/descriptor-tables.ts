import {
  FRAME_BYTES,
  type FrameAllocator,
  type Machine,
  SYSCALL_VECTOR,
  selectors,
  TRAP_FRAME_BYTES,
  type TrapFrame,
  trapFrameTail,
  type VirtualAddress,
} from '@synos/interfaces';
import {
  createTrapFrame,
  GDT_BYTES,
  IDT_BYTES,
  msr,
  rflag,
  setTssStack,
  starOf,
  tssOffset,
  writeGdt,
  writeIdt,
  writeTss,
} from '@synos/trap';

/** The tables through which the CPU comes into the kernel. */
export interface DescriptorTables {
  /** Where the CPU pushes from now on when it leaves ring 3: RSP0. */
  setKernelStack(top: VirtualAddress): void;
  /** Where the CPU pushes for a vector that has a stack of its own (IST); `null` for the others. */
  frameOnOwnStack(vector: number): TrapFrame | null;
}

/** EFER and its bits: SYSCALL, and the NX bit of page tables (SDM vol. 3, 2.2.1). */
const EFER = 0xc000_0080;
const EFER_SCE = 1 << 0;
const EFER_NXE = 1 << 11;
/** CR0.WP: what a page table forbids to write, ring 0 may not write either. */
const CR0_WP = 1 << 16;
/** CR4.PGE: global pages stay when CR3 is loaded. */
const CR4_PGE = 1 << 7;
/** What SYSCALL clears: single steps, interrupts, direction, I/O rights, nested task, alignment checks. */
const SYSCALL_FLAGS =
  rflag.trap | rflag.interrupt | rflag.direction | rflag.ioPrivilege | rflag.nestedTask | rflag.alignmentCheck;

/**
 * Writes GDT, IDT and TSS into a frame each, and stacks for the events that have one of their own (NMI, double fault,
 * machine check), and loads them.
 *
 * @returns `null` where there are not so many frames
 */
export function loadDescriptorTables(machine: Machine, frames: FrameAllocator): DescriptorTables | null {
  const { directMapBase } = machine;
  const gdt = frames.allocate();
  const idt = frames.allocate();
  const tss = frames.allocate();
  const stacks = [frames.allocate(), frames.allocate(), frames.allocate()] as const;
  if ([gdt, idt, tss, ...stacks].includes(0)) return null;
  const viewOf = (frame: number): DataView => {
    const { buffer, byteOffset } = machine.mem(frame, FRAME_BYTES);
    return new DataView(buffer, byteOffset, FRAME_BYTES);
  };
  // As with every trap frame there is room behind for what the entry code saves there.
  const frameOffset = FRAME_BYTES - trapFrameTail.end;
  const top = directMapBase + frameOffset + TRAP_FRAME_BYTES;
  const [ist1, ist2, ist3] = stacks.map((frame) => top + frame) as [number, number, number];
  const frameAtEnd = (frame: number): TrapFrame =>
    createTrapFrame(machine.mem(frame, FRAME_BYTES), frameOffset, frame + frameOffset);
  // NMI, double fault, machine check: in the order of their stacks.
  const ownStacks = new Map([2, 8, 18].map((vector, index) => [vector, frameAtEnd(stacks[index] as number)]));
  const tssView = viewOf(tss);
  writeTss(tssView, 0, { ist1, ist2, ist3 });
  writeGdt(viewOf(gdt), 0, { tssBase: directMapBase + tss });
  writeIdt(viewOf(idt), 0, { stub: (vector) => machine.stub(vector) });
  for (const frame of [gdt, idt, tss]) machine.wrote(frame, FRAME_BYTES);
  machine.lgdt(directMapBase + gdt, GDT_BYTES - 1);
  machine.lidt(directMapBase + idt, IDT_BYTES - 1);
  machine.ltr(selectors.tss);
  return {
    setKernelStack(top) {
      setTssStack(tssView, 0, 'rsp0', top);
      machine.wrote(tss + tssOffset.rsp0, 8);
    },
    frameOnOwnStack: (vector) => ownStacks.get(vector) ?? null,
  };
}

/** Sets the registers that long mode leaves to the kernel: SYSCALL, NX, write protection, global pages. */
export function setControlRegisters(machine: Machine): void {
  machine.wrmsr(EFER, withBits(machine.rdmsr(EFER), EFER_SCE | EFER_NXE));
  machine.wrmsr(msr.star, starOf(selectors.kernelCode, selectors.kernelData));
  machine.wrmsr(msr.lstar, machine.stub(SYSCALL_VECTOR));
  machine.wrmsr(msr.sfmask, SYSCALL_FLAGS);
  machine.writeControl('cr0', withBits(machine.readControl('cr0'), CR0_WP));
  machine.writeControl('cr4', withBits(machine.readControl('cr4'), CR4_PGE));
}

/** Sets bits of the low half of a register; those above stay. */
function withBits(value: number, bits: number): number {
  const low = value >>> 0;
  return value - low + ((low | bits) >>> 0);
}
