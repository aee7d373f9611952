import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slot } from '../../src/cpu/ir.js';
import { createPair, regions } from './against-reference.js';
import { createTestMachine, registerOf, setRegister, USER_PAGE } from './test-machine.js';

const PAGE = 4096;
const CODE = 0x40_0000;
const ALIAS = 0x1000_0000;

function start(bytes: readonly number[]) {
  const machine = createTestMachine();
  const frame = machine.mapNew(CODE, 1);
  machine.store(frame, bytes);
  machine.cpu.rip = CODE;
  return { machine, frame, cpu: machine.cpu };
}

/** MOV BYTE [RIP + distance], value. The distance is from its end. */
const patch = (distance: number, value: number): number[] => [
  0xc6,
  0x05,
  ...[0, 8, 16, 24].map((shift) => (distance >> shift) & 0xff),
  value,
];

describe('a store to the block that runs', () => {
  test('changes the next instruction', () => {
    // mov byte [next + 1], 0x55; mov eax, 0x11; int3
    const { cpu } = start([...patch(1, 0x55), 0xb8, 0x11, 0, 0, 0, 0xcc]);
    expect(cpu.execute(100).kind).toBe('software');
    expect(registerOf(cpu, slot.rax)).toBe(0x55);
    expect(cpu.counters.blocksReentered).toBe(1);
    expect(cpu.instructions).toBe(3);
  });

  test('through another address of the same memory', () => {
    const { machine, frame, cpu } = start([0xc6, 0x47, 0x05, 0x55, 0xb8, 0x11, 0, 0, 0, 0xcc]);
    machine.map(ALIAS, frame);
    setRegister(cpu, slot.rdi, ALIAS);
    cpu.execute(100);
    expect(registerOf(cpu, slot.rax)).toBe(0x55);
  });

  test('reads and writes once: ADC of the carry that was there before', () => {
    // stc; adc byte [next + 1], 1; mov eax, 0x11; int3
    const { cpu } = start([0xf9, 0x80, 0x15, 1, 0, 0, 0, 1, 0xb8, 0x11, 0, 0, 0, 0xcc]);
    cpu.execute(100);
    expect(registerOf(cpu, slot.rax)).toBe(0x13);
  });

  test('round after round', () => {
    // mov ecx, 5; again: mov al, 0; add bl, al; inc byte [again + 1]; dec ecx; jnz again; int3
    const { cpu } = start([
      ...[0xb9, 5, 0, 0, 0],
      ...[0xb0, 0x00],
      ...[0x00, 0xc3],
      ...[0xfe, 0x05, 0xf7, 0xff, 0xff, 0xff],
      ...[0xff, 0xc9],
      ...[0x75, 0xf2],
      0xcc,
    ]);
    expect(cpu.execute(1000).kind).toBe('software');
    expect(registerOf(cpu, slot.rbx)).toBe(0 + 1 + 2 + 3 + 4);
  });

  test('by a string instruction that overtakes itself', () => {
    // rep stosb over what follows it, with NOPs; the last byte is left: int3.
    const { cpu } = start([0xf3, 0xaa, 0x0f, 0x0b, 0x0f, 0x0b, 0xcc]);
    setRegister(cpu, slot.rdi, CODE + 2);
    setRegister(cpu, slot.rcx, 4);
    setRegister(cpu, slot.rax, 0x90);
    expect(cpu.execute(100).kind).toBe('software');
    expect(cpu.rip).toBe(CODE + 6);
  });

  test('to the part of an instruction that lies on the next page', () => {
    const { machine, frame, cpu } = start([]);
    const second = machine.mapNew(CODE + PAGE, 1);
    machine.store(frame + PAGE - 2, [0xb8, 0x01]);
    machine.store(second, [0x02, 0x03, 0x04, 0xcc]);
    const run = (): number => {
      cpu.rip = CODE + PAGE - 2;
      cpu.execute(100);
      return registerOf(cpu, slot.rax);
    };
    expect(run()).toBe(0x0403_0201);
    // mov byte [rdi], 0x55; int3
    machine.store(frame, [0xc6, 0x07, 0x55, 0xcc]);
    cpu.rip = CODE;
    setRegister(cpu, slot.rdi, CODE + PAGE + 1);
    cpu.execute(100);
    expect(run()).toBe(0x0455_0201);
  });
});

test('a store to code that ran before is seen when it runs again', () => {
  const { machine, cpu } = start([0xc6, 0x07, 0x55, 0xcc]);
  const other = machine.mapNew(ALIAS, 1);
  machine.store(other, [0xb8, 0x11, 0, 0, 0, 0xcc]);
  cpu.rip = ALIAS;
  cpu.execute(100);
  expect(registerOf(cpu, slot.rax)).toBe(0x11);
  cpu.rip = CODE;
  setRegister(cpu, slot.rdi, ALIAS + 1);
  cpu.execute(100);
  cpu.rip = ALIAS;
  cpu.execute(100);
  expect(registerOf(cpu, slot.rax)).toBe(0x55);
});

test('what others stored is seen after they said so', () => {
  const { machine, frame, cpu } = start([0xb8, 0x11, 0, 0, 0, 0xcc]);
  cpu.execute(100);
  machine.ram[frame + 1] = 0x55;
  cpu.wrote(frame + 1, 1);
  cpu.rip = CODE;
  cpu.execute(100);
  expect(registerOf(cpu, slot.rax)).toBe(0x55);
  // A range that has it in its middle, and one that ends outside of RAM.
  machine.ram[frame + 1] = 0x66;
  cpu.wrote(frame - PAGE, 3 * PAGE);
  cpu.wrote(machine.ram.length - 1, 100);
  cpu.rip = CODE;
  cpu.execute(100);
  expect(registerOf(cpu, slot.rax)).toBe(0x66);
});

test('data beside code in a page costs no translation', () => {
  // again: inc dword [rip + 0x200]; dec ecx; jnz again; int3
  const { cpu } = start([0xff, 0x05, 0x00, 0x02, 0x00, 0x00, 0xff, 0xc9, 0x75, 0xf6, 0xcc]);
  setRegister(cpu, slot.rcx, 100);
  cpu.execute(10_000);
  expect(cpu.counters).toMatchObject({ blocksDropped: 0, blocksReentered: 0 });
});

test('code that is executed for the first time takes the right to be written silently', () => {
  const { machine, cpu } = start([0xc6, 0x07, 0x55, 0xcc]);
  const other = machine.mapNew(ALIAS, 1, USER_PAGE);
  // The page is remembered for writes before it has code.
  setRegister(cpu, slot.rdi, ALIAS + 0x800);
  cpu.execute(100);
  machine.store(other, [0xb8, 0x11, 0, 0, 0, 0xcc]);
  cpu.rip = ALIAS;
  cpu.execute(100);
  cpu.rip = CODE;
  setRegister(cpu, slot.rdi, ALIAS + 1);
  cpu.execute(100);
  cpu.rip = ALIAS;
  cpu.execute(100);
  expect(registerOf(cpu, slot.rax)).toBe(0x55);
});

/** Instructions of one byte and of two, and stores to what follows or came before. */
const piece: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constantFrom(
    [0x90],
    [0xf8],
    [0xf9],
    [0xff, 0xc0],
    [0xff, 0xc3],
    [0x01, 0xd8],
    [0x11, 0xc3],
    [0xb0, 0x33],
    [0x75, 0x02],
  ),
  fc
    .record({ distance: fc.integer({ min: -12, max: 20 }), value: fc.constantFrom(0x90, 0xf9, 0x01, 0xc3, 0x40, 0x06) })
    .map(({ distance, value }) => patch(distance, value)),
);

test('programs that write over themselves do what the reference does', () => {
  const pair = createPair();
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 2, maxLength: 12 }),
      fc.constantFrom(0x100, PAGE - 20, PAGE - 7),
      fc.constantFrom(1, 1000),
      (pieces, offset, budget) => {
        const registers = Array.from({ length: 18 }, (_, index) => BigInt(regions.data.address + index * 16));
        const code = Uint8Array.from(pieces.flat());
        const codeAt = regions.code.address + offset;
        const verdict = pair.run({ registers, flags: 0x202, code, codeAt, seed: 1 }, 40, budget);
        if (verdict.kind === 'different') throw new Error(verdict.what);
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 100_000 : 600 },
  );
});
