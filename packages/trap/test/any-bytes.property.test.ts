import { type TrapFrame, trapFrame, trapFrameTail } from '@synos/interfaces';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CpuState,
  createTrapFrame,
  createTrapTable,
  deliver,
  describeTrapFrame,
  iretq,
  loadTaskRegister,
  readGate,
  readSegmentDescriptor,
  readTss,
  readTssDescriptor,
  resume,
  returnWords,
  type SystemRegisters,
  type TrapEvent,
  writeGdt,
  writeIdt,
  writeTss,
} from '../src/index.js';
import { createFlatMemory, type FlatMemory } from './flat-memory.js';

const numRuns = process.env.SYNOS_LONG ? 200_000 : 3000;
const word = fc.record({ low: fc.nat(0xffff_ffff), high: fc.nat(0xffff_ffff) });
const address = fc.oneof(
  fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }),
  fc.constantFrom(2 ** 47 - 8, -(2 ** 47), -8, 0),
  // Within the memory of the test.
  fc.integer({ min: 0, max: 0xffff }).map((offset) => -0x7fff_0000_0000 + offset),
);
const table = fc.record({ base: address, limit: fc.nat(0xffff) });
const cpuState: fc.Arbitrary<CpuState> = fc.record({
  cs: fc.nat(0xffff),
  ss: fc.nat(0xffff),
  rip: address,
  rsp: word,
  rflags: fc.nat(0xffff_ffff),
});
const vector = fc.nat(255);
const event: fc.Arbitrary<TrapEvent> = fc.oneof(
  fc.record({ kind: fc.constant('software' as const), vector, instructionBytes: fc.constantFrom(1, 2) }),
  fc.record({ kind: fc.constant('hardware' as const), vector }),
  fc.record({
    kind: fc.constant('exception' as const),
    vector,
    errorCode: fc.option(fc.nat(0xffff_ffff)),
  }),
);
const anyRegisters: fc.Arbitrary<SystemRegisters> = fc.record({
  gdt: table,
  idt: table,
  tss: fc.record({ base: address, limit: fc.nat(0xffff_ffff), selector: fc.nat(0xffff) }),
});
/** Random bytes, put over memory where an event would find them, or over good tables here and there. */
const noise = fc.array(fc.record({ at: fc.nat(0x3fff), bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }) }), {
  maxLength: 60,
});

function noisyMemory(scraps: { at: number; bytes: Uint8Array }[], good: boolean): FlatMemory {
  const memory = createFlatMemory();
  if (good) {
    writeGdt(memory.view, 0, { tssBase: memory.base + 0x2000 });
    writeIdt(memory.view, 0x1000, { stub: (each) => memory.base + 0x8000 + each * 16 });
    writeTss(memory.view, 0x2000, {
      rsp0: memory.base + 0x9000,
      ist1: memory.base + 0xa000,
      ist2: memory.base + 0xb000,
    });
  }
  for (const { at, bytes } of scraps) memory.bytes.set(bytes, at);
  return memory;
}

const goodRegisters: SystemRegisters = {
  gdt: { base: -0x7fff_0000_0000, limit: 0x37 },
  idt: { base: -0x7fff_0000_0000 + 0x1000, limit: 0xfff },
  tss: { base: -0x7fff_0000_0000 + 0x2000, limit: 0x67, selector: 0x28 },
};

test('any bytes as IDT, GDT and TSS: a handler in 64-bit code and at a canonical address, or a shutdown', () => {
  fc.assert(
    fc.property(cpuState, event, anyRegisters, noise, fc.boolean(), (cpu, happening, registers, scraps, good) => {
      const memory = noisyMemory(scraps, good);
      const system = good ? goodRegisters : registers;
      const { cs, rip, rsp } = cpu;
      const delivery = deliver(cpu, happening, system, memory);
      expect(cpu).toMatchObject({ cs, rip, rsp });
      expect(delivery.faults.length).toBeLessThanOrEqual(4);
      for (const fault of delivery.faults) {
        expect([10, 11, 12, 13, 14]).toContain(fault.vector);
        expect(fault.address === null).toBe(fault.vector !== 14);
      }
      if (delivery.outcome === 'shutdown') return;
      expect(delivery.cpu.rsp.low % 8).toBe(0);
      expect(delivery.cpu.rsp.low % 16).toBe(delivery.pushed.errorCode === null ? 8 : 0);
      expect(Math.abs(delivery.cpu.rip)).toBeLessThanOrEqual(2 ** 47);
      expect(delivery.cpu.cs & 3).toBeLessThanOrEqual(cs & 3);
      expect(delivery.cpu.rflags & 0x3_4100).toBe(0);
    }),
    { numRuns },
  );
});

test('any bytes as a trap frame: resumed in ring 3 with interrupts on, or refused with a reason', () => {
  const frameBytes = fc.uint8Array({ minLength: trapFrameTail.end, maxLength: trapFrameTail.end });
  const edits = fc.array(fc.tuple(fc.constantFrom('cs', 'ss', 'rflags', 'rip', 'vector'), fc.boolean()));
  const good = { cs: 0x23, ss: 0x1b, rflags: 0x202, rip: 0x40_1000, vector: 256 } as const;
  fc.assert(
    fc.property(frameBytes, edits, cpuState, noise, fc.nat(0x1f), (random, changes, cpu, scraps, mask) => {
      const frame: TrapFrame = createTrapFrame(new Uint8Array(random));
      Object.entries(good).forEach(([name, value], at) => {
        if ((mask & (1 << at)) === 0) frame.set(trapFrame[name as keyof typeof good], value);
      });
      for (const [name, high] of changes) if (high) frame.setHalves(trapFrame[name as keyof typeof good], 0, mask);
      const memory = noisyMemory(scraps, true);
      const result = resume(frame, { cpu, gdt: goodRegisters.gdt, star: 0x10_0008 * 2 ** 32 }, memory);
      if (result.outcome === 'refused') expect(result.reason).not.toBe('');
      else {
        expect(result.cpu.cs & 3).toBe(3);
        expect(result.cpu.rflags & 0x1a_3000).toBe(
          result.bySysret ? 0 : cpu.rflags & 0x1a_3000 & (cpu.cs & 3 ? -1 : 0x2_0000),
        );
      }
      iretq(cpu, returnWords(frame), goodRegisters.gdt, memory);
      describeTrapFrame(frame);
      createTrapTable().dispatch(frame);
    }),
    { numRuns },
  );
});

test('any bytes as descriptors, gates and tables: no exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 104, maxLength: 104 }), table, fc.nat(0xffff), (bytes, gdt, selector) => {
      const view = new DataView(new Uint8Array(bytes).buffer);
      expect(['code', 'data', 'system']).toContain(readSegmentDescriptor(view, 0).kind);
      expect(['tss', 'other']).toContain(readTssDescriptor(view, 8).kind);
      expect(['interrupt', 'trap', 'other']).toContain(readGate(view, 24).kind);
      readTss(view, 0);
      const memory = createFlatMemory();
      for (let at = 0; at + 104 <= memory.bytes.length; at += 104) memory.bytes.set(bytes, at);
      const result = loadTaskRegister(selector, gdt, memory);
      expect('reason' in result ? result.vector : 0).toBeLessThanOrEqual(14);
    }),
    { numRuns: numRuns / 10 },
  );
});
