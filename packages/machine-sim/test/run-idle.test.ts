import { describe, expect, test } from 'vitest';
import type { SimulatedPcOptions } from '../src/index.js';
import { createManualLoop, createScriptedPc, type ScriptedPc } from './reference/test-machine.js';

function initialise({ machine }: ScriptedPc, lines: number): void {
  for (const [base, values] of [
    [0x20, [0x20, 4, 1, ~lines & 0xff]],
    [0xa0, [0x28, 2, 1, (~lines >>> 8) & 0xff]],
  ] as const) {
    machine.writePort(base, 1, 0x11);
    for (const value of values) machine.writePort(base + 1, 1, value);
  }
}

function arm({ machine }: ScriptedPc, count: number): void {
  machine.writePort(0x43, 1, 0x30);
  machine.writePort(0x40, 1, count & 0xff);
  machine.writePort(0x40, 1, count >>> 8);
}

function openSerial({ machine }: ScriptedPc): void {
  machine.writePort(0x3fc, 1, 0x08);
  machine.writePort(0x3f9, 1, 0x01);
}

describe('idle in virtual time', () => {
  test('leaps to the time asked for, and not further', () => {
    const { machine } = createScriptedPc();
    const begin = machine.rdtsc();
    expect(machine.idle(begin + 1_000_000)).toBe(-1);
    expect(machine.rdtsc()).toBe(begin + 1_000_000);
    expect(machine.idle(begin)).toBe(-1);
    expect(machine.rdtsc()).toBe(begin + 1_000_000);
    expect(machine.clock.now()).toBe(((begin + 1_000_000) * 1000) / machine.tscHz);
    expect(machine.instructions).toBe(0);
  });

  test('the timer comes first where it is first: its vector, once', () => {
    const pc = createScriptedPc();
    initialise(pc, 1);
    arm(pc, 11_932);
    const begin = pc.machine.rdtsc();
    expect(pc.machine.idle(begin + 10_000_000)).toBe(0x20);
    // 11,933 ticks of 1,193,182 Hz, rounded up to a count of 20 MHz.
    expect(pc.machine.rdtsc() - begin).toBe(Math.ceil((11_933 * 20_000_000) / 1_193_182));
    pc.machine.writePort(0x20, 1, 0x20);
    expect(pc.machine.idle(begin + 10_000_000)).toBe(-1);
    expect(pc.machine.rdtsc()).toBe(begin + 10_000_000);
    expect(pc.machine.counters()).toMatchObject({ interrupts: 1, 'interrupts.line0': 1 });
  });

  test('a masked timer does not end it', () => {
    const pc = createScriptedPc();
    initialise(pc, 0);
    arm(pc, 100);
    expect(pc.machine.idle(5_000_000)).toBe(-1);
    expect(pc.machine.rdtsc()).toBe(5_000_000);
  });

  test('with nothing to wait for it answers, since nothing would ever come', () => {
    const { machine } = createScriptedPc();
    expect(machine.idle(Number.POSITIVE_INFINITY)).toBe(-1);
  });

  test('advance: what devices do on the way happens, and waits', () => {
    const pc = createScriptedPc();
    initialise(pc, 1);
    arm(pc, 1000);
    pc.machine.advance(3_000_000);
    expect(pc.machine.rdtsc()).toBe(3_000_000);
    expect(pc.machine.idle(3_000_000)).toBe(0x20);
  });

  test('keys: an interrupt, and each byte once', () => {
    const pc = createScriptedPc();
    initialise(pc, 1 << 4);
    openSerial(pc);
    pc.machine.type(new Uint8Array([65, 66]));
    expect(pc.machine.idle(1e9)).toBe(0x24);
    expect(pc.machine.rdtsc()).toBe(0);
    expect([pc.machine.readPort(0x3f8, 1), pc.machine.readPort(0x3f8, 1)]).toEqual([65, 66]);
    expect(pc.machine.readPort(0x3fd, 1) & 1).toBe(0);
  });

  test('a kick ends the next wait where none is', () => {
    const { machine } = createScriptedPc();
    machine.kick();
    expect(machine.idle(1000)).toBe(-1);
    expect(machine.rdtsc()).toBe(0);
    expect(machine.idle(1000)).toBe(-1);
    expect(machine.rdtsc()).toBe(1000);
  });
});

describe('idle in host time', () => {
  function createHosted(options: Partial<SimulatedPcOptions> = {}) {
    const loop = createManualLoop();
    const pc = createScriptedPc({
      time: { mode: 'host', loop, wallTimeMs: () => 1_700_000_000_000 + loop.now() },
      ...options,
    });
    const answers: number[] = [];
    const idle = (tsc: number): void => {
      void Promise.resolve(pc.machine.idle(tsc)).then((vector) => answers.push(vector));
    };
    /** Lets time pass, then promises. */
    const pass = async (ms: number): Promise<number[]> => {
      loop.advance(ms);
      for (let turn = 0; turn < 5; turn++) await null;
      return answers;
    };
    return { ...pc, pc, loop, idle, pass };
  }

  test('a promise that a time ends, no sooner', async () => {
    const { idle, pass, machine } = createHosted();
    expect(machine.tscHz).toBe(1e9);
    idle(5e6);
    expect(await pass(4.9)).toEqual([]);
    expect(await pass(0.1)).toEqual([-1]);
    expect(machine.wallTimeMs()).toBe(1_700_000_000_005);
  });

  test('the timer, keys, a kick', async () => {
    const { idle, pass, machine, pc } = createHosted();
    initialise(pc, 1 | (1 << 4));
    openSerial(pc);
    arm(pc, 11_932);
    idle(Number.POSITIVE_INFINITY);
    expect(await pass(10)).toEqual([]);
    expect(await pass(0.1)).toEqual([0x20]);
    machine.writePort(0x20, 1, 0x20);
    idle(Number.POSITIVE_INFINITY);
    machine.type(new Uint8Array([65]));
    expect(await pass(0)).toEqual([0x20, 0x24]);
    machine.readPort(0x3f8, 1);
    machine.writePort(0x20, 1, 0x20);
    idle(Number.POSITIVE_INFINITY);
    machine.kick();
    expect(await pass(0)).toEqual([0x20, 0x24, -1]);
  });

  test('what came before it waits ends it at once: nothing would wake it', async () => {
    const { idle, pass, machine, pc } = createHosted();
    initialise(pc, 1 << 4);
    openSerial(pc);
    machine.type(new Uint8Array([65]));
    idle(Number.POSITIVE_INFINITY);
    expect(await pass(0)).toEqual([0x24]);
    machine.readPort(0x3f8, 1);
    machine.writePort(0x20, 1, 0x20);
    machine.kick();
    idle(Number.POSITIVE_INFINITY);
    expect(await pass(0)).toEqual([0x24, -1]);
  });

  test('a host whose clock goes back does not take the counter with it', () => {
    let nowMs = 5;
    const loop = { ...createManualLoop(), now: () => nowMs };
    const { machine } = createHosted({ time: { mode: 'host', loop, wallTimeMs: () => 0 } });
    expect(machine.rdtsc()).toBe(5e6);
    nowMs = 4;
    expect(machine.rdtsc()).toBe(5e6);
    nowMs = 6;
    expect(machine.rdtsc()).toBe(6e6);
  });

  test('a new wait ends the old one with -1; power-off ends it too, and nothing waits in the loop', async () => {
    const { idle, pass, machine, loop } = createHosted();
    idle(9e6);
    idle(8e6);
    expect(await pass(0)).toEqual([-1]);
    machine.powerOff();
    expect(await pass(0)).toEqual([-1, -1]);
    expect(loop.waiting).toBe(0);
    expect(machine.idle(1e9)).toBe(-1);
    expect(() => machine.run(0x1000)).toThrow(expect.objectContaining({ code: 'ERR_MACHINE_SHUTDOWN' }));
  });
});

test('what the serial port sends is handed over in pieces, before idle waits and before a program runs', () => {
  const pieces: string[] = [];
  const { machine, kernel, cpu } = createScriptedPc({
    onConsole: (bytes) => pieces.push(String.fromCharCode(...bytes)),
    onPanic: (text) => pieces.push(`panic: ${text}`),
  });
  const print = (text: string): void => {
    for (const letter of text) machine.writePort(0x3f8, 1, letter.charCodeAt(0));
  };
  cpu.act = () => ({ kind: 'software', vector: 0x80, instructionBytes: 2 });
  print('boot');
  expect(pieces).toEqual([]);
  machine.run(kernel.frame.address);
  expect(pieces).toEqual(['boot']);
  print('x'.repeat(1000));
  machine.idle(0);
  expect(pieces[1]).toHaveLength(1000);
  print('oh');
  machine.panic('no');
  print('bye');
  machine.powerOff();
  expect(pieces.slice(2)).toEqual(['oh', 'panic: no', 'bye']);
});
