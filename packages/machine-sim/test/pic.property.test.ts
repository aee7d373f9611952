import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pic8259Pair } from '../src/devices/pic8259-pair.js';
import { PortBus } from '../src/devices/port-bus.js';
import { PicModel } from './pic-model.js';

interface Step {
  readonly kind: 'line' | 'acknowledge' | 'command' | 'data' | 'level' | 'read';
  readonly chip: 0 | 1;
  readonly value: number;
}

function createPic(): { pic: Pic8259Pair; ports: PortBus } {
  const pic = new Pic8259Pair();
  const ports = new PortBus();
  ports.attach(0x20, 0x21, pic.ports(pic.first));
  ports.attach(0xa0, 0xa1, pic.ports(pic.second));
  ports.attach(0x4d0, 0x4d1, pic.levelPorts());
  return { pic, ports };
}

function initialise(ports: PortBus, icw4 = 1): void {
  for (const [base, vector, wiring] of [
    [0x20, 0x20, 4],
    [0xa0, 0x28, 2],
  ] as const) {
    ports.write(base, 1, 0x11);
    for (const value of [vector, wiring, icw4, 0]) ports.write(base + 1, 1, value);
  }
}

// The special fully nested mode (bit 4 of ICW4) has an example of its own.
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0x20, 0x60, 0x62, 0x67, 0x0a, 0x0b, 0x0c, 0x68, 0x48, 0xa0, 0xe3, 0xc5) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xff }).map((each) => each & 0xef) },
  { weight: 1, arbitrary: fc.constantFrom(0x11, 0x10, 0x12, 0x13) },
);
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'line',
    'line',
    'line',
    'acknowledge',
    'acknowledge',
    'command',
    'command',
    'data',
    'level',
    'read',
  ),
  chip: fc.constantFrom(0, 1),
  value,
});

describe('the 8259A pair', () => {
  test('any sequence of requests, acknowledgements and commands is as the model has it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 3), (steps, icw4) => {
        const { pic, ports } = createPic();
        const model = new PicModel();
        // Bit 1 of ICW4: automatic EOI.
        initialise(ports, icw4);
        for (const chip of [0, 1] as const) {
          model.command(chip, 0x11);
          for (const each of [chip === 0 ? 0x20 : 0x28, 4, icw4, 0]) model.data(chip, each);
          model.level(chip, 0);
          ports.write(0x4d0 + chip, 1, 0);
        }
        const high = new Set<number>();
        for (const { kind, chip, value: number } of steps) {
          const base = chip === 0 ? 0x20 : 0xa0;
          if (kind === 'line') {
            const line = chip * 8 + (number % 8);
            if (line === 2) continue;
            if (high.has(line)) high.delete(line);
            else high.add(line);
            pic.setLine(line, high.has(line));
            model.set(line, high.has(line));
          } else if (kind === 'acknowledge') {
            expect(pic.acknowledge()).toBe(model.acknowledge());
          } else if (kind === 'command') {
            ports.write(base, 1, number);
            model.command(chip, number);
          } else if (kind === 'data') {
            ports.write(base + 1, 1, number);
            model.data(chip, number);
          } else if (kind === 'level') {
            ports.write(0x4d0 + chip, 1, number);
            model.level(chip, number);
          } else {
            const port = (number & 1) as 0 | 1;
            expect(ports.read(base + port, 1)).toBe(model.read(chip, port));
          }
          expect(pic.isAsking).toBe(model.asking);
        }
      }),
      { numRuns: process.env.SYNOS_LONG ? 200_000 : 1000 },
    );
  });

  test('every line has its vector, and more urgent ones come first', () => {
    const { pic, ports } = createPic();
    initialise(ports);
    for (let line = 15; line >= 0; line--) if (line !== 2) pic.setLine(line, true);
    const order: number[] = [];
    while (pic.isAsking) {
      const vector = pic.acknowledge();
      order.push(vector - 0x20);
      if (vector >= 0x28) ports.write(0xa0, 1, 0x20);
      ports.write(0x20, 1, 0x20);
      pic.setLine(vector - 0x20, false);
    }
    expect(order).toEqual([0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7]);
  });

  test('a request that is taken back is spurious: lines 7 and 15, and nothing is served', () => {
    const { pic, ports } = createPic();
    initialise(ports);
    expect(pic.acknowledge()).toBe(0x27);
    expect([pic.first.isr, pic.spurious]).toEqual([0, 1]);
    pic.setLine(9, true);
    // As if the request went away between the two INTAs: the first chip serves its line 2 by then.
    pic.second.setLine(1, false);
    expect(pic.acknowledge()).toBe(0x2f);
    expect([pic.first.isr, pic.second.isr, pic.spurious]).toEqual([1 << 2, 0, 2]);
    ports.write(0x20, 1, 0x20);
    expect(pic.isAsking).toBe(false);
  });

  test('a level asks again after its end as long as it is high, an edge does not', () => {
    const { pic, ports } = createPic();
    initialise(ports);
    ports.write(0x4d1, 1, 1 << 2);
    expect(ports.read(0x4d1, 1)).toBe(1 << 2);
    for (const [line, asksAgain] of [
      [10, true],
      [9, false],
    ] as const) {
      pic.setLine(line, true);
      expect(pic.acknowledge()).toBe(0x20 + line);
      expect(pic.isAsking).toBe(false);
      ports.write(0xa0, 1, 0x20);
      ports.write(0x20, 1, 0x20);
      expect(pic.isAsking).toBe(asksAgain);
      pic.setLine(line, false);
      expect(pic.isAsking).toBe(false);
    }
  });

  test('timer, keyboard, cascade, clock and FPU are by edge whatever is written', () => {
    const { ports } = createPic();
    ports.write(0x4d0, 2, 0xffff);
    expect(ports.read(0x4d0, 2)).toBe(0xdef8);
  });

  test('special fully nested: the second chip is heard again while it is served', () => {
    for (const [icw4, again] of [
      [0x11, true],
      [0x01, false],
    ] as const) {
      const { pic, ports } = createPic();
      initialise(ports, icw4);
      pic.setLine(12, true);
      expect(pic.acknowledge()).toBe(0x2c);
      pic.setLine(9, true);
      expect(pic.isAsking).toBe(again);
      if (again) expect(pic.acknowledge()).toBe(0x29);
    }
  });

  test('before anybody initialises it everything is masked, and lines of PCI are by level on a machine', () => {
    const { pic } = createPic();
    for (let line = 0; line < 16; line++) pic.setLine(line, true);
    expect(pic.isAsking).toBe(false);
  });
});
