import { selectors, trapFrame, trapFrameTail } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { createScriptedPc, type ScriptedPc } from './reference/test-machine.js';

// A frame that would not resume ring 3 is the kernel's bug: it asserts, and the machine stays on.

const rows: readonly (readonly [string, (pc: ScriptedPc) => void, RegExp])[] = [
  ['interrupts off', ({ kernel }) => kernel.frame.set(trapFrame.rflags, 0x46), /interrupts off/],
  ['IOPL 3', ({ kernel }) => kernel.frame.set(trapFrame.rflags, 0x3202), /flags that ring 3 has not/],
  ['VM', ({ kernel }) => kernel.frame.set(trapFrame.rflags, 0x2_0202), /flags/],
  ['flags above 32 bits', ({ kernel }) => kernel.frame.setHalves(trapFrame.rflags, 0x202, 1), /flags/],
  ['kernel code', ({ kernel }) => kernel.frame.set(trapFrame.cs, selectors.kernelCode), /./],
  ['no code segment', ({ kernel }) => kernel.frame.set(trapFrame.cs, 0), /return to no segment/],
  ['data as code', ({ kernel }) => kernel.frame.set(trapFrame.cs, selectors.userData), /no code segment/],
  ['kernel data as stack', ({ kernel }) => kernel.frame.set(trapFrame.ss, selectors.kernelData), /stack segment/],
  ['no stack segment', ({ kernel }) => kernel.frame.set(trapFrame.ss, 3), /return to no stack segment/],
  ['a selector beyond the GDT', ({ kernel }) => kernel.frame.set(trapFrame.cs, 0x3b), /beyond the table/],
  ['RIP not canonical', ({ kernel }) => kernel.frame.set(trapFrame.rip, 0x8000_0000_0000), /no canonical address/],
  ['a base not canonical', ({ kernel }) => kernel.frame.setHalves(trapFrameTail.fsBase, 0, 0x8000), /segment base/],
  [
    'SYSRET with the selectors of IRETQ',
    ({ kernel }) => {
      kernel.frame.set(trapFrame.vector, 256);
      kernel.frame.set(trapFrame.ss, 0x23);
    },
    /selectors that SYSRET does not load/,
  ],
  ['user code absent', ({ kernel }) => kernel.view.setUint8(kernel.gdt + 0x20 + 5, 0x7b), /not present/],
  ['user data read-only', ({ kernel }) => kernel.view.setUint8(kernel.gdt + 0x18 + 5, 0xf1), /no stack segment/],
  ['user code of 32 bits', ({ kernel }) => kernel.view.setUint8(kernel.gdt + 0x20 + 6, 0xcf), /compatibility/],
  ['a short GDT', ({ kernel, machine }) => machine.lgdt(kernel.virtual(kernel.gdt), 0x1f), /beyond the table/],
];

describe.each([
  ['the first frame', 0],
  ['a frame after good ones', 2],
] as const)('%s is refused', (_, goodRuns) => {
  test.each(rows)('%s', (_name, spoil, reason) => {
    const pc = createScriptedPc();
    const { machine, kernel, cpu } = pc;
    cpu.act = () => ({ kind: 'software', vector: 0x80, instructionBytes: 2 });
    for (let run = 0; run < goodRuns; run++) machine.run(kernel.frame.address);
    let executed = false;
    cpu.act = () => {
      executed = true;
      return { kind: 'exception', vector: 6 };
    };
    spoil(pc);
    expect(() => machine.run(kernel.frame.address)).toThrow(reason);
    expect([executed, machine.isOff]).toEqual([false, false]);
  });
});

test('a frame that lies nowhere, or not on 16 bytes', () => {
  const { machine, kernel } = createScriptedPc();
  for (const address of [kernel.frame.address + 8, -16, 4 << 20, (4 << 20) - 688, 0.5]) {
    expect(() => machine.run(address)).toThrow(/no trap frame can lie/);
  }
});

describe('what a kernel may not load', () => {
  const rejected: readonly (readonly [string, (pc: ScriptedPc) => void])[] = [
    ['CR0 without paging', ({ machine }) => machine.writeControl('cr0', machine.readControl('cr0') & 0x7fff_ffff)],
    ['CR0 without WP', ({ machine }) => machine.writeControl('cr0', machine.readControl('cr0') & ~0x1_0000)],
    ['CR4 without PAE', ({ machine }) => machine.writeControl('cr4', 0x80)],
    ['CR4 with SMEP', ({ machine }) => machine.writeControl('cr4', machine.readControl('cr4') | (1 << 20))],
    ['CR3 above 52 bits', ({ machine }) => machine.writeControl('cr3', 2 ** 52)],
    ['EFER without LME', ({ machine }) => machine.wrmsr(0xc000_0080, 1)],
    ['LSTAR not canonical', ({ machine }) => machine.wrmsr(0xc000_0082, 2 ** 47)],
    ['an unknown MSR', ({ machine }) => machine.wrmsr(0x1234, 0)],
    ['to read an unknown MSR', ({ machine }) => void machine.rdmsr(0x1234)],
    ['a busy TSS', ({ machine }) => machine.ltr(selectors.tss)],
    ['a TSS that is code', ({ machine }) => machine.ltr(selectors.kernelCode)],
    ['a limit of 17 bits', ({ machine }) => machine.lidt(0, 0x1_0000)],
    ['a register in memory', ({ machine }) => void machine.readRegister(0x1000, 4)],
    ['a port of 17 bits', ({ machine }) => void machine.readPort(0x1_0000, 1)],
    ['vector 257', ({ machine }) => void machine.stub(257)],
    ['memory beyond the map', ({ machine }) => void machine.mem((4 << 20) - 1, 2)],
  ];
  test.each(rejected)('%s', (_, load) => {
    expect(() => load(createScriptedPc())).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
  });
});

test('translations are forgotten as CR3, CR4.PGE and CR0 have it', () => {
  const { machine, cpu } = createScriptedPc();
  const since = (act: () => void): string[] => {
    cpu.calls.length = 0;
    act();
    return [...cpu.calls];
  };
  const cr4 = machine.readControl('cr4');
  expect(since(() => machine.writeControl('cr3', machine.readControl('cr3')))).toEqual(['setRoot']);
  expect(since(() => machine.flush())).toEqual(['flush']);
  expect(since(() => machine.invlpg(0x1000))).toEqual(['invlpg']);
  expect(since(() => machine.writeControl('cr4', cr4 & ~0x80))).toEqual(['flushAll']);
  // Without PGE no page is global.
  expect(since(() => machine.writeControl('cr3', machine.readControl('cr3')))).toEqual(['setRoot', 'flushAll']);
  expect(since(() => machine.flush())).toEqual(['flushAll']);
  expect(since(() => machine.writeControl('cr4', cr4))).toEqual(['flushAll']);
  expect(since(() => machine.writeControl('cr4', cr4))).toEqual([]);
});

test('memory as a boot loader leaves it', () => {
  const text = new Uint8Array([104, 105]);
  const { machine } = createScriptedPc({
    bootModules: [
      { name: 'init', bytes: text },
      { name: 'big', bytes: new Uint8Array(5000).fill(9) },
    ],
    commandLine: 'quiet',
  });
  expect(machine.commandLine).toBe('quiet');
  expect(machine.bootModules.map(({ name, byteLength }) => [name, byteLength])).toEqual([
    ['init', 2],
    ['big', 5000],
  ]);
  for (const { address, byteLength } of machine.bootModules) {
    expect(address % 4096).toBe(0);
    const range = machine.memoryMap.find((each) => address >= each.address && address < each.address + each.byteLength);
    expect(range?.kind).toBe('reserved');
    expect(machine.mem(address, byteLength)[byteLength - 1]).toBe(byteLength === 2 ? 105 : 9);
  }
  // The map covers all of memory, in order.
  let end = 0;
  for (const range of machine.memoryMap) {
    expect(range.address).toBe(end);
    end += range.byteLength;
  }
  expect(end).toBe(4 << 20);
  // Entry code is what it would be: an error code of 0 where there is none, the vector, a jump.
  const stub = machine.mem(machine.stub(0x80) - machine.directMapBase, 16);
  expect([...stub.subarray(0, 7)]).toEqual([0x6a, 0, 0x68, 0x80, 0, 0, 0]);
  expect(machine.mem(machine.stub(14) - machine.directMapBase, 1)[0]).toBe(0x68);
  // Views alias memory, and one another.
  const [view, other] = [machine.mem(0x5000, 8), machine.mem(0x5004, 4)];
  view[4] = 77;
  expect(other[0]).toBe(77);
});
