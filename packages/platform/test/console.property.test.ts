import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createConsole } from '../src/index.js';
import { FakeMachine } from './models/fake-machine.js';
import { ModelUart } from './models/model-uart.js';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

test('what is written leaves in order, what is typed is read in order, whatever interrupts when', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), data: bytes(60) }),
    fc.record({ kind: fc.constant('type' as const), data: bytes(12) }),
    fc.record({ kind: fc.constant('send' as const), data: bytes(20) }),
    fc.record({ kind: fc.constant('read' as const), data: bytes(30) }),
    fc.record({ kind: fc.constant('interrupt' as const), data: bytes(0) }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (hasFifos, steps) => {
      const machine = new FakeMachine();
      const uart = new ModelUart(machine, 0x3f8, hasFifos);
      const terminal = createConsole(machine, { outputLimitBytes: 50, inputLimitBytes: 20 });
      const written: number[] = [];
      const typed: number[] = [];
      const read: number[] = [];
      let refused = 0;
      let told = 0;
      terminal.onReadable = () => told++;
      const handle = (): void => {
        // Only edges come, so that a port which is left asking stays silent for ever.
        while (uart.takeInterrupt()) {
          const before = terminal.readableBytes;
          const toldBefore = told;
          expect(terminal.interrupt()).toBe(true);
          expect(told - toldBefore).toBe(terminal.readableBytes > before ? 1 : 0);
        }
      };
      const take = (most: number): void => {
        const into = new Uint8Array(most);
        read.push(...into.subarray(0, terminal.read(into)));
      };
      for (const { kind, data } of steps) {
        if (kind === 'write') {
          const taken = terminal.write(data);
          written.push(...data.subarray(0, taken));
          refused += data.length - taken;
        } else if (kind === 'type') {
          for (const byte of data) {
            uart.type(byte);
            typed.push(byte);
            handle();
          }
        } else if (kind === 'send') {
          uart.send(data.length);
          handle();
        } else if (kind === 'read') take(data.length);
        else handle();
        expect(terminal.queuedBytes).toBeLessThanOrEqual(50);
        expect(terminal.readableBytes).toBeLessThanOrEqual(20);
      }
      for (let i = 0; i < 200; i++) {
        uart.send(1);
        handle();
      }
      take(100);
      expect(uart.sent).toEqual(written);
      expect(terminal.queuedBytes).toBe(0);
      expect(terminal.counters.outputRefused).toBe(refused);
      expect(read.length + terminal.counters.inputDropped).toBe(typed.length);
      // What was dropped was the newest at its time: what was read is what was typed with gaps.
      let at = 0;
      for (const byte of typed) if (at < read.length && read[at] === byte) at++;
      expect(at).toBe(read.length);
      expect(terminal.counters.inputOverruns).toBe(0);
    }),
  );
});

test('the port is set up as 115,200 bits per second, 8N1, with its interrupt let out', () => {
  const machine = new FakeMachine();
  const uart = new ModelUart(machine);
  uart.writePort(1, 1, 0x0f);
  uart.type(0x61);
  const terminal = createConsole(machine);
  expect([uart.divisor, uart.lcr, uart.mcr, uart.ier]).toEqual([1, 3, 0x0b, 1]);
  expect(terminal.isPresent).toBe(true);
  expect(terminal.readableBytes).toBe(0);
  const plain = new FakeMachine();
  new ModelUart(plain, 0x3f8, false).type(0x61);
  const without = createConsole(plain);
  without.interrupt();
  expect(without.readableBytes).toBe(0);
  const slow = new FakeMachine();
  const other = new ModelUart(slow, 0x2f8);
  createConsole(slow, { baud: 300, port: 0x2f8 });
  expect(other.divisor).toBe(384);
  expect(() => createConsole(slow, { baud: 110_000 })).toThrow('baud is a divisor of 115,200, 2 or more, not 110000');
});

test('bytes that came damaged are dropped and counted, those that the port lost are counted', () => {
  const machine = new FakeMachine();
  const uart = new ModelUart(machine);
  const terminal = createConsole(machine);
  for (const errors of [4, 8, 16, 0]) uart.type(0x30 + errors, errors);
  // Writing looks at the same status register.
  terminal.write(Uint8Array.of(1));
  terminal.interrupt();
  expect(terminal.counters.inputErrors).toBe(3);
  for (let i = 0; i < 20; i++) uart.type(i);
  terminal.interrupt();
  expect(terminal.counters.inputOverruns).toBe(1);
  const into = new Uint8Array(64);
  expect([...into.subarray(0, terminal.read(into))]).toEqual([0x30, ...Array(16).keys()]);
});

test('without a port nothing is waited for', () => {
  const terminal = createConsole(new FakeMachine());
  expect(terminal.isPresent).toBe(false);
  expect(terminal.write(new Uint8Array(1e6))).toBe(1e6);
  expect([terminal.interrupt(), terminal.read(new Uint8Array(9)), terminal.queuedBytes]).toEqual([false, 0, 0]);
});

test('a port that always asks does not hold the kernel', () => {
  const machine = new FakeMachine();
  const uart = new ModelUart(machine);
  const terminal = createConsole(machine);
  const stuck = uart.readPort.bind(uart);
  uart.readPort = (port) => {
    if (port === 5) uart.type(0x78);
    return stuck(port);
  };
  uart.type(0x78);
  expect(uart.takeInterrupt()).toBe(true);
  expect(terminal.interrupt()).toBe(true);
  expect(terminal.readableBytes).toBe(4096);
  expect(terminal.counters.inputDropped).toBeGreaterThan(0);
  // It asks again.
  expect(uart.takeInterrupt()).toBe(true);
});

test('a port that is fast takes more at once than waits', () => {
  const machine = new FakeMachine();
  const uart = new ModelUart(machine);
  const slow = uart.writePort.bind(uart);
  uart.writePort = (port, size, value) => {
    slow(port, size, value);
    if (port === 0) uart.send(1);
  };
  const terminal = createConsole(machine, { outputLimitBytes: 10 });
  expect(terminal.write(new Uint8Array(1000))).toBe(1000);
  expect(uart.sent.length).toBe(1000);
});

test('without interrupts, calls alone move everything', () => {
  const machine = new FakeMachine();
  const uart = new ModelUart(machine);
  const terminal = createConsole(machine);
  const text = Uint8Array.from({ length: 100 }, (_, i) => i);
  expect(terminal.write(text)).toBe(100);
  for (let i = 0; i < 20; i++) {
    uart.send(16);
    terminal.interrupt();
  }
  expect(uart.sent).toEqual([...text]);
});
