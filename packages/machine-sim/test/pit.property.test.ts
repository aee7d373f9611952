import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PIT_HZ, Pit8254, tickOfTsc, tscOfTick } from '../src/devices/pit8254.js';

/** Counter 0 clock by clock, after the data sheet's timing diagrams. */
class ClockedCounter {
  out = true;
  private mode = 0;
  private count = 0;
  private isNull = true;
  private pending = 0;
  private register = 0;
  private isCounting = false;
  private firstByte = -1;

  control(mode: number): void {
    this.mode = mode;
    this.out = mode !== 0;
    this.isCounting = false;
    this.pending = 0;
    this.firstByte = -1;
    this.isNull = true;
  }

  byte(value: number): void {
    if (this.firstByte < 0) {
      this.firstByte = value;
      if (this.mode === 0) {
        // What was to be loaded with the next clock is no whole count any more.
        this.pending = 0;
        this.isCounting = false;
        this.out = false;
      }
      return;
    }
    const count = this.firstByte + 256 * value || 65_536;
    this.firstByte = -1;
    this.isNull = true;
    // In mode 0, and for the first count, the next clock loads it; else it waits for the end of the (half) cycle.
    if (this.mode === 0 || !this.isCounting) {
      this.pending = count;
      if (this.mode === 0) this.out = false;
    } else {
      this.register = count;
    }
  }

  clock(): void {
    if (this.pending > 0) {
      this.register = this.pending;
      this.pending = 0;
      this.begin();
      this.isCounting = true;
      return;
    }
    if (!this.isCounting) return;
    if (this.mode === 0) {
      this.count = (this.count + 65_535) % 65_536;
      if (this.count === 0) this.out = true;
    } else if (this.mode === 2) {
      this.count--;
      if (this.count === 1) this.out = false;
      if (this.count === 0) {
        this.out = true;
        this.begin();
      }
    } else {
      this.half--;
      if (this.half === 0) {
        this.out = !this.out;
        this.begin();
      }
    }
  }

  /** Clocks of this half cycle that are left, in mode 3. */
  private half = 0;

  private begin(): void {
    this.isNull = false;
    this.count = this.register;
    this.half = this.out ? Math.ceil(this.register / 2) : Math.floor(this.register / 2);
  }

  get value(): number {
    if (this.mode !== 3) return this.count % 65_536;
    const whole = this.out ? Math.ceil(this.register / 2) : Math.floor(this.register / 2);
    return ((this.register & ~1) - 2 * (whole - this.half)) % 65_536;
  }

  get isReady(): boolean {
    return this.isCounting && !this.isNull;
  }

  get hasStatusNull(): boolean {
    return this.isNull;
  }
}

/** A PIT whose counter is in ticks. */
function createPit() {
  let tick = 0;
  let line = false;
  let rises = 0;
  const pit = new Pit8254({
    readTsc: () => tick,
    tscHz: PIT_HZ,
    setLine: (high) => {
      if (high && !line) rises++;
      line = high;
    },
    changed: () => {},
  });
  return {
    pit,
    pass: (ticks: number) => {
      tick += ticks;
    },
    get line() {
      return line;
    },
    get rises() {
      return rises;
    },
    get tick() {
      return tick;
    },
  };
}

type Step =
  | { readonly kind: 'control'; readonly mode: 0 | 2 | 3 }
  | { readonly kind: 'count'; readonly count: number; readonly gap: number }
  | { readonly kind: 'pass'; readonly ticks: number }
  | { readonly kind: 'latch' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('control' as const), mode: fc.constantFrom(0 as const, 2 as const, 3 as const) }),
  fc.record({
    kind: fc.constant('count' as const),
    count: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 65_536 })),
    gap: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ kind: fc.constant('pass' as const), ticks: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ kind: fc.constant('latch' as const) }),
);

describe('the 8254', () => {
  test('output, counts and rises are those of a counter that is clocked', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = createPit();
        const { pit } = world;
        const model = new ClockedCounter();
        let rises = 0;
        pit.write(3, 0x34);
        model.control(2);
        const pass = (ticks: number): void => {
          for (let at = 0; at < ticks; at++) {
            world.pass(1);
            const before = model.out;
            model.clock();
            if (!before && model.out) rises++;
            pit.catchUp();
            expect([at, world.line]).toEqual([at, model.out]);
          }
        };
        for (const each of steps) {
          const before = model.out;
          if (each.kind === 'control') {
            pit.write(3, 0x30 | (each.mode << 1));
            model.control(each.mode);
          } else if (each.kind === 'count') {
            pit.write(0, each.count & 0xff);
            model.byte(each.count & 0xff);
            pass(each.gap);
            pit.write(0, (each.count >>> 8) & 0xff);
            model.byte((each.count >>> 8) & 0xff);
          } else if (each.kind === 'pass') {
            pass(each.ticks);
          } else {
            // Status and count are latched together, and read in this order.
            pit.write(3, 0xc2);
            const status = pit.read(0);
            expect([status >>> 7, (status >>> 6) & 1]).toEqual([model.out ? 1 : 0, model.hasStatusNull ? 1 : 0]);
            const count = pit.read(0) | (pit.read(0) << 8);
            if (model.isReady) expect(count).toBe(model.value);
          }
          if (each.kind !== 'pass' && each.kind !== 'count' && !before && model.out) rises++;
          expect(world.line).toBe(model.out);
        }
        expect(world.rises).toBe(rises + 1);
      }),
      { numRuns: process.env.SYNOS_LONG ? 20_000 : 500 },
    );
  });

  test('the next event is the next rise, to the tick', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 2, 3), fc.integer({ min: 2, max: 65_536 }), (mode, count) => {
        const world = createPit();
        world.pass(1000);
        world.pit.write(3, 0x30 | (mode << 1));
        world.pit.write(0, count & 0xff);
        world.pit.write(0, (count >>> 8) & 0xff);
        expect(world.pit.nextTsc()).toBe(1000 + 1 + count);
        const before = world.rises;
        world.pass(count);
        world.pit.catchUp();
        expect(world.rises).toBe(before);
        world.pass(1);
        world.pit.catchUp();
        expect(world.rises).toBe(before + 1);
        expect(world.pit.nextTsc()).toBe(mode === 0 ? Number.POSITIVE_INFINITY : 1000 + 1 + 2 * count);
      }),
    );
  });

  test('access by one byte, and a latch that is not read stays', () => {
    const { pit, pass } = createPit();
    pit.write(3, 0x14);
    pit.write(0, 100);
    pass(11);
    expect(pit.read(0)).toBe(90);
    pit.write(3, 0x00);
    pass(5);
    pit.write(3, 0x00);
    expect([pit.read(0), pit.read(0)]).toEqual([90, 85]);
    pit.write(3, 0x24);
    pit.write(0, 2);
    pass(1);
    expect(pit.read(0)).toBe(2);
    expect(pit.read(3)).toBe(0xff);
  });

  test('ticks and counts convert without loss, for years', () => {
    const hz = fc.constantFrom(PIT_HZ, 1_000_000_000, 20_000_000, 2_100_000_000);
    fc.assert(
      fc.property(hz, fc.integer({ min: 0, max: 2 ** 50 }), (tscHz, tsc) => {
        const tick = tickOfTsc(tsc, tscHz);
        expect(BigInt(tick)).toBe((BigInt(tsc) * BigInt(PIT_HZ)) / BigInt(tscHz));
        const first = tscOfTick(tick, tscHz);
        expect(first <= tsc && tickOfTsc(first, tscHz) === tick).toBe(true);
        if (first > 0) expect(tickOfTsc(first - 1, tscHz)).toBeLessThan(tick);
      }),
    );
  });
});
