import { expect, test } from 'vitest';
import { type Happening, model, type Registers } from './delivery-model.js';
import { gateWords, goodWorld, LoadedWorld, selectorsToTry } from './delivery-world.js';

const long = Boolean(process.env.SYNOS_LONG);
/** S and the type: all that the CPU may meet, or those with something to them. */
const types = long ? [...Array(32).keys()] : [0, 6, 7, 12, 14, 15, 30, 31];
const ists = long ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 7];

/** One of each source and class, with an error code and without. */
const happenings: readonly Happening[] = [
  { source: 'software', vector: 0x80n, code: null, length: 2n },
  { source: 'software', vector: 3n, code: null, length: 1n },
  { source: 'software', vector: 13n, code: null, length: 2n },
  { source: 'hardware', vector: 0x41n, code: null, length: 0n },
  { source: 'exception', vector: 1n, code: null, length: 0n },
  { source: 'exception', vector: 6n, code: null, length: 0n },
  { source: 'exception', vector: 0n, code: null, length: 0n },
  { source: 'exception', vector: 8n, code: 0n, length: 0n },
  { source: 'exception', vector: 13n, code: 0x123n, length: 0n },
  { source: 'exception', vector: 14n, code: 7n, length: 0n },
];

/** Registers of each ring. What goes on the stack must come from the right one: no two are equal. */
const codeOfRing = [0x08n, 0x39n, 0x42n, 0x23n];
const flags = [0x2n, 0x246n, 0x3f_7fd7n, 0x1_0302n, 0x4_4fd7n, 0x3_5202n, 0x20_0a93n];
const pointers = [0xffff_8000_7000_0000n, 0x7fff_ffff_e008n, 0x6000_0000_100fn, 0x1237n, 0xffff_ffff_ffff_fff1n];
const rips = [0x40_1000n, 0xffff_8000_0020_0003n, 0x7fff_ffff_fffen, 0xffff_ffff_ffff_ffffn];

function registersOf(cpl: number, cell: number): Registers {
  return {
    cs: codeOfRing[cpl]!,
    ss: 0x1bn + BigInt(cell % 5),
    rip: rips[cell % rips.length]!,
    rsp: pointers[cell % pointers.length]!,
    rflags: flags[cell % flags.length]!,
  };
}

test('SDM vol. 2, INT n: type × present × DPL × CPL × selector × IST × event', { timeout: 1_800_000 }, () => {
  const loaded = new LoadedWorld(goodWorld());
  const wrong: string[] = [];
  let cells = 0;
  for (const happening of happenings) {
    const vector = Number(happening.vector);
    const kept = loaded.world.idt.slice(vector * 2, vector * 2 + 2);
    for (const type of types) {
      for (const present of [0, 1]) {
        for (const dpl of [0, 1, 2, 3]) {
          for (const ist of ists) {
            for (const selector of selectorsToTry) {
              const gate = { type, present, dpl, selector, ist, target: 0xffff_8000_0030_0000n };
              loaded.setGate(vector, ...gateWords(gate));
              for (const cpl of [0, 1, 2, 3]) {
                const registers = registersOf(cpl, cells++);
                const expected = model(loaded.world, registers, happening);
                const actual = loaded.run(registers, happening);
                if (actual !== expected && wrong.length < 5) {
                  wrong.push(`${JSON.stringify({ type, present, dpl, ist, selector, cpl })} ${happening.source} ${vector}
  got  ${actual}
  want ${expected}`);
                }
              }
            }
          }
        }
      }
    }
    loaded.setGate(vector, kept[0]!, kept[1]!);
  }
  expect(wrong.join('\n')).toBe('');
  expect(cells).toBeGreaterThan(200_000);
});
