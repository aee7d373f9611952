import {
  FRAME_BYTES,
  type FrameAllocator,
  type Machine,
  type PhysicalAddress,
  selectors,
  TRAP_FRAME_BYTES,
  type TrapFrame,
  trapFrameTail,
  type VirtualAddress,
} from '@synos/interfaces';
import { createFrameAllocator, createKernelHalf, createPageTables, type PageTables, right } from '@synos/memory';
import {
  createStartFrame,
  GDT_BYTES,
  IDT_BYTES,
  msr,
  starOf,
  TSS_BYTES,
  writeGdt,
  writeIdt,
  writeTss,
} from '@synos/trap';

/** Where the program's code, data and stack are. */
export const program = { code: 0x40_0000, data: 0x50_0000, stack: 0x60_0000 } as const;
/** Pages of each. */
const PAGES = 4;
const EFER = 0xc000_0080;

/** The least of a kernel: tables, one program, one frame. It handles nothing: tests look at what `run` answers. */
export interface MiniKernel {
  readonly machine: Machine;
  readonly frames: FrameAllocator;
  /** The program's tables; CR3 holds its root. */
  readonly tables: PageTables;
  /** The trap frame; RSP0 is behind its words. */
  readonly frame: TrapFrame;
  /** Physical addresses of the kernel's tables. */
  readonly gdt: PhysicalAddress;
  readonly idt: PhysicalAddress;
  readonly tss: PhysicalAddress;
  /** Tops of the stacks that IST1 to IST3 name. */
  readonly istTops: readonly VirtualAddress[];
  /** All of memory. */
  readonly view: DataView;
  /** Physical addresses of the program's first page of code, data and stack. */
  readonly code: PhysicalAddress;
  readonly data: PhysicalAddress;
  readonly stack: PhysicalAddress;
  /** Puts code where the program begins, and a fresh frame that begins there. */
  load(bytes: readonly number[] | Uint8Array): void;
  /** Where the entry of a page of the kernel half lies in its last table; with pages of 4 KB alone. */
  slotOf(address: VirtualAddress): PhysicalAddress;
  /** Where the kernel half has a physical address. */
  virtual(address: PhysicalAddress): VirtualAddress;
}

/**
 * Boots a {@link MiniKernel} on a machine.
 *
 * @param largestPageBytes - 4,096 where a test wants to change one page of the kernel half
 */
export function createMiniKernel(machine: Machine, largestPageBytes = 2 << 20): MiniKernel {
  const tlb = machine;
  const memory = machine;
  const frames = createFrameAllocator({ memoryMap: machine.memoryMap });
  const first = machine.stub(0) - machine.directMapBase;
  const code = [{ address: first, byteLength: machine.stub(256) + 16 - machine.stub(0) }];
  const { directMapBase } = machine;
  const kernelHalf = createKernelHalf({ memory, frames, tlb, code, directMapBase, largestPageBytes });
  if (kernelHalf === null) throw new Error('no memory for the kernel half');
  const tables = createPageTables({ memory, frames, tlb, kernelHalf });
  if (tables === null) throw new Error('no memory for page tables');

  const end = machine.memoryMap.reduce((most, range) => Math.max(most, range.address + range.byteLength), 0);
  const all = machine.mem(0, end);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  const virtual = (address: PhysicalAddress): VirtualAddress => machine.directMapBase + address;
  const take = (): PhysicalAddress => {
    const address = frames.allocate();
    if (address === 0) throw new Error('no memory');
    all.fill(0, address, address + FRAME_BYTES);
    machine.wrote(address, FRAME_BYTES);
    return address;
  };

  const [gdt, idt, tss, frameAt] = [take(), take(), take(), take() + 1024];
  // A page each, and the page below belongs to somebody else: a stack has one page.
  const istTops = [take(), take(), take()].map((page) => virtual(page) + FRAME_BYTES);
  writeGdt(view, gdt, { tssBase: virtual(tss) });
  writeIdt(view, idt, { stub: (vector) => machine.stub(vector) });
  const [ist1 = 0, ist2 = 0, ist3 = 0] = istTops;
  writeTss(view, tss, { rsp0: virtual(frameAt) + TRAP_FRAME_BYTES, ist1, ist2, ist3 });
  for (const [address, byteLength] of [
    [gdt, GDT_BYTES],
    [idt, IDT_BYTES],
    [tss, TSS_BYTES],
  ] as const) {
    machine.wrote(address, byteLength);
  }

  const mapPages = (address: VirtualAddress, rights: number): PhysicalAddress => {
    if (!tables.prepare(address, PAGES * FRAME_BYTES)) throw new Error('no memory for page tables');
    const pages = Array.from({ length: PAGES }, take);
    pages.forEach((page, index) => {
      tables.set(address + index * FRAME_BYTES, page, rights | right.user);
    });
    return pages[0] as PhysicalAddress;
  };
  const codeAt = mapPages(program.code, right.execute | right.write);
  const dataAt = mapPages(program.data, right.write);
  const stackAt = mapPages(program.stack, right.write);

  machine.writeControl('cr3', tables.root);
  machine.lgdt(virtual(gdt), GDT_BYTES - 1);
  machine.lidt(virtual(idt), IDT_BYTES - 1);
  machine.ltr(selectors.tss);
  machine.wrmsr(EFER, machine.rdmsr(EFER) | 1);
  machine.wrmsr(msr.star, starOf(selectors.kernelCode, selectors.kernelData));
  machine.wrmsr(msr.lstar, machine.stub(256));
  machine.wrmsr(msr.sfmask, 0x4_7700);

  const start = { rip: program.code, rsp: program.stack + PAGES * FRAME_BYTES };
  const frame = createStartFrame(machine.mem(frameAt, trapFrameTail.end), 0, start, frameAt);
  return {
    machine,
    frames,
    tables,
    frame,
    gdt,
    idt,
    tss,
    istTops,
    view,
    code: codeAt,
    data: dataAt,
    stack: stackAt,
    virtual,
    slotOf(address) {
      let table = tables.root;
      for (let shift = 39; shift > 12; shift -= 9) {
        const entry = table + Number((BigInt.asUintN(48, BigInt(address)) >> BigInt(shift)) & 511n) * 8;
        table = Number(view.getBigUint64(entry, true) & 0xf_ffff_ffff_f000n);
      }
      return table + Number((BigInt.asUintN(48, BigInt(address)) >> 12n) & 511n) * 8;
    },
    load(bytes) {
      all.set(bytes, codeAt);
      machine.wrote(codeAt, bytes.length);
      createStartFrame(machine.mem(frameAt, trapFrameTail.end), 0, start, frameAt);
      machine.wrote(frameAt, trapFrameTail.end);
    },
  };
}
