import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBench, peer } from './support/bench.js';
import { ipFrame } from './support/frames.js';

/** A fragment of a datagram as an event: which bytes it covers, in units of 8. */
interface Fragment {
  readonly identification: number;
  readonly from: number;
  readonly units: number;
  readonly last: boolean;
}

const content = (identification: number, from: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => identification * 31 + (from + i) * 3 + ((from + i) >>> 8));

/** What must come out, said differently from the implementation: by marking every unit. */
class Model {
  private readonly open = new Map<
    number,
    { seen: Map<string, true>; units: Set<number>; total: number; bad: boolean }
  >();
  readonly delivered: number[][] = [];

  add({ identification, from, units, last }: Fragment): void {
    let one = this.open.get(identification);
    if (one === undefined) {
      one = { seen: new Map(), units: new Set(), total: -1, bad: false };
      this.open.set(identification, one);
    }
    if (one.bad) return;
    const name = `${from} ${units} ${last}`;
    if (one.seen.has(name)) return;
    const mine = Array.from({ length: units }, (_, i) => from + i);
    const end = from + units;
    const beyond = [...one.units].some((unit) => unit >= end);
    if (mine.some((unit) => one.units.has(unit)) || (one.total >= 0 && (last || end > one.total)) || (last && beyond)) {
      one.bad = true;
      return;
    }
    one.seen.set(name, true);
    for (const unit of mine) one.units.add(unit);
    if (last) one.total = end;
    if (one.units.size === one.total) {
      this.delivered.push([...content(identification, 0, one.total * 8)]);
      this.open.delete(identification);
    }
  }
}

const fragment: fc.Arbitrary<Fragment> = fc
  .record({
    identification: fc.integer({ min: 1, max: 3 }),
    from: fc.integer({ min: 0, max: 6 }),
    units: fc.integer({ min: 1, max: 3 }),
    last: fc.boolean(),
  })
  .filter(({ from, last }) => from > 0 || !last); // the first and last at once is a whole packet

function frameOf({ identification, from, units, last }: Fragment): Uint8Array {
  return ipFrame({
    identification,
    fragmentOffsetBytes: from * 8,
    moreFragments: !last,
    payload: content(identification, from * 8, units * 8),
  });
}

/** A whole datagram cut at random, shuffled, some of it twice. */
const cutUp: fc.Arbitrary<Fragment[]> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 8 }))
  .chain(([identification, pieces]) => {
    let from = 0;
    const fragments = pieces.map((units, i) => {
      const piece = { identification, from, units, last: i === pieces.length - 1 };
      from += units;
      return piece;
    });
    return fc.tuple(fc.shuffledSubarray(fragments, { minLength: fragments.length }), fc.subarray(fragments));
  })
  .map(([all, twice]) => [...all.slice(0, -1), ...twice, ...all.slice(-1)]);

const runs = process.env.SYNOS_LONG ? 5000 : 300;

function agrees(fragments: readonly Fragment[]): void {
  const bench = createBench();
  const model = new Model();
  for (const one of fragments) {
    model.add(one);
    bench.device.inject(frameOf(one));
    bench.settle();
  }
  expect(bench.transport.got.map((got) => [...got.payload])).toEqual(model.delivered);
  expect(bench.transport.got.every((got) => got.source.w3 === peer.w3)).toBe(true);
  bench.end();
}

test('any fragments: delivered exactly when the model says so, never anything else', () => {
  fc.assert(fc.property(fc.array(fragment, { maxLength: 20 }), agrees), { numRuns: runs });
});

test('datagrams that were only cut, shuffled, mixed and repeated arrive', () => {
  fc.assert(
    fc.property(fc.array(cutUp, { minLength: 1, maxLength: 3 }), (datagrams) => {
      agrees(datagrams.flat());
      const alone = createBench();
      for (const one of datagrams[0]!) alone.device.inject(frameOf(one));
      alone.settle();
      // Twice if all of it came twice.
      expect(alone.transport.got.length).toBeGreaterThanOrEqual(1);
      alone.end();
    }),
    { numRuns: runs },
  );
});
