import { walkTree } from '@synos/compliance';
import { right } from '@synos/memory';
import { describe, expect, test } from 'vitest';
import { slot } from '../src/cpu/ir.js';
import { bit, createTestMachine, registerOf, setRegister, type TestMachine, USER_PAGE } from './engine/test-machine.js';

const PAGE = 4096;
const CODE = 0x40_0000;
const DATA = 0x1000_0000;

// Code that every test uses, each with INT3 behind.
const LOAD = CODE;
const STORE = CODE + 0x10;
const PUSH = CODE + 0x20;
const LOAD_STACK = CODE + 0x30;

function start(): TestMachine {
  const machine = createTestMachine({ ramBytes: 1 << 23 });
  const code = machine.mapNew(CODE, 1);
  machine.store(code, [0x48, 0x8b, 0x07, 0xcc]); // mov rax, [rdi]
  machine.store(code + 0x10, [0x48, 0x89, 0x07, 0xcc]); // mov [rdi], rax
  machine.store(code + 0x20, [0x50, 0xcc]); // push rax
  machine.store(code + 0x30, [0x48, 0x8b, 0x44, 0x24, 0x08, 0xcc]); // mov rax, [rsp + 8]
  return machine;
}

function at(machine: TestMachine, rip: number, address: number) {
  const { cpu } = machine;
  cpu.rip = rip;
  setRegister(cpu, slot.rdi, address);
  setRegister(cpu, slot.rsp, address);
  return { ...cpu.execute(1) };
}

describe('page faults', () => {
  test('tell what was wrong in their error code, and where in CR2', () => {
    const machine = start();
    machine.mapNew(DATA, 1, bit.present | bit.user);
    machine.mapNew(DATA + PAGE, 1, bit.present | bit.write);
    const fault = (rip: number, address: number) => {
      const { kind, vector, errorCode, cr2 } = at(machine, rip, address);
      return [kind, vector, errorCode, cr2];
    };
    expect(fault(LOAD, DATA + 0x123)[0]).toBe('software');
    expect(fault(STORE, DATA + 0x123)).toEqual(['exception', 14, 7, DATA + 0x123]);
    expect(fault(LOAD, DATA + PAGE + 8)).toEqual(['exception', 14, 5, DATA + PAGE + 8]);
    expect(fault(STORE, DATA + PAGE + 8)).toEqual(['exception', 14, 7, DATA + PAGE + 8]);
    expect(fault(LOAD, DATA + 2 * PAGE)).toEqual(['exception', 14, 4, DATA + 2 * PAGE]);
    expect(fault(STORE, DATA + 2 * PAGE)).toEqual(['exception', 14, 6, DATA + 2 * PAGE]);
    // The kernel half: CR2 as a negative number.
    expect(fault(LOAD, -(2 ** 47))).toEqual(['exception', 14, 4, -(2 ** 47)]);
    expect(machine.cpu.rip).toBe(LOAD);
  });

  test('of fetches: not there, not executable, the kernel’s', () => {
    const machine = start();
    machine.map(DATA, machine.frame(), USER_PAGE, true);
    machine.mapNew(DATA + PAGE, 1, bit.present | bit.write);
    const jump = (rip: number) => {
      const { vector, errorCode, cr2 } = at(machine, rip, 0);
      return [vector, errorCode, cr2, machine.cpu.rip];
    };
    expect(jump(DATA + 1)).toEqual([14, 0x15, DATA + 1, DATA + 1]);
    expect(jump(DATA + PAGE)).toEqual([14, 0x15, DATA + PAGE, DATA + PAGE]);
    expect(jump(DATA + 2 * PAGE)).toEqual([14, 0x14, DATA + 2 * PAGE, DATA + 2 * PAGE]);
    expect(jump(2 ** 47)).toEqual([13, 0, 0, 2 ** 47]);
  });

  test('of an instruction whose end lies on a page that is not there: nothing is executed', () => {
    const machine = start();
    const frame = machine.mapNew(DATA, 1);
    // NOP, and MOV EAX, imm32 of which two bytes are missing.
    machine.store(frame + PAGE - 4, [0x90, 0xb8, 0x01, 0x02]);
    const before = machine.cpu.instructions;
    expect(at(machine, DATA + PAGE - 4, 0)).toMatchObject({ kind: 'budget' });
    const exit = { ...machine.cpu.execute(1) };
    expect([exit.vector, exit.errorCode, exit.cr2]).toEqual([14, 0x14, DATA + PAGE]);
    expect(machine.cpu.rip).toBe(DATA + PAGE - 3);
    expect(machine.cpu.instructions - before).toBe(1);
    const second = machine.mapNew(DATA + PAGE, 1);
    machine.store(second, [0x03, 0x04, 0xcc]);
    expect(machine.cpu.execute(2).kind).toBe('software');
    expect(registerOf(machine.cpu, slot.rax)).toBe(0x0403_0201);
    // The second page is another one now.
    const other = machine.frame();
    machine.store(other, [0x13, 0x14, 0xcc]);
    machine.map(DATA + PAGE, other);
    machine.cpu.invlpg(DATA + PAGE);
    machine.cpu.rip = DATA + PAGE - 3;
    machine.cpu.execute(2);
    expect(registerOf(machine.cpu, slot.rax)).toBe(0x1413_0201);
  });

  test('of the second page of an access: CR2 is its first byte, and nothing was stored', () => {
    const machine = start();
    const frame = machine.mapNew(DATA, 1);
    setRegister(machine.cpu, slot.rax, 0x1122_3344_5566);
    expect(at(machine, STORE, DATA + PAGE - 3)).toMatchObject({ vector: 14, errorCode: 6, cr2: DATA + PAGE });
    expect(machine.ram.subarray(frame + PAGE - 8, frame + PAGE).every((byte) => byte === 0)).toBe(true);
    expect(at(machine, LOAD, DATA + PAGE - 1)).toMatchObject({ vector: 14, errorCode: 4, cr2: DATA + PAGE });
  });
});

test('an address that is not canonical is #SS where the stack is meant, else #GP', () => {
  const machine = start();
  machine.mapNew(2 ** 47 - PAGE, 1);
  expect(at(machine, LOAD, 2 ** 47)).toMatchObject({ kind: 'exception', vector: 13, errorCode: 0 });
  expect(at(machine, STORE, 2 ** 52)).toMatchObject({ vector: 13, errorCode: 0 });
  expect(at(machine, PUSH, 2 ** 47 + 16)).toMatchObject({ vector: 12, errorCode: 0 });
  expect(at(machine, LOAD_STACK, 2 ** 47)).toMatchObject({ vector: 12, errorCode: 0 });
  // It begins where it may, and ends where it may not.
  expect(at(machine, LOAD, 2 ** 47 - 8).kind).toBe('software');
  expect(at(machine, LOAD, 2 ** 47 - 4)).toMatchObject({ vector: 13, errorCode: 0 });
  expect(at(machine, STORE, 2 ** 47 - 1)).toMatchObject({ vector: 13, errorCode: 0 });
});

describe('what is remembered', () => {
  test('stays until INVLPG, for reads and for writes', () => {
    const machine = start();
    const first = machine.mapNew(DATA, 1);
    const second = machine.frame();
    machine.ram[first] = 1;
    machine.ram[second] = 2;
    at(machine, STORE, DATA + 8);
    machine.map(DATA, second);
    at(machine, LOAD, DATA);
    expect(machine.cpu.registers[0]).toBe(1);
    machine.unmap(DATA);
    expect(at(machine, LOAD, DATA).kind).toBe('software');
    machine.cpu.invlpg(DATA + 0xfff);
    expect(at(machine, LOAD, DATA)).toMatchObject({ vector: 14, errorCode: 4 });
    machine.map(DATA, second);
    at(machine, LOAD, DATA);
    expect(machine.cpu.registers[0]).toBe(2);
  });

  test('is forgotten by a fault at its page', () => {
    const machine = start();
    machine.mapNew(DATA, 1, bit.present | bit.user);
    at(machine, LOAD, DATA);
    machine.unmap(DATA);
    expect(at(machine, LOAD, DATA).kind).toBe('software');
    expect(at(machine, STORE, DATA).vector).toBe(14);
    expect(at(machine, LOAD, DATA).vector).toBe(14);
  });

  test('global pages stay when another root is loaded, all others go', () => {
    const machine = start();
    const { cpu } = machine;
    const code = machine.entry(CODE) & -PAGE;
    machine.map(CODE, code, USER_PAGE | bit.global);
    machine.mapNew(DATA, 1, USER_PAGE | bit.global);
    machine.mapNew(DATA + PAGE, 1);
    cpu.flushAll();
    at(machine, LOAD, DATA);
    at(machine, LOAD, DATA + PAGE);
    machine.useRoot(machine.newRoot());
    expect(at(machine, LOAD, DATA).kind).toBe('software');
    expect(at(machine, LOAD, DATA + PAGE)).toMatchObject({ vector: 14, cr2: DATA + PAGE });
    cpu.flush();
    expect(at(machine, LOAD, DATA).kind).toBe('software');
    cpu.invlpg(DATA);
    expect(at(machine, LOAD, DATA)).toMatchObject({ vector: 14, cr2: DATA });
    cpu.flushAll();
    expect(at(machine, LOAD, DATA)).toMatchObject({ vector: 14, cr2: LOAD, errorCode: 0x14 });
  });

  test('INVLPG of any part of a large page forgets all of it', () => {
    const machine = start();
    const large = 0x4000_0000;
    machine.map(large, 4 << 20, USER_PAGE | bit.large);
    machine.ram[(4 << 20) + 0x5008] = 0x77;
    at(machine, LOAD, large + 0x5008);
    expect(machine.cpu.registers[0]).toBe(0x77);
    at(machine, LOAD, large + 0x9000);
    new DataView(machine.ram.buffer).setUint32(machine.entryOf(large, 2), 0, true);
    expect(at(machine, LOAD, large + 0x5000).kind).toBe('software');
    machine.cpu.invlpg(large + 0x1f_0000);
    expect(at(machine, LOAD, large + 0x5000).vector).toBe(14);
    expect(at(machine, LOAD, large + 0x9000).vector).toBe(14);
  });

  test('jumps between blocks are forgotten with it', () => {
    const machine = start();
    // A jumps to B by an immediate and, on the second round, by a register.
    const a = machine.mapNew(DATA, 1);
    const b = machine.mapNew(DATA + PAGE, 1);
    machine.store(a, [0xe9, 0xfb, 0x0f, 0x00, 0x00]); // jmp DATA + PAGE
    machine.store(a + 0x10, [0xff, 0xe7]); // jmp rdi
    machine.store(b, [0xb0, 0x01, 0xcc]); // mov al, 1
    const other = machine.frame();
    machine.store(other, [0xb0, 0x02, 0xcc]);
    const results = [DATA, DATA + 0x10].map((from) => {
      machine.map(DATA + PAGE, b);
      machine.cpu.flushAll();
      const seen = [1, 2, 3].map((round) => {
        if (round === 3) {
          machine.map(DATA + PAGE, other);
          machine.cpu.invlpg(DATA + PAGE);
        }
        machine.cpu.rip = from;
        setRegister(machine.cpu, slot.rdi, DATA + PAGE);
        machine.cpu.execute(10);
        return machine.cpu.registers[0]! & 0xff;
      });
      return seen;
    });
    expect(results).toEqual([
      [1, 1, 2],
      [1, 1, 2],
    ]);
  });
});

test('accessed bits on the way, dirty bits where something was written', () => {
  const machine = start();
  machine.mapNew(DATA, 2);
  const { memory, leaf } = treeOf(machine);
  expect(leaf(DATA)).toMatchObject({ accessed: false, dirty: false });
  at(machine, LOAD, DATA);
  expect(leaf(DATA)).toMatchObject({ accessed: true, dirty: false });
  // The page is remembered for reads by now.
  at(machine, STORE, DATA);
  expect(leaf(DATA)).toMatchObject({ accessed: true, dirty: true });
  expect(leaf(DATA + PAGE)).toMatchObject({ accessed: false, dirty: false });
  expect(leaf(CODE)).toMatchObject({ accessed: true, dirty: false });
  // Cleared by the kernel, which says so: set again by the next access.
  const entry = machine.entryOf(DATA);
  machine.ram[entry] = machine.ram[entry]! & ~(bit.accessed | bit.dirty);
  machine.cpu.invlpg(DATA);
  at(machine, LOAD, DATA);
  expect(leaf(DATA)).toMatchObject({ accessed: true, dirty: false });
  expect(walkTree(memory, machine.root, 'user').broken).toEqual([]);
});

function treeOf(machine: TestMachine) {
  const memory = {
    mem: (address: number, byteLength: number) => machine.ram.subarray(address, address + byteLength),
    wrote: () => {},
    memoryMap: [{ address: 0, byteLength: machine.ram.length, kind: 'usable' as const }],
  };
  const leaf = (address: number) => {
    const found = walkTree(memory, machine.root, 'user').leaves.find((one) => one.address === address);
    const low = machine.entry(address);
    return found && { accessed: (low & bit.accessed) !== 0, dirty: (low & bit.dirty) !== 0 };
  };
  return { memory, leaf };
}

test('beyond RAM reads are all ones, writes are lost, and code is no instruction', () => {
  const machine = start();
  machine.map(DATA, machine.ram.length);
  setRegister(machine.cpu, slot.rax, 5);
  expect(at(machine, STORE, DATA).kind).toBe('software');
  expect(at(machine, LOAD, DATA).kind).toBe('software');
  expect([...machine.cpu.registers.subarray(0, 2)]).toEqual([-1, -1]);
  expect(at(machine, DATA, 0)).toMatchObject({ kind: 'exception', vector: 6 });
});

test('translate: as an access would, for ring 3 and for ring 0', () => {
  const machine = start();
  const { cpu } = machine;
  const user = machine.mapNew(DATA, 1, bit.present | bit.user);
  const kernel = machine.mapNew(DATA + PAGE, 1, bit.present | bit.write);
  expect(cpu.translate(DATA + 5, right.user)).toBe(user + 5);
  expect(cpu.translate(DATA + 5, 0)).toBe(user + 5);
  expect(cpu.translate(DATA + 5, right.user | right.write)).toBe(-1 - 7);
  expect(cpu.translate(DATA + PAGE, right.user)).toBe(-1 - 5);
  expect(cpu.translate(DATA + PAGE, right.write)).toBe(kernel);
  expect(machine.entry(DATA + PAGE) & bit.dirty).toBe(bit.dirty);
  expect(cpu.translate(DATA + 2 * PAGE, right.user)).toBe(-1 - 4);
  expect(cpu.translate(2 ** 47, right.user)).toBe(-1);
  // By the TLB first.
  at(machine, LOAD, DATA);
  machine.unmap(DATA);
  expect(cpu.translate(DATA, right.user)).toBe(user);
});
