import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../lib/workspace.mjs';

/** The build shortens names that nobody sees (docs/decisions/0005). These are seen although no type mentions them. */
const text = `
import { createNetstack } from '@synos/netstack';
import { emptySnapshot, step } from '@synos/tcp';
import { createSimdMemory } from '@synos/wire/simd';

const call = (snapshot, input) => step(snapshot, { kind: 'call', ...input }).snapshot;
const bound = call(call(emptySnapshot(0), { call: 'open' }), {
  call: 'bind',
  local: { address: { w0: 0, w1: 0, w2: 0xffff, w3: 0x0a000001 }, port: 4000 },
});
const remote = { address: { w0: 0, w1: 0, w2: 0xffff, w3: 0x0a000002 }, port: 80 };
const [connection] = call(bound, { call: 'connect', remote }).connections;
const fields = Object.keys(connection.fields);
for (const name of ['state', 'sndUna', 'rcvNxt', 'srttUs', 'sndScale', 'keepProbes', 'challenges']) {
  if (!fields.includes(name)) throw new Error('no field ' + name + ' in ' + fields);
}
const short = fields.filter((name) => name.length < 3);
if (short.length > 0) throw new Error('shortened: ' + short);

if (!createSimdMemory(64).fast) throw new Error('the memory is a plain one: what it names of WebAssembly is not there');

const clock = { now: () => 0 };
const entropy = { fill: (bytes) => crypto.getRandomValues(bytes) };
const counters = Object.keys(createNetstack({ clock, entropy }).counters());
const odd = counters.filter((name) => !/^(ip|tcp|udp)\\.[a-z][A-Za-z0-9]{3,}$/.test(name));
if (odd.length > 0 || counters.length < 100) throw new Error('counters: ' + odd);
`;

export function stepsOf({ path }) {
  return [
    {
      name: 'fields of snapshots, counters and names of the engine are as they were written',
      run: async () => {
        writeFileSync(join(path, 'names.mjs'), `import { webcrypto as crypto } from 'node:crypto';\n${text}`);
        await mustRun(process.execPath, ['names.mjs'], { cwd: path, timeoutMs: 20_000 });
      },
    },
  ];
}
