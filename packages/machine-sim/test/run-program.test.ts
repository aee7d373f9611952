import { trapFrame } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { createSimulatedPc, type SimulatedPcOptions } from '../src/index.js';
import { createMiniKernel, program } from './reference/mini-kernel.js';
import { entropy } from './reference/test-machine.js';

function boot(options: Partial<SimulatedPcOptions> = {}, largestPageBytes = 4096) {
  const machine = createSimulatedPc({ time: { mode: 'virtual' }, entropy, memoryBytes: 4 << 20, ...options });
  return { machine, kernel: createMiniKernel(machine, largestPageBytes) };
}

/** `jmp $`. */
const spin = [0xeb, 0xfe];

/** Initialises the interrupt controller, all lines but the given ones masked. */
function openLines(machine: ReturnType<typeof boot>['machine'], lines: number): void {
  for (const [base, values] of [
    [0x20, [0x20, 4, 1, ~lines & 0xff]],
    [0xa0, [0x28, 2, 1, (~lines >>> 8) & 0xff]],
  ] as const) {
    machine.writePort(base, 1, 0x11);
    for (const value of values) machine.writePort(base + 1, 1, value);
  }
}

/** Counter 0 of the timer in a mode. */
function arm(machine: ReturnType<typeof boot>['machine'], mode: 0 | 2, count: number): void {
  machine.writePort(0x43, 1, 0x30 | (mode << 1));
  machine.writePort(0x40, 1, count & 0xff);
  machine.writePort(0x40, 1, count >>> 8);
}

describe('real code', () => {
  test('INT 0x80: number and arguments arrive, the program goes on behind it with what it was given', () => {
    const { machine, kernel } = boot();
    // mov eax, 39; mov edi, 7; int 0x80; mov edi, eax; int 0x80
    kernel.load([0xb8, 39, 0, 0, 0, 0xbf, 7, 0, 0, 0, 0xcd, 0x80, 0x89, 0xc7, 0xcd, 0x80]);
    const { frame } = kernel;
    expect(machine.run(frame.address)).toBe(0x80);
    expect([frame.signed(trapFrame.rax), frame.signed(trapFrame.rdi)]).toEqual([39, 7]);
    expect(frame.signed(trapFrame.rip)).toBe(program.code + 12);
    frame.set(trapFrame.rax, 1234);
    expect(machine.run(frame.address)).toBe(0x80);
    expect(frame.signed(trapFrame.rdi)).toBe(1234);
  });

  test('SYSCALL: the frame is that of vector 256, and SYSRET goes on behind it', () => {
    const { machine, kernel } = boot();
    kernel.load([0x0f, 0x05, 0x0f, 0x0b]);
    const { frame } = kernel;
    expect(machine.run(frame.address)).toBe(256);
    expect([frame.signed(trapFrame.rcx), frame.signed(trapFrame.rip)]).toEqual([program.code + 2, program.code + 2]);
    expect(frame.signed(trapFrame.rsp)).toBe(program.stack + 4 * 4096);
    expect(machine.run(frame.address)).toBe(6);
    expect(frame.signed(trapFrame.rip)).toBe(program.code + 2);
  });

  test('a page fault has its address and error code; a kernel page is out of reach', () => {
    const { machine, kernel } = boot();
    // mov [0x700000], eax
    kernel.load([0x89, 0x04, 0x25, 0, 0, 0x70, 0]);
    expect(machine.run(kernel.frame.address)).toBe(14);
    expect([machine.readControl('cr2'), kernel.frame.signed(trapFrame.error)]).toEqual([0x70_0000, 6]);
    // movabs rax, [gdt]
    const gdt = kernel.virtual(kernel.gdt);
    const bytes = new Uint8Array(10);
    bytes.set([0x48, 0xa1]);
    new DataView(bytes.buffer).setBigInt64(2, BigInt(gdt), true);
    kernel.load(bytes);
    expect(machine.run(kernel.frame.address)).toBe(14);
    expect([machine.readControl('cr2'), kernel.frame.signed(trapFrame.error)]).toEqual([gdt, 5]);
  });

  test('the TLB does not snoop: what is taken away is gone by INVLPG, and not before', () => {
    const { machine, kernel } = boot();
    // mov eax, [0x500000]; int 0x80; mov eax, [0x500000]; int 0x80
    const load = [0x8b, 0x04, 0x25, 0, 0, 0x50, 0];
    const code = [...load, 0xcd, 0x80, ...load, 0xcd, 0x80, ...load, 0xcd, 0x80];
    kernel.load(code);
    expect(machine.run(kernel.frame.address)).toBe(0x80);
    const slot = kernel.slotOf(program.data);
    kernel.view.setUint32(slot, 0, true);
    machine.wrote(slot, 8);
    expect(machine.run(kernel.frame.address)).toBe(0x80);
    machine.invlpg(program.data);
    expect(machine.run(kernel.frame.address)).toBe(14);
  });

  test('code that the kernel stores is told, and runs as it is now', () => {
    const { machine, kernel } = boot();
    kernel.load([0xcd, 0x80]);
    expect(machine.run(kernel.frame.address)).toBe(0x80);
    kernel.load([0x0f, 0x0b]);
    expect(machine.run(kernel.frame.address)).toBe(6);
  });

  test('a timer of virtual time interrupts at its count, and not an instruction earlier than asked', () => {
    const { machine, kernel } = boot();
    openLines(machine, 1);
    kernel.load(spin);
    const begin = machine.rdtsc();
    arm(machine, 0, 11_932);
    expect(machine.run(kernel.frame.address)).toBe(0x20);
    const passed = machine.rdtsc() - begin;
    // 10 ms at 20 MHz, and at most a block and a tick more.
    expect(passed).toBeGreaterThanOrEqual(200_000);
    expect(passed).toBeLessThan(200_100);
    expect(kernel.frame.signed(trapFrame.rip)).toBe(program.code);
  });

  test('two runs in virtual time are the same, instruction by instruction', () => {
    const trace = (): number[] => {
      const { machine, kernel } = boot({ sliceInstructions: 777 });
      openLines(machine, 1);
      // inc rax; jmp back
      kernel.load([0x48, 0xff, 0xc0, 0xeb, 0xfb]);
      arm(machine, 2, 5000);
      const seen: number[] = [];
      for (let at = 0; at < 20; at++) {
        seen.push(machine.run(kernel.frame.address), machine.rdtsc(), kernel.frame.signed(trapFrame.rax));
        machine.writePort(0x20, 1, 0x20);
      }
      return seen;
    };
    const first = trace();
    expect(first[57]).toBe(0x20);
    expect(trace()).toEqual(first);
  });
});
