import { SYSCALL_VECTOR, selectors, type TrapFrame, trapFrame } from '@synos/interfaces';
import { expect, test } from 'vitest';
import {
  type CpuState,
  createStartFrame,
  createTrapFrame,
  deliver,
  enterBySyscall,
  GDT_BYTES,
  IDT_BYTES,
  loadTaskRegister,
  readGate,
  readSegmentDescriptor,
  readTss,
  readTssDescriptor,
  resume,
  type SystemRegisters,
  starOf,
  starSelectors,
  sysret,
  TSS_BYTES,
  writeGdt,
  writeIdt,
  writeTss,
} from '../src/index.js';
import { createFlatMemory, type FlatMemory } from './flat-memory.js';

const star = starOf(0x08, 0x10);
const kernel: CpuState = { cs: 8, ss: 0, rip: -0x7ffe_0000_0000, rsp: { low: 0, high: 0 }, rflags: 2 };

/** A kernel's tables in memory, and a trap frame whose end is RSP0. */
function boot(): { memory: FlatMemory; system: SystemRegisters; frame: TrapFrame } {
  const memory = createFlatMemory();
  const { base, view, bytes } = memory;
  const [gdt, idt, tss, frame] = [0, 0x1000, 0x2000, 0x3000];
  writeGdt(view, gdt, { tssBase: base + tss });
  writeIdt(view, idt, { stub: (vector) => base + 0x8000 + vector * 16 });
  writeTss(view, tss, { rsp0: base + frame + 176, ist1: base + 0x5000, ist2: base + 0x6000, ist3: base + 0x7000 });
  const gdtr = { base: base + gdt, limit: GDT_BYTES - 1 };
  const task = loadTaskRegister(selectors.tss, gdtr, memory);
  if ('reason' in task) throw new Error(task.reason);
  expect(task).toEqual({ selector: 0x28, base: base + tss, limit: TSS_BYTES - 1 });
  return {
    memory,
    system: { gdt: gdtr, idt: { base: base + idt, limit: IDT_BYTES - 1 }, tss: task },
    frame: createStartFrame(bytes, frame, { rip: 0x40_1000, rsp: 0x7fff_ffff_0000 }, frame),
  };
}

test('failure 4: there are user segments and RSP0, so ring 3 is entered, and INT 0x80 leads back with a whole frame', () => {
  const { memory, system, frame } = boot();
  expect(readSegmentDescriptor(memory.view, 0x18)).toMatchObject({
    kind: 'data',
    dpl: 3,
    present: true,
    writable: true,
  });
  expect(readSegmentDescriptor(memory.view, 0x20)).toMatchObject({ kind: 'code', dpl: 3, present: true, long: true });
  expect(readTss(memory.view, 0x2000).rsp0).toBe(memory.base + 0x3000 + 176);

  const resumed = resume(frame, { cpu: kernel, gdt: system.gdt, star }, memory);
  if (resumed.outcome !== 'resumed') throw new Error(resumed.reason);
  expect(resumed).toEqual({
    outcome: 'resumed',
    bySysret: false,
    cpu: { cs: 0x23, ss: 0x1b, rip: 0x40_1000, rsp: { low: 0xffff_0000, high: 0x7fff }, rflags: 0x202 },
  });

  const before = memory.bytes.slice();
  const delivery = deliver(resumed.cpu, { kind: 'software', vector: 0x80, instructionBytes: 2 }, system, memory);
  expect(delivery).toMatchObject({
    outcome: 'delivered',
    vector: 0x80,
    faults: [],
    cr2: null,
    cpu: { cs: 8, ss: 0, rip: memory.base + 0x8800, rflags: 2 },
  });
  // The five words lie where the frame has them: nothing is shifted, nothing else touched (failure 3).
  const wanted = createTrapFrame(before, 0x3000);
  wanted.set(trapFrame.rip, 0x40_1002);
  expect(memory.bytes).toEqual(before);
});

test('failure 4: not four vectors but all 256 are delivered from ring 3, with the stack that each has', () => {
  const { memory, system } = boot();
  const user: CpuState = { cs: 0x23, ss: 0x1b, rip: 0x40_1000, rsp: { low: 8, high: 0 }, rflags: 0x202 };
  for (let vector = 0; vector < 256; vector++) {
    const delivery = deliver(user, { kind: 'hardware', vector }, system, memory);
    const top = { 2: 0x5000, 8: 0x6000, 18: 0x7000 }[vector] ?? 0x30b0;
    expect(delivery).toMatchObject({
      outcome: 'delivered',
      vector,
      faults: [],
      cpu: { rip: memory.base + 0x8000 + vector * 16, rsp: { low: (memory.base + top - 40) >>> 0 } },
    });
    expect(readGate(memory.view, 0x1000 + vector * 16).present).toBe(true);
  }
});

test('a program reaches 3, 4 and 0x80 by INT n, and for all others gets #GP with the vector', () => {
  const { memory, system } = boot();
  const user: CpuState = { cs: 0x23, ss: 0x1b, rip: 0x40_1000, rsp: { low: 8, high: 0 }, rflags: 0x202 };
  for (let vector = 0; vector < 256; vector++) {
    const delivery = deliver(user, { kind: 'software', vector, instructionBytes: 2 }, system, memory);
    if ([3, 4, 0x80].includes(vector))
      expect(delivery).toMatchObject({ vector, faults: [], pushed: { rip: 0x40_1002 } });
    else {
      expect(delivery).toMatchObject({
        vector: 13,
        faults: [{ vector: 13, errorCode: vector * 8 + 2 }],
        pushed: { rip: 0x40_1000, errorCode: vector * 8 + 2, rflags: 0x1_0202 },
      });
    }
  }
});

test('LTR marks its TSS busy and refuses it then, and all that is no TSS', () => {
  const { memory, system } = boot();
  expect(readTssDescriptor(memory.view, 0x28)).toMatchObject({ busy: true, present: true });
  const load = (selector: number, gdt = system.gdt) => loadTaskRegister(selector, gdt, memory);
  expect(load(0x28)).toMatchObject({ vector: 13, errorCode: 0x28, reason: 'no available TSS' });
  for (const selector of [0, 3]) expect(load(selector)).toMatchObject({ vector: 13, errorCode: 0 });
  for (const selector of [0x08, 0x23, 0x2c, 0x30, 0x38, 0xfff8]) {
    expect(load(selector)).toMatchObject({ vector: 13, errorCode: selector & 0xfffc });
  }
  writeGdt(memory.view, 0, { tssBase: memory.base + 0x2000 });
  const kept = memory.bytes.slice(0x28, 0x38);
  const poke = (at: number, value: number): void => {
    memory.bytes.set(kept, 0x28);
    memory.view.setUint8(0x28 + at, value);
  };
  expect(load(0x28, { base: memory.base, limit: 0x36 })).toMatchObject({ vector: 13, errorCode: 0x28 });
  expect(load(0x28, { base: 0x1000, limit: 0x37 })).toMatchObject({ vector: 14, address: 0x1028 });
  expect(load(0x28, { base: 2 ** 47 - 0x30, limit: 0x37 })).toMatchObject({ vector: 13, errorCode: 0x28 });
  poke(5, 0x09);
  expect(load(0x28)).toMatchObject({ vector: 11, errorCode: 0x28 });
  poke(13, 0x01);
  expect(load(0x28)).toMatchObject({ vector: 13, errorCode: 0x28 });
  poke(11, 0x12);
  expect(load(0x28)).toMatchObject({ vector: 13, errorCode: 0x28 });
  poke(6, 0x80);
  expect(load(0x2b)).toEqual({ selector: 0x2b, base: memory.base + 0x2000, limit: 0x67 * 4096 + 4095 });
  const wanted = kept.slice();
  wanted[5] = 0x8b;
  wanted[6] = 0x80;
  expect(memory.bytes.slice(0x28, 0x38)).toEqual(wanted);
});

test('LTR of a descriptor that cannot be marked is a page fault', () => {
  const { memory, system } = boot();
  writeGdt(memory.view, 0, { tssBase: memory.base + 0x2000 });
  const readOnly = { ...memory, write: (address: number) => ({ address, errorCode: 3 }) };
  expect(loadTaskRegister(0x28, system.gdt, readOnly)).toMatchObject({ vector: 14, errorCode: 3 });
});

test('SDM vol. 2, SYSCALL: STAR, LSTAR and SFMASK say where it goes, and the stack stays', () => {
  const cpu: CpuState = { cs: 0x23, ss: 0x1b, rip: 0x40_1000, rsp: { low: 1, high: 0xdead }, rflags: 0x4_4fd7 };
  const registers = { star: starOf(0x0b, 0x10), lstar: -0x7fff_0000_0000, sfmask: 0x4_4700 };
  expect(enterBySyscall(cpu, registers)).toEqual({
    cpu: { cs: 0x08, ss: 0x13, rip: -0x7fff_0000_0000, rsp: { low: 1, high: 0xdead }, rflags: 0x8d7 },
    rcx: 0x40_1002,
    r11: 0x4_4fd7,
  });
  const all = enterBySyscall(cpu, { ...registers, star, sfmask: 0xffff_ffff }).cpu;
  expect(all).toMatchObject({ cs: selectors.kernelCode, ss: selectors.kernelData, rflags: 2 });
});

test('STAR in numbers: exact, also with its top bit set', () => {
  expect(star).toBe(0x10_0008 * 2 ** 32);
  expect(starSelectors(star)).toEqual({ kernelCode: 0x08, kernelStack: 0x10, userCode: 0x23, userStack: 0x1b });
  const high = starOf(0x8008, 0xfff8);
  expect(BigInt(high)).toBe(BigInt.asIntN(64, 0xfff8_8008n << 32n));
  expect(starSelectors(high)).toEqual({ kernelCode: 0x8008, kernelStack: 0x8010, userCode: 0x0b, userStack: 0x03 });
});

test('SDM vol. 2, SYSRET: segments from STAR, flags from R11, #GP(0) outside ring 0 and for odd addresses', () => {
  const rsp = { low: 5, high: 6 };
  const rip = { low: 0x1000, high: 0xffff_8000 };
  expect(sysret({ ...kernel, rsp }, rip, 0xffff_ffff, star)).toEqual({
    cs: 0x23,
    ss: 0x1b,
    rip: -0x7fff_ffff_f000,
    rsp,
    rflags: 0x3c_7fd7,
  });
  expect(sysret(kernel, rip, 0, star)).toMatchObject({ rflags: 2 });
  for (const cs of [1, 2, 0x23])
    expect(sysret({ ...kernel, cs }, rip, 2, star)).toMatchObject({ vector: 13, errorCode: 0 });
  for (const high of [0x8000, 0xffff_7fff, 0x8000_0000]) {
    expect(sysret(kernel, { low: 0, high }, 2, star)).toMatchObject({ vector: 13, errorCode: 0 });
  }
});

/** What `Machine.run` must refuse: a word of a good frame, and what is put there. */
const illegal: readonly [keyof typeof trapFrame, number, string, number | null][] = [
  ['rflags', 0x002, 'interrupts off', null],
  ['rflags', 0x1202, 'flags that ring 3 has not', null],
  ['rflags', 0x2202, 'flags that ring 3 has not', null],
  ['rflags', 0x2_0202, 'flags that ring 3 has not', null],
  ['rflags', 0x8_0202, 'flags that ring 3 has not', null],
  ['rflags', 0x10_0202, 'flags that ring 3 has not', null],
  ['rflags', 2 ** 32 + 0x202, 'flags that ring 3 has not', null],
  ['rip', 2 ** 47, 'return to no canonical address', 13],
  ['rip', -(2 ** 47) - 1, 'return to no canonical address', 13],
  ['cs', 0x08, 'no stack segment of that ring', 13],
  ['cs', 0x20, 'code segment of another ring', 13],
  ['cs', 0x1b, 'return to no code segment', 13],
  ['cs', 0, 'return to no segment', 13],
  ['cs', 0x43, 'selector beyond the table', 13],
  ['ss', 0, 'return to no stack segment', 13],
  ['ss', 0x10, 'no stack segment of that ring', 13],
  ['ss', 0x23, 'no stack segment of that ring', 13],
];

test('Machine.run: frames that would not resume ring 3 are refused, with what the CPU would say', () => {
  for (const [word, value, reason, vector] of illegal) {
    const { memory, system, frame } = boot();
    frame.set(trapFrame[word], value);
    const result = resume(frame, { cpu: kernel, gdt: system.gdt, star }, memory);
    expect(result).toMatchObject({ outcome: 'refused', reason });
    if (result.outcome === 'refused') expect(result.fault?.vector ?? null).toBe(vector);
  }
});

test('Machine.run: a return to ring 0 is one that the CPU does, and a kernel does not', () => {
  const { memory, system, frame } = boot();
  frame.set(trapFrame.cs, 0x08);
  frame.set(trapFrame.ss, 0x10);
  const registers = { cpu: kernel, gdt: system.gdt, star };
  expect(resume(frame, registers, memory)).toEqual({
    outcome: 'refused',
    reason: 'return to another ring than 3',
    fault: null,
  });
  // 32-bit user code in place of the kernel's data.
  memory.view.setBigUint64(0x10, 0x00cf_fb00_0000_ffffn, true);
  frame.set(trapFrame.cs, 0x13);
  frame.set(trapFrame.ss, 0x1b);
  expect(resume(frame, registers, memory)).toMatchObject({ reason: 'return to compatibility mode', fault: null });
});

test('Machine.run: flags that a program may set itself come back: NT, TF, AC, ID, DF, RF', () => {
  const { memory, system, frame } = boot();
  frame.set(trapFrame.rflags, 0x25_4fd7);
  const registers = { cpu: kernel, gdt: system.gdt, star };
  expect(resume(frame, registers, memory)).toMatchObject({ outcome: 'resumed', cpu: { rflags: 0x25_4fd7 } });
});

test('Machine.run: by SYSRET where the vector says SYSCALL, with its selectors or not at all', () => {
  const { memory, system, frame } = boot();
  const registers = { cpu: kernel, gdt: system.gdt, star };
  frame.set(trapFrame.vector, SYSCALL_VECTOR);
  frame.set(trapFrame.rflags, 0x1_0246);
  expect(resume(frame, registers, memory)).toEqual({
    outcome: 'resumed',
    bySysret: true,
    // RF is not taken from R11.
    cpu: { cs: 0x23, ss: 0x1b, rip: 0x40_1000, rsp: { low: 0xffff_0000, high: 0x7fff }, rflags: 0x246 },
  });
  frame.set(trapFrame.ss, 0x23);
  expect(resume(frame, registers, memory)).toMatchObject({ reason: 'selectors that SYSRET does not load' });
  frame.set(trapFrame.ss, 0x1b);
  frame.set(trapFrame.cs, 0x33);
  expect(resume(frame, registers, memory)).toMatchObject({ reason: 'selectors that SYSRET does not load' });
  frame.set(trapFrame.cs, 0x23);
  frame.set(trapFrame.rip, 2 ** 47);
  expect(resume(frame, registers, memory)).toMatchObject({ outcome: 'refused', fault: { vector: 13, errorCode: 0 } });
});
