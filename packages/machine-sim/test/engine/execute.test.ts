import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slot } from '../../src/cpu/ir.js';
import { createTestMachine, registerOf, setRegister } from './test-machine.js';

const PAGE = 4096;
const CODE = 0x40_0000;
const DATA = 0x1000_0000;

function start(bytes: readonly number[], readTsc?: () => number) {
  const machine = createTestMachine(readTsc === undefined ? {} : { readTsc });
  machine.store(machine.mapNew(CODE, 1), bytes);
  const data = machine.mapNew(DATA, 4);
  const { cpu } = machine;
  cpu.rip = CODE;
  setRegister(cpu, slot.rsp, DATA + PAGE);
  return { machine, cpu, data, run: (budget = 100) => ({ ...cpu.execute(budget) }) };
}

describe('exits', () => {
  test.each([
    ['int 0x80', [0xcd, 0x80], { kind: 'software', vector: 0x80, instructionBytes: 2 }, 0, 1],
    ['int3', [0xcc], { kind: 'software', vector: 3, instructionBytes: 1 }, 0, 1],
    ['int1', [0xf1], { kind: 'exception', vector: 1, errorCode: -1 }, 1, 1],
    ['syscall', [0x0f, 0x05], { kind: 'syscall' }, 2, 1],
    ['ud2', [0x0f, 0x0b], { kind: 'exception', vector: 6, errorCode: -1 }, 0, 0],
    ['hlt', [0xf4], { kind: 'exception', vector: 13, errorCode: 0 }, 0, 0],
    ['div ecx by 0', [0xf7, 0xf1], { kind: 'exception', vector: 0, errorCode: -1 }, 0, 0],
  ] as const)('%s', (_, bytes, exit, behind, completed) => {
    const { cpu, run } = start([0x90, ...bytes]);
    expect(run()).toMatchObject(exit);
    expect(cpu.rip).toBe(CODE + 1 + behind);
    expect(cpu.instructions).toBe(1 + completed);
  });

  test('a jump to what is no address is #GP of the jump; to what is not mapped, #PF of the target', () => {
    const { cpu, machine, run } = start([0xff, 0xe7]);
    setRegister(cpu, slot.rdi, 2 ** 47);
    expect(run()).toMatchObject({ vector: 13, errorCode: 0 });
    expect([cpu.rip, cpu.instructions]).toEqual([CODE, 0]);
    setRegister(cpu, slot.rdi, 0x7000);
    expect(run()).toMatchObject({ vector: 14, errorCode: 0x14, cr2: 0x7000 });
    expect([cpu.rip, cpu.instructions]).toEqual([0x7000, 1]);
    // RET: RSP is as it was.
    machine.store(machine.entry(CODE) & -PAGE, [0xc3]);
    const place = machine.entry(DATA) & -PAGE;
    machine.ram.set([0, 0, 0, 0, 0, 0x80, 0, 0], place);
    setRegister(cpu, slot.rsp, DATA);
    cpu.rip = CODE;
    expect(run()).toMatchObject({ vector: 13, errorCode: 0 });
    expect([cpu.rip, registerOf(cpu, slot.rsp)]).toEqual([CODE, DATA]);
  });

  test('what faults in the middle of a block: what is before it is done, what is behind it is not', () => {
    // mov eax, 5; add eax, ebx; mov [rdi], eax; mov ecx, 7
    const { cpu, run } = start([0xb8, 5, 0, 0, 0, 0x01, 0xd8, 0x89, 0x07, 0xb9, 7, 0, 0, 0]);
    setRegister(cpu, slot.rbx, 0xffff_fffb);
    setRegister(cpu, slot.rdi, 0x7000);
    expect(run()).toMatchObject({ vector: 14, cr2: 0x7000 });
    expect(cpu.rip).toBe(CODE + 7);
    expect(cpu.instructions).toBe(2);
    expect([registerOf(cpu, slot.rax), registerOf(cpu, slot.rcx)]).toEqual([0, 0]);
    // CF, PF, AF and ZF of the addition.
    expect(cpu.rflags & 0x8d5).toBe(0x55);
  });
});

describe('the trap flag', () => {
  test('an exception behind each instruction, a jump too', () => {
    // mov eax, 1; jmp over; ud2; over: inc eax; int3
    const { cpu, run } = start([0xb8, 1, 0, 0, 0, 0xeb, 2, 0x0f, 0x0b, 0xff, 0xc0, 0xcc]);
    cpu.rflags = 0x302;
    const seen = [0, 1, 2].map(() => {
      expect(run()).toMatchObject({ kind: 'exception', vector: 1, errorCode: -1 });
      return [cpu.rip - CODE, registerOf(cpu, slot.rax), cpu.instructions];
    });
    expect(seen).toEqual([
      [5, 1, 1],
      [9, 1, 2],
      [11, 2, 3],
    ]);
    expect(run()).toMatchObject({ kind: 'software' });
  });

  test('each element of a string instruction is one', () => {
    const { cpu, run } = start([0xf3, 0xaa, 0xcc]);
    setRegister(cpu, slot.rdi, DATA);
    setRegister(cpu, slot.rcx, 3);
    cpu.rflags = 0x302;
    const seen = [0, 1, 2].map(() => {
      expect(run().vector).toBe(1);
      return [cpu.rip - CODE, registerOf(cpu, slot.rcx)];
    });
    expect(seen).toEqual([
      [0, 2],
      [0, 1],
      [2, 0],
    ]);
  });

  test('POPF that sets it: behind the instruction that follows; one that clears it: behind itself', () => {
    // push 0x302; popf; nop; nop
    const { cpu, run } = start([0x68, 0x02, 0x03, 0, 0, 0x9d, 0x90, 0x90]);
    expect(run()).toMatchObject({ vector: 1 });
    expect(cpu.rip).toBe(CODE + 7);
    const second = start([0x68, 0x02, 0x02, 0, 0, 0x9d, 0x90, 0xcc]);
    second.run(1);
    second.cpu.rip = CODE + 5;
    setRegister(second.cpu, slot.rsp, DATA + PAGE - 8);
    second.machine.ram[second.data + PAGE - 8] = 0x02;
    second.machine.ram[second.data + PAGE - 7] = 0x02;
    second.cpu.rflags = 0x302;
    expect(second.run()).toMatchObject({ vector: 1 });
    expect(second.cpu.rip).toBe(CODE + 6);
    expect(second.run()).toMatchObject({ kind: 'software' });
  });

  test('an instruction that faults does not trap', () => {
    const { cpu, run } = start([0x0f, 0x0b]);
    cpu.rflags = 0x302;
    expect(run()).toMatchObject({ vector: 6 });
  });
});

test('RFLAGS: what can be kept is kept, reserved bits are as they are', () => {
  const { cpu } = start([]);
  cpu.rflags = 0xffff_ffff;
  expect(cpu.rflags).toBe(0x3c_7fd7);
  cpu.rflags = 0;
  expect(cpu.rflags).toBe(2);
});

test('RDTSC in the middle of a block may ask how many instructions were done', () => {
  const counts: number[] = [];
  // nop; nop; rdtsc; nop; rdtsc; int3
  const { cpu, run } = start([0x90, 0x90, 0x0f, 0x31, 0x90, 0x0f, 0x31, 0xcc], () => {
    counts.push(cpu.instructions);
    return 0x12_3456_789a;
  });
  run();
  expect(counts).toEqual([2, 4]);
  expect([registerOf(cpu, slot.rdx), registerOf(cpu, slot.rax)]).toEqual([0x12, 0x3456_789a]);
  expect(cpu.instructions).toBe(6);
});

test('CPUID names itself and no FPU', () => {
  const { cpu, run } = start([0x0f, 0xa2, 0xcc]);
  run();
  const name = [slot.rbx, slot.rdx, slot.rcx].map((register) => cpu.registers[register * 2]!);
  expect(new TextDecoder().decode(Int32Array.from(name))).toBe('SynOSsimPC86');
  cpu.rip = CODE;
  setRegister(cpu, slot.rax, 1);
  run();
  // FPU, MMX, SSE and SSE2.
  expect(cpu.registers[slot.rdx * 2]! & ((1 << 0) | (1 << 23) | (1 << 25) | (1 << 26))).toBe(0);
});

describe('string instructions', () => {
  test('long ones stop now and then, with registers as they are then', () => {
    const { cpu, data, machine, run } = start([0xf3, 0xaa, 0xcc]);
    setRegister(cpu, slot.rdi, DATA + 1);
    setRegister(cpu, slot.rcx, 10_000);
    setRegister(cpu, slot.rax, 0x5a);
    expect(run(1).kind).toBe('budget');
    expect([cpu.rip, registerOf(cpu, slot.rcx), registerOf(cpu, slot.rdi)]).toEqual([CODE, 5904, DATA + 4097]);
    expect(run().kind).toBe('software');
    // Three visits and INT3.
    expect(cpu.instructions).toBe(4);
    expect(machine.ram.subarray(data + 1, data + 10_001).every((byte) => byte === 0x5a)).toBe(true);
    expect([machine.ram[data], machine.ram[data + 10_001]]).toEqual([0, 0]);
  });

  test('a copy onto what lies ahead repeats it', () => {
    const { cpu, data, machine, run } = start([0xf3, 0xa4, 0xcc]);
    machine.ram.set([1, 2, 3], data);
    setRegister(cpu, slot.rsi, DATA);
    setRegister(cpu, slot.rdi, DATA + 3);
    setRegister(cpu, slot.rcx, 7);
    run();
    expect([...machine.ram.subarray(data, data + 11)]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 0]);
  });

  test('a fault in the middle: what is before it is done', () => {
    const { cpu, run } = start([0xf3, 0xab, 0xcc]);
    setRegister(cpu, slot.rdi, DATA + 4 * PAGE - 10);
    setRegister(cpu, slot.rcx, 100);
    expect(run()).toMatchObject({ vector: 14, errorCode: 6, cr2: DATA + 4 * PAGE });
    expect([cpu.rip, registerOf(cpu, slot.rcx), registerOf(cpu, slot.rdi)]).toEqual([CODE, 98, DATA + 4 * PAGE - 2]);
  });

  test('any copy is one of bytes in order', () => {
    const { cpu, data, machine, run } = start([0xf3, 0xa4, 0xf3, 0xa5, 0xf3, 0x48, 0xa5, 0xcc]);
    const sizes = [1, 4, 8];
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.integer({ min: 0, max: 2 * PAGE }),
        fc.integer({ min: -40, max: 2 * PAGE }),
        fc.integer({ min: 0, max: 900 }),
        (which, source, distance, count) => {
          const size = sizes[which]!;
          const target = Math.max(source + distance, 0);
          for (let index = 0; index < 4 * PAGE; index += 1)
            machine.ram[data + index] = (index * 5 + (index >> 8)) & 0xff;
          const wanted = machine.ram.slice(data, data + 4 * PAGE);
          const fits = Math.min(count, Math.floor((4 * PAGE - Math.max(source, target)) / size));
          for (let element = 0; element < fits; element += 1) {
            const bytes = wanted.slice(source + element * size, source + element * size + size);
            wanted.set(bytes, target + element * size);
          }
          cpu.rip = CODE + which * 2;
          setRegister(cpu, slot.rsi, DATA + source);
          setRegister(cpu, slot.rdi, DATA + target);
          setRegister(cpu, slot.rcx, fits);
          cpu.rflags = 2;
          // INT3 behind the one that is meant: the others have nothing left to do.
          expect(run().kind).toBe('software');
          expect(Buffer.compare(machine.ram.subarray(data, data + 4 * PAGE), wanted)).toBe(0);
          expect(registerOf(cpu, slot.rdi)).toBe(DATA + target + fits * size);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('however it is cut into budgets, a program ends the same', () => {
  // A loop of stores, additions, a call and a string instruction, whose numbers depend on one another:
  // again: add rax, rcx; imul rax, rax, 7; mov [rdi + rcx * 8], rax; call f; dec ecx; jnz again; int3
  // f: push rcx; mov ecx, 20; rep stosb; sub rdi, 20; pop rcx; rdtsc (into RAX, RDX); ret
  const body = [
    ...[0x48, 0x01, 0xc8, 0x48, 0x6b, 0xc0, 0x07, 0x48, 0x89, 0x04, 0xcf],
    ...[0xe8, 0x05, 0x00, 0x00, 0x00, 0xff, 0xc9, 0x75, 0xec, 0xcc],
    ...[0x51, 0xb9, 20, 0, 0, 0, 0xf3, 0xaa, 0x48, 0x83, 0xef, 20, 0x59, 0x0f, 0x31, 0xc3],
  ];
  const result = (budgets: readonly number[]) => {
    let now = (): number => 0;
    const { cpu, machine, data } = start(body, () => now());
    now = () => cpu.instructions * 3;
    setRegister(cpu, slot.rdi, DATA);
    setRegister(cpu, slot.rcx, 40);
    let index = 0;
    let exit = cpu.execute(budgets[0]!);
    while (exit.kind === 'budget') {
      index = (index + 1) % budgets.length;
      exit = cpu.execute(budgets[index]!);
    }
    const memory = machine.ram.slice(data, data + PAGE);
    return {
      rip: cpu.rip,
      kind: exit.kind,
      instructions: cpu.instructions,
      registers: [...cpu.registers.subarray(0, 32)],
      memory,
      flags: cpu.rflags,
    };
  };
  const whole = result([1_000_000]);
  expect(whole.kind).toBe('software');
  expect(whole.instructions).toBe(40 * 13 + 1);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (budgets) => {
      expect(result(budgets)).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

test('an address that is used by turns by two roots runs the code of each', () => {
  const { machine, cpu, run } = start([0xb0, 0x01, 0xcc]);
  const second = machine.newRoot();
  machine.useRoot(second);
  machine.store(machine.mapNew(CODE, 1), [0xb0, 0x02, 0xcc]);
  const seen = [0, 1, 2, 3].map((round) => {
    machine.useRoot(round % 2 === 0 ? machine.root : second);
    cpu.rip = CODE;
    run();
    return cpu.registers[0]! & 0xff;
  });
  expect(seen).toEqual([1, 2, 1, 2]);
  // Coming back costs no translation.
  expect(cpu.counters.blocksMade).toBe(2);
});

test('what was translated is bounded: all is dropped when it is full, and the program does not notice', () => {
  const machine = createTestMachine();
  const pages = 70;
  const place = machine.mapNew(CODE, pages);
  // ADD EAX, a constant of its own; more of them than there is room for, twice.
  const count = Math.floor((pages * PAGE - 1) / 5);
  const code = new Uint8Array(count * 5 + 1).fill(0xcc);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const constant = Math.imul(index + 1, 0x1234_567);
    code[index * 5] = 0x05;
    new DataView(code.buffer).setInt32(index * 5 + 1, constant, true);
    sum = (sum + constant) | 0;
  }
  machine.store(place, code);
  const { cpu } = machine;
  for (let round = 0; round < 2; round += 1) {
    cpu.rip = CODE;
    setRegister(cpu, slot.rax, 0);
    while (cpu.execute(1_000_000).kind === 'budget');
    expect(cpu.rip).toBe(CODE + count * 5);
    expect(cpu.registers[0]).toBe(sum);
  }
  expect(cpu.instructions).toBe(2 * (count + 1));
  expect(cpu.counters.blocksDropped).toBeGreaterThan(0);
});
