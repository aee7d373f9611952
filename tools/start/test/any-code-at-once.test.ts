import { createTestEntropy } from '@synos/netsim';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ScriptedClient } from '../system/scripted-client.js';
import { Assembly } from './support/assembly.js';
import { instructions } from './support/soup.js';
import { CODE_ADDRESS, tinyElf } from './support/tiny-elf.js';
import { createWorld } from './world.js';

// Many programs of random code by turns, each with registers and memory of its own, beside a web server: none of them
// meets another, and the page comes as it is.

const SPARE_BYTES = 0x8000;
const RSP = 4;
const count = 8;

const values = fc.array(
  fc.oneof(
    fc.nat(SPARE_BYTES - 0x1000).map((offset) => BigInt(CODE_ADDRESS + 0x800 + offset)),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  ),
  { minLength: 16, maxLength: 16 },
);

/** Code that goes round for as long as nothing in it ends the program. */
const programs = fc.tuple(values, fc.array(instructions, { minLength: 1, maxLength: 3 })).map(([registers, soup]) => {
  const code = new Assembly().label('again');
  registers.forEach((value, index) => {
    code.set(index, index === RSP ? CODE_ADDRESS + SPARE_BYTES : value);
  });
  return tinyElf(code.raw(...soup.flat()).jump('again'), SPARE_BYTES);
});

test('eight at once beside a web server', () => {
  let stillThere = 0;
  fc.assert(
    fc.property(fc.array(programs, { minLength: count, maxLength: count }), (list) => {
      const files = list.map((bytes, index) => ({ name: `code${index}`, bytes }));
      const args = files.slice(1).flatMap(({ name }) => ['+', name]);
      const world = createWorld({ program: 'code0', args: [...args, '+', 'httpd'], files });
      const { clock } = world.machine;
      const entropy = createTestEntropy(2);
      const client = new ScriptedClient({ clock, entropy, device: world.far, address: '10.0.0.1/24', path: '/' });
      const end = world.run({ until: () => client.response !== null, limitMs: 5000, others: [client] });
      expect({ end, panics: world.panics }).toEqual({ end: 'until', panics: [] });
      expect(client.response).toContain('This page came from a C program in ring 3');
      const alive = world.kernel.processes.filter(({ name }) => name.startsWith('code'));
      stillThere += alive.length;
      for (const { ranTicks } of alive) expect(ranTicks).toBeGreaterThan(0);
      client.stack.dispose();
    }),
    { numRuns: process.env.SYNOS_LONG ? 200 : 5 },
  );
  // Else it was no contest.
  expect(stillThere).toBeGreaterThan(0);
}, 600_000);
