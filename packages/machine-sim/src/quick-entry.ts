import { isCanonical, type PhysicalAddress, TRAP_FRAME_BYTES, type VirtualAddress } from '@synos/interfaces';
import { right } from '@synos/memory';
import { type Delivery, GATE_BYTES, type TableRegister, type TaskRegister, tssOffset } from '@synos/trap';
import type { CpuMemory } from './linear-memory.js';
import type { KernelRegisters } from './system-registers.js';

/** Int32 words of a gate, and of the descriptor that it names. */
const GATE_WORDS = GATE_BYTES / 4;
const KEPT_WORDS = GATE_WORDS + 2;
const IST_BITS = 7;

/** What was delivered through a gate once, and from which bytes. */
interface Known {
  readonly idt: TableRegister;
  readonly gdt: TableRegister;
  readonly tss: TaskRegister;
  /** The CS that was interrupted. */
  readonly cs: number;
  readonly gate: VirtualAddress;
  readonly descriptor: VirtualAddress;
  readonly bytes: Int32Array;
  /** Where the entry code is. */
  rip: VirtualAddress;
  place: PhysicalAddress;
}

/**
 * What `deliver` made of a gate, for as long as every byte that it read is the same: gate, code segment, and the way to
 * both. For what interrupts ring 3 without an error code; everything else goes the long way.
 *
 * Not looked after: a frame that lies over the tables by which it was found.
 */
export class QuickEntry {
  private readonly kernel: KernelRegisters;
  private readonly memory: CpuMemory;
  private readonly ram: Int32Array<ArrayBuffer>;
  /** By vector, twice: software asks for the gate's DPL. */
  private readonly known: (Known | undefined)[] = [];

  constructor(kernel: KernelRegisters, memory: CpuMemory) {
    this.kernel = kernel;
    this.memory = memory;
    this.ram = memory.words;
  }

  /** Where the frame of an event lies in memory; -1: it is to be delivered the long way. */
  find(vector: number, isSoftware: boolean, cs: number): PhysicalAddress {
    const known = this.known[2 * vector + (isSoftware ? 1 : 0)];
    if (known === undefined) return -1;
    const { kernel, memory, ram } = this;
    const isSame = known.idt === kernel.idt && known.gdt === kernel.gdt && known.tss === kernel.tss && known.cs === cs;
    if (!isSame || !this.isUnchanged(known)) return -1;
    if (memory.pages.translate(known.rip, right.execute) !== known.place) return -1;
    const rsp0 = memory.aligned(known.tss.base + tssOffset.rsp0, 8);
    if (rsp0 < 0) return -1;
    const top = (ram[rsp0 / 4 + 1] as number) * 0x1_0000_0000 + ((ram[rsp0 / 4] as number) >>> 0);
    // Not canonical, or not all on one page: the long way knows.
    if (!isCanonical(top) || !isCanonical(top - TRAP_FRAME_BYTES - 16)) return -1;
    return memory.alignedForWrite(Math.floor(top / 16) * 16 - TRAP_FRAME_BYTES, TRAP_FRAME_BYTES);
  }

  /** Reads the bytes that `deliver` is about to read. */
  prepare(vector: number, cs: number): Known | null {
    const { kernel, memory, ram } = this;
    const { idt, gdt, tss } = kernel;
    const gate = idt.base + vector * GATE_BYTES;
    const place = memory.aligned(gate, GATE_BYTES);
    if (place < 0) return null;
    const descriptor = gdt.base + (((ram[place / 4] as number) >>> 16) & 0xfff8);
    const descriptorPlace = memory.aligned(descriptor, 8);
    if (descriptorPlace < 0) return null;
    const bytes = new Int32Array(KEPT_WORDS);
    bytes.set(ram.subarray(place / 4, place / 4 + GATE_WORDS));
    bytes.set(ram.subarray(descriptorPlace / 4, descriptorPlace / 4 + 2), GATE_WORDS);
    return { idt, gdt, tss, cs, gate, descriptor, bytes, rip: 0, place: 0 };
  }

  /**
   * Keeps what came of it, if it came without a fault to ring 0 on RSP0.
   *
   * @param rip - the entry code of the vector
   */
  confirm(known: Known, vector: number, isSoftware: boolean, delivery: Delivery, rip: VirtualAddress): void {
    const isPlain =
      delivery.outcome === 'delivered' &&
      delivery.faults.length === 0 &&
      delivery.pushed.errorCode === null &&
      delivery.cpu.rip === rip &&
      (delivery.cpu.cs & 3) === 0 &&
      (known.cs & 3) === 3 &&
      ((known.bytes[1] as number) & IST_BITS) === 0;
    if (!isPlain) return;
    known.rip = rip;
    known.place = this.memory.pages.translate(rip, right.execute);
    if (known.place >= 0) this.known[2 * vector + (isSoftware ? 1 : 0)] = known;
  }

  private isUnchanged({ gate, descriptor, bytes }: Known): boolean {
    const { memory, ram } = this;
    const gatePlace = memory.aligned(gate, GATE_BYTES);
    const descriptorPlace = memory.aligned(descriptor, 8);
    if (gatePlace < 0 || descriptorPlace < 0) return false;
    const word = gatePlace / 4;
    return (
      ram[word] === bytes[0] &&
      ram[word + 1] === bytes[1] &&
      ram[word + 2] === bytes[2] &&
      ram[word + 3] === bytes[3] &&
      ram[descriptorPlace / 4] === bytes[4] &&
      ram[descriptorPlace / 4 + 1] === bytes[5]
    );
  }
}
