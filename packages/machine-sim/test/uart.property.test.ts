import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Uart16550 } from '../src/devices/uart16550.js';

/** Registers by their names in the data sheet. */
const at = { data: 0, ier: 1, iir: 2, fcr: 2, lcr: 3, mcr: 4, lsr: 5, msr: 6, scr: 7 } as const;
const OUT2 = 0x08;
const LOOP = 0x10;

function createUart() {
  const state = { line: false };
  const uart = new Uart16550({
    setLine: (high) => {
      state.line = high;
    },
  });
  return { uart, state };
}

const read = (uart: Uart16550, limit = 10_000): number[] => {
  const bytes: number[] = [];
  while ((uart.read(at.lsr) & 1) !== 0 && bytes.length < limit) bytes.push(uart.read(at.data));
  return bytes;
};

describe('the 16550A', () => {
  test('what is typed is read in order, whatever FIFO control and reads come between', () => {
    const step = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => ({ bytes })),
      fc.integer({ min: 0, max: 30 }).map((count) => ({ count })),
      // Enabled stays enabled: to change that loses what is in the FIFO.
      fc.constantFrom(0x01, 0x41, 0x81, 0xc1).map((control) => ({ control })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { uart } = createUart();
        uart.write(at.fcr, 0x01);
        const sent: number[] = [];
        const got: number[] = [];
        for (const each of steps) {
          if ('bytes' in each) {
            uart.type(each.bytes);
            sent.push(...each.bytes);
          } else if ('count' in each) got.push(...read(uart, each.count));
          else uart.write(at.fcr, each.control);
        }
        got.push(...read(uart));
        expect(got).toEqual(sent);
      }),
    );
  });

  test('the queue outside holds 4,096 bytes, the FIFO 16 more; the rest is counted', () => {
    const { uart } = createUart();
    uart.write(at.fcr, 1);
    uart.type(new Uint8Array(5000).fill(1));
    // The first sixteen move in when the typing is over.
    expect(uart.dropped).toBe(5000 - 4096);
    uart.type(new Uint8Array(20));
    expect(uart.dropped).toBe(5000 - 4096 + 4);
    expect(read(uart)).toHaveLength(4096 + 16);
  });

  test('causes by priority, each with what takes it away', () => {
    const { uart, state } = createUart();
    uart.write(at.fcr, 0x81);
    uart.write(at.mcr, OUT2);
    expect(uart.read(at.iir)).toBe(0xc1);
    uart.write(at.ier, 0x0f);
    // The empty transmitter asks when it is allowed to.
    expect(state.line).toBe(true);
    expect(uart.read(at.iir)).toBe(0xc2);
    expect([uart.read(at.iir), state.line]).toEqual([0xc1, false]);
    // Below the trigger of 8 it is the time-out that asks, from there on the level.
    uart.type(new Uint8Array(7));
    expect(uart.read(at.iir)).toBe(0xcc);
    uart.type(new Uint8Array(1));
    expect([uart.read(at.iir), state.line]).toEqual([0xc4, true]);
    uart.write(at.data, 65);
    read(uart);
    expect(uart.read(at.iir)).toBe(0xc2);
    expect(state.line).toBe(false);
    expect([...uart.takeOutput()]).toEqual([65]);
  });

  test('the line goes through OUT2, and through IER', () => {
    const { uart, state } = createUart();
    uart.type(new Uint8Array([1]));
    uart.write(at.ier, 1);
    expect(state.line).toBe(false);
    uart.write(at.mcr, OUT2);
    expect(state.line).toBe(true);
    uart.write(at.ier, 0);
    expect([state.line, uart.read(at.iir)]).toEqual([false, 1]);
  });

  test('loopback: what is sent is received, lines are turned around, nothing goes out', () => {
    const { uart, state } = createUart();
    uart.write(at.fcr, 1);
    uart.write(at.ier, 1);
    for (let value = 0; value < 16; value++) {
      uart.write(at.mcr, LOOP | value);
      const [dtr, rts, out1, out2] = [value & 1, (value >>> 1) & 1, (value >>> 2) & 1, (value >>> 3) & 1];
      expect(uart.read(at.msr) & 0xf0).toBe((rts << 4) | (dtr << 5) | (out1 << 6) | (out2 << 7));
    }
    for (let byte = 0; byte < 17; byte++) uart.write(at.data, byte);
    expect(state.line).toBe(false);
    expect(uart.hasOutput).toBe(false);
    // The seventeenth found no room: overrun, said once.
    expect([uart.read(at.lsr) & 2, uart.read(at.lsr) & 2]).toEqual([2, 0]);
    expect(read(uart)).toEqual([...Array(16).keys()]);
    uart.write(at.mcr, 0);
    expect(uart.read(at.msr) & 0xf0).toBe(0xb0);
  });

  test('changes of lines are told once; the end of a ring counts, not its beginning', () => {
    const { uart } = createUart();
    uart.write(at.mcr, LOOP);
    uart.read(at.msr);
    uart.write(at.mcr, LOOP | 0x04);
    expect(uart.read(at.msr)).toBe(0x40);
    uart.write(at.mcr, LOOP | 0x02);
    expect(uart.read(at.msr)).toBe(0x15);
    expect(uart.read(at.msr)).toBe(0x10);
  });

  test('divisor, scratch, and the bits that are there', () => {
    const { uart } = createUart();
    uart.write(at.lcr, 0x83);
    uart.write(at.data, 0x34);
    uart.write(at.ier, 0x12);
    expect([uart.read(at.data), uart.read(at.ier), uart.hasOutput]).toEqual([0x34, 0x12, false]);
    uart.write(at.lcr, 0x03);
    expect(uart.read(at.ier)).toBe(0);
    uart.write(at.scr, 0xa5);
    expect([uart.read(at.scr), uart.read(at.lcr), uart.read(at.lsr)]).toEqual([0xa5, 0x03, 0x60]);
    uart.write(at.ier, 0xff);
    uart.write(at.mcr, 0xff);
    expect([uart.read(at.ier), uart.read(at.mcr)]).toEqual([0x0f, 0x1f]);
  });

  test('without a FIFO one byte is there at a time; clearing it loses what is inside', () => {
    const { uart } = createUart();
    uart.type(new Uint8Array([1, 2, 3]));
    uart.write(at.fcr, 1);
    // The change cleared the holding register.
    expect(read(uart)).toEqual([2, 3]);
    uart.type(new Uint8Array([4, 5]));
    uart.write(at.fcr, 0x03);
    expect(read(uart)).toEqual([]);
  });
});
