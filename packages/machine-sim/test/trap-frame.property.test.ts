import { SYSCALL_VECTOR, selectors, trapFrame, trapFrameTail } from '@synos/interfaces';
import { msr, vectors } from '@synos/trap';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slot } from '../src/cpu/ir.js';
import { program } from './reference/mini-kernel.js';
import { createScriptedPc } from './reference/test-machine.js';

/** Which word of the frame is which register of the CPU. */
const words = {
  r15: 15,
  r14: 14,
  r13: 13,
  r12: 12,
  r11: 11,
  r10: 10,
  r9: 9,
  r8: 8,
  rdi: 7,
  rsi: 6,
  rbp: 5,
  rbx: 3,
  rdx: 2,
  rcx: 1,
  rax: 0,
} as const;
type Saved = keyof typeof words;
const names = Object.keys(words) as Saved[];
const half = fc.integer({ min: 0, max: 0xffff_ffff });
const registers = fc.array(fc.tuple(half, half), { minLength: names.length, maxLength: names.length });
const address = fc.integer({ min: 0, max: 0x7fff_ffff_f000 });

test('registers go into the program and come back by INT n, whatever they are', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  const { frame } = kernel;
  fc.assert(
    fc.property(registers, registers, address, half, half, (before, after, rip, rspLow, rspHigh) => {
      names.forEach((name, at) => {
        frame.setHalves(trapFrame[name], ...(before[at] as [number, number]));
      });
      frame.set(trapFrame.vector, 0x80);
      frame.set(trapFrame.rip, rip);
      frame.setHalves(trapFrame.rsp, rspLow, rspHigh);
      frame.set(trapFrame.rflags, 0x246);
      cpu.act = () => {
        names.forEach((name, at) => {
          const [low, high] = before[at] as [number, number];
          expect([cpu.registers[2 * words[name]], cpu.registers[2 * words[name] + 1]]).toEqual([low | 0, high | 0]);
          const [newLow, newHigh] = after[at] as [number, number];
          cpu.registers[2 * words[name]] = newLow;
          cpu.registers[2 * words[name] + 1] = newHigh;
        });
        expect([cpu.rip, cpu.rflags]).toEqual([rip, 0x246]);
        expect([cpu.registers[2 * slot.rsp], cpu.registers[2 * slot.rsp + 1]]).toEqual([rspLow | 0, rspHigh | 0]);
        // RF is not saved by INT n.
        cpu.rflags = 0x1_02d7;
        return { kind: 'software', vector: 0x80, instructionBytes: 2 };
      };
      expect(machine.run(frame.address)).toBe(0x80);
      names.forEach((name, at) => {
        expect([frame.low(trapFrame[name]), frame.high(trapFrame[name])]).toEqual(after[at]);
      });
      const { vector, error, cs, rflags, ss } = trapFrame;
      expect([vector, error, cs, rflags, ss].map((word) => frame.signed(word))).toEqual([
        0x80,
        0,
        selectors.userCode,
        0x2d7,
        selectors.userData,
      ]);
      expect(frame.signed(trapFrame.rip)).toBe(rip + 2);
      expect([frame.low(trapFrame.rsp), frame.high(trapFrame.rsp)]).toEqual([rspLow, rspHigh]);
    }),
  );
});

test('SYSCALL and SYSRET: rcx and r11 are the instructions, the words are made by entry code', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  const { frame } = kernel;
  fc.assert(
    fc.property(registers, address, half, half, (before, rip, rspLow, rspHigh) => {
      names.forEach((name, at) => {
        frame.setHalves(trapFrame[name], ...(before[at] as [number, number]));
      });
      frame.set(trapFrame.vector, SYSCALL_VECTOR);
      frame.set(trapFrame.rip, rip);
      frame.set(trapFrame.rflags, 0x246);
      frame.setHalves(trapFrame.rsp, rspLow, rspHigh);
      cpu.act = () => {
        const at = (register: number): number =>
          (cpu.registers[2 * register + 1] as number) * 2 ** 32 + ((cpu.registers[2 * register] as number) >>> 0);
        expect([at(slot.rcx), at(slot.r11)]).toEqual([rip, 0x246]);
        cpu.rflags = 0x297;
        cpu.rip += 2;
        return { kind: 'syscall' };
      };
      expect(machine.run(frame.address)).toBe(SYSCALL_VECTOR);
      const word = (name: keyof typeof trapFrame): number => frame.signed(trapFrame[name]);
      expect([word('vector'), word('error'), word('cs'), word('ss')]).toEqual([256, 0, 0x23, 0x1b]);
      expect([word('rip'), word('rcx'), word('rflags'), word('r11')]).toEqual([rip + 2, rip + 2, 0x297, 0x297]);
      expect([frame.low(trapFrame.rsp), frame.high(trapFrame.rsp)]).toEqual([rspLow, rspHigh]);
      for (const name of names.filter((each) => each !== 'rcx' && each !== 'r11')) {
        expect([frame.low(trapFrame[name]), frame.high(trapFrame[name])]).toEqual(before[names.indexOf(name)]);
      }
    }),
  );
});

test('every exception: its error code where it has one, and CR2 with a page fault', () => {
  for (const info of Object.values(vectors)) {
    const { machine, kernel, cpu } = createScriptedPc();
    const errorCode = info.hasErrorCode ? 0x15 : -1;
    cpu.act = () => ({ kind: 'exception', vector: info.vector, errorCode, cr2: 0x1234_5678_9abc });
    expect(machine.run(kernel.frame.address)).toBe(info.vector);
    const onIst = { 2: 0, 8: 1, 18: 2 }[info.vector as number];
    const at =
      onIst === undefined ? kernel.frame.address : (kernel.istTops[onIst] as number) - machine.directMapBase - 176;
    const word = (offset: number): number => Number(kernel.view.getBigInt64(at + offset, true));
    expect([word(trapFrame.vector), word(trapFrame.error)]).toEqual([info.vector, info.hasErrorCode ? 0x15 : 0]);
    expect(word(trapFrame.rip)).toBe(program.code);
    // A fault is tried again: RF is set in what is saved.
    expect(word(trapFrame.rflags) & 0x1_0000).toBe(info.kind === 'fault' ? 0x1_0000 : 0);
    expect(machine.readControl('cr2')).toBe(info.vector === 14 ? 0x1234_5678_9abc : 0);
  }
});

test('the bases of FS and GS come from the tail of the frame', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  kernel.frame.set(trapFrameTail.fsBase, 0x7000_1234_5678);
  kernel.frame.set(trapFrameTail.gsBase, -0x7000_0000_0008);
  cpu.act = () => ({ kind: 'exception', vector: 6 });
  machine.run(kernel.frame.address);
  expect([machine.rdmsr(0xc000_0100), machine.rdmsr(0xc000_0101)]).toEqual([0x7000_1234_5678, -0x7000_0000_0008]);
  expect(kernel.frame.signed(trapFrameTail.fsBase)).toBe(0x7000_1234_5678);
});

test('without EFER.SCE SYSCALL is an invalid opcode', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  machine.wrmsr(0xc000_0080, machine.rdmsr(0xc000_0080) & ~1);
  cpu.act = () => {
    cpu.rip += 2;
    return { kind: 'syscall' };
  };
  expect(machine.run(kernel.frame.address)).toBe(6);
  expect(kernel.frame.signed(trapFrame.rip)).toBe(program.code);
});

test('LSTAR that leads to no entry code: a fault of ring 0 on the stack of the program, or the end', () => {
  const missing = createScriptedPc();
  missing.machine.wrmsr(msr.lstar, -0x4000_0000_0000);
  missing.cpu.act = () => ({ kind: 'syscall' });
  expect(missing.machine.run(missing.kernel.frame.address)).toBe(14);
  expect(missing.machine.readControl('cr2')).toBe(-0x4000_0000_0000);
  // The stack was not switched: the frame lies where the program's stack ends.
  const page = missing.kernel.tables.frameAt(program.stack + 3 * 4096);
  expect(missing.kernel.view.getInt32(page + 4096 - 176 + trapFrame.vector, true)).toBe(14);

  const wrong = createScriptedPc();
  wrong.machine.wrmsr(msr.lstar, wrong.machine.stub(256) + 4);
  wrong.cpu.act = () => ({ kind: 'syscall' });
  expect(() => wrong.machine.run(wrong.kernel.frame.address)).toThrow(/ring 0 would execute/);
});

test('a frame over two pages that lie apart in memory', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  const { view } = kernel;
  // Two pages of data in the other order, mapped where the kernel half has nothing else of importance.
  const low = kernel.virtual(kernel.data);
  const pages = [0, 1].map((at) => kernel.tables.frameAt(program.data + at * 4096));
  [low, low + 4096].forEach((page, at) => {
    view.setUint32(kernel.slotOf(page), (pages[1 - at] as number) | 3, true);
  });
  const rsp0 = low + 4096 + 64;
  view.setUint32(kernel.tss + 4, rsp0 >>> 0, true);
  view.setInt32(kernel.tss + 8, Math.floor(rsp0 / 2 ** 32), true);
  kernel.frame.set(trapFrame.r15, 0x1515);
  kernel.frame.set(trapFrame.rax, 0x0a0a);
  cpu.act = () => ({ kind: 'software', vector: 0x80, instructionBytes: 2 });
  expect(machine.run(kernel.frame.address)).toBe(0x80);
  const at = (offset: number): number => {
    const place = 4096 + 64 - 176 + offset;
    return view.getInt32((place < 4096 ? (pages[1] as number) : (pages[0] as number)) + (place & 4095), true);
  };
  expect([at(trapFrame.r15), at(trapFrame.rax), at(trapFrame.vector), at(trapFrame.ss)]).toEqual([
    0x1515, 0x0a0a, 0x80, 0x1b,
  ]);
});
