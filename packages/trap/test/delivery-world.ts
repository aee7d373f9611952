import {
  type CpuState,
  deliver,
  type LinearMemory,
  type PageFault,
  type SystemRegisters,
  type TrapEvent,
} from '../src/index.js';
import type { Happening, Registers, World } from './delivery-model.js';

/** Words as the tables of a {@link World} have them, put into bytes; what a test changes is stored again. */
export class LoadedWorld implements LinearMemory {
  readonly world: World;
  /** What was stored on the way, as the model writes it. */
  stores: string[] = [];
  readonly #tables: { base: number; view: DataView }[];
  readonly #system: SystemRegisters;

  constructor(world: World) {
    this.world = world;
    const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));
    const table = (base: bigint, byteLength: number) => ({ base: signed(base), view: viewOf(byteLength) });
    this.#tables = [table(world.idtBase, 4096), table(world.gdtBase, 4096), table(world.tssBase, 4096)];
    this.#system = {
      idt: { base: signed(world.idtBase), limit: Number(world.idtLimit) },
      gdt: { base: signed(world.gdtBase), limit: Number(world.gdtLimit) },
      tss: {
        base: signed(world.tssBase),
        limit: Number(world.tssLimit),
        selector: Number(world.tssSelector),
      },
    };
    this.reload();
  }

  /** Stores all tables of the world. */
  reload(): void {
    const [idt, gdt, tss] = this.#tables;
    this.world.idt.forEach((word, at) => {
      idt?.view.setBigUint64(at * 8, word, true);
    });
    this.world.gdt.forEach((word, at) => {
      gdt?.view.setBigUint64(at * 8, word, true);
    });
    this.world.stacks.forEach((word, at) => {
      tss?.view.setBigUint64(4 + at * 8, word, true);
    });
  }

  /** Changes a gate in both. */
  setGate(vector: number, first: bigint, second: bigint): void {
    this.world.idt[vector * 2] = first;
    this.world.idt[vector * 2 + 1] = second;
    this.#tables[0]?.view.setBigUint64(vector * 16, first, true);
    this.#tables[0]?.view.setBigUint64(vector * 16 + 8, second, true);
  }

  readonly scratch = viewOf(16);

  read(address: number, byteLength: number): PageFault | null {
    for (const at of [address, address + byteLength - 1]) {
      const page = BigInt.asUintN(64, BigInt(at)) >> 12n;
      // Where the first byte is there, the second page is at fault, from its beginning.
      if (this.world.absent.has(page))
        return { address: at === address ? at : Math.floor(at / 4096) * 4096, errorCode: 0 };
    }
    for (const { base, view } of this.#tables) {
      const offset = address - base;
      if (offset < 0 || offset + byteLength > view.byteLength) continue;
      for (let at = 0; at < byteLength; at += 4) this.scratch.setUint32(at, view.getUint32(offset + at));
      return null;
    }
    throw new Error(`a read of what is no table: ${address}`);
  }

  write(address: number, user: boolean): PageFault | null {
    const bits = BigInt.asUintN(64, BigInt(address));
    const ring = user ? 4 : 0;
    if (this.world.absent.has(bits >> 12n)) return { address, errorCode: 2 + ring };
    if (this.world.readOnly.has(bits)) return { address, errorCode: 3 + ring };
    const value = this.scratch.getBigUint64(0, true);
    this.stores.push(`${bits.toString(16)}=${value.toString(16)}`);
    return null;
  }

  /** Delivers, and says in one line what came of it, as the model does. */
  run(registers: Registers, happening: Happening): string {
    this.stores = [];
    const cpu: CpuState = {
      cs: Number(registers.cs),
      ss: Number(registers.ss),
      rip: Number(BigInt.asIntN(64, registers.rip)),
      rsp: { low: Number(registers.rsp & 0xffff_ffffn), high: Number(registers.rsp >> 32n) },
      rflags: Number(registers.rflags),
    };
    const delivery = deliver(cpu, eventOf(happening), this.#system, this);
    const { faults, cr2 } = delivery;
    const listed = faults.map(
      (f) => `${f.vector}(${f.errorCode.toString(16)})${f.address === null ? '' : hex(f.address)}`,
    );
    let end = 'shutdown';
    if (delivery.outcome === 'delivered') {
      const { cs, ss, rip, rsp, rflags } = delivery.cpu;
      const rspBits = (BigInt(rsp.high) << 32n) | BigInt(rsp.low);
      const values = [hex(cs), hex(ss), hex(rip), rspBits.toString(16), hex(rflags)];
      end = `${delivery.vector} ${values.join(' ')}`;
    }
    return `${end} | cr2 ${cr2 === null ? '-' : hex(cr2)} | ${this.stores.join(' ')} | ${listed.join(' ')}`;
  }
}

function eventOf({ source, vector, code, length }: Happening): TrapEvent {
  switch (source) {
    case 'software':
      return { kind: 'software', vector: Number(vector), instructionBytes: Number(length) };
    case 'hardware':
      return { kind: 'hardware', vector: Number(vector) };
    case 'exception':
      return { kind: 'exception', vector: Number(vector), errorCode: code === null ? null : Number(code) };
  }
}

function hex(value: number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16);
}

function viewOf(byteLength: number): DataView {
  return new DataView(new ArrayBuffer(byteLength));
}

/** A gate of 64-bit mode as its two words. */
export function gateWords(gate: {
  type: number;
  present: number;
  dpl: number;
  selector: number;
  ist: number;
  target: bigint;
}): [bigint, bigint] {
  const { type, present, dpl, selector, ist, target } = gate;
  const middle = BigInt(ist) | (BigInt(type) << 8n) | (BigInt(dpl) << 13n) | (BigInt(present) << 15n);
  const first = (target & 0xffffn) | (BigInt(selector) << 16n) | (middle << 32n) | (((target >> 16n) & 0xffffn) << 48n);
  return [first, target >> 32n];
}

/** Where the handler of a vector begins in the worlds of these tests. */
export const handlerOf = (vector: number): bigint => 0xffff_8000_0010_0000n + BigInt(vector) * 16n;

/** Descriptors from selector 0 on: good ones, and all that a gate should not name. */
const descriptors: readonly bigint[] = [
  0n,
  0x00af_9b00_0000_ffffn, // 08 code 0
  0x00cf_9300_0000_ffffn, // 10 data 0
  0x00cf_f300_0000_ffffn, // 18 data 3
  0x00af_fb00_0000_ffffn, // 20 code 3
  0x0000_8b00_1000_0067n, // 28 TSS, busy
  0x0000_0000_ffff_8000n, // 30 its second half
  0x00af_bb00_0000_ffffn, // 38 code 1
  0x00af_db00_0000_ffffn, // 40 code 2
  0x00af_9f00_0000_ffffn, // 48 code 0, conforming
  0x00af_df00_0000_ffffn, // 50 code 2, conforming
  0x00af_fd00_0000_ffffn, // 58 code 3, conforming, not readable
  0x00af_1b00_0000_ffffn, // 60 code 0, absent
  0x00cf_9b00_0000_ffffn, // 68 code 0, 32 bits
  0x00ef_9b00_0000_ffffn, // 70 code 0, L and D
  0x008f_9b00_0000_ffffn, // 78 code 0, 16 bits
  0x00af_7b00_0000_ffffn, // 80 code 3, absent
  0x00cf_1b00_0000_ffffn, // 88 code 0, 32 bits and absent
  0x0000_8c00_0008_0000n, // 90 call gate
  0x00af_9800_0000_ffffn, // 98 code 0, not accessed, not readable
  0x00af_9b00_0000_ffffn, // a0 beyond the limit by one byte
];

/** Every selector worth naming: each descriptor, some with another RPL, null ones, one of the LDT, far ones. */
export const selectorsToTry: readonly number[] = [
  ...descriptors.map((_, at) => at * 8),
  ...[0x03, 0x0b, 0x0c, 0x23, 0x4a, 0x59, 0xa8, 0xfffb],
];

/** A world in which every vector has a good gate into ring 0. */
export function goodWorld(): World {
  const idt: bigint[] = [];
  for (let vector = 0; vector < 256; vector++) {
    idt.push(...gateWords({ type: 14, present: 1, dpl: 0, selector: 8, ist: 0, target: handlerOf(vector) }));
  }
  const stack = (at: number): bigint => 0xffff_8000_4000_0000n + BigInt(at) * 0x1_0000n;
  return {
    idtBase: 0xffff_8000_0000_1000n,
    idtLimit: 0xfffn,
    gdtBase: 0xffff_8000_0000_3000n,
    gdtLimit: BigInt(descriptors.length * 8 - 2),
    tssBase: 0xffff_8000_0000_5000n,
    tssLimit: 0x67n,
    tssSelector: 0x28n,
    idt,
    gdt: [...descriptors],
    // RSP0 to RSP2, a gap, IST1 to IST7: off their 16 bytes by another amount each.
    stacks: [...Array(11).keys()].map((at) => (at === 3 ? 0xdead_0000_0000_0000n : stack(at) + BigInt(at * 3))),
    absent: new Set(),
    readOnly: new Set(),
  };
}
