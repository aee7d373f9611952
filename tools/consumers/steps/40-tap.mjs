import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, root } from '../../lib/workspace.mjs';

// The thread that reads a TAP is started out of whatever module system the package was loaded by. Two sockets back to
// back stand in for the TAP: no rights are needed. Ends by itself, with everything closed.
const program = `
  const socketpair = koffi.load(null).func('int socketpair(int, int, int, void *)');
  const fds = new Int32Array(2);
  if (socketpair(1, 5 | 0o4000, 0, fds) !== 0) throw new Error('no socketpair');
  const { packets } = createStackMemory();
  const [a, b] = [...fds].map((fd) => openTap({ fd, pool: packets, offload: true }));
  const packet = packets.take(100, false);
  packet.end = packet.start + 100;
  packet.memory.bytes[packet.end - 1] = 42;
  b.listen({
    readable() {
      const got = b.receive();
      const bytes = got.memory.bytes.slice(got.start, got.end);
      if (bytes.length !== 100 || bytes[99] !== 42) throw new Error('other bytes came');
      packets.release(got);
      b.once('close', () => console.log('came'));
      a.close();
      b.close();
    },
    writable() {},
    changed() {},
  });
  if (!a.transmit(packet)) throw new Error('busy');
`;
const missing = `
  try {
    openTap({ pool: createStackMemory().packets });
    console.log('opened');
  } catch (error) {
    console.log(error.code);
  }
`;
const names = { koffi: 'koffi', '@synos/node/tap': '{ openTap }', '@synos/wire': '{ createStackMemory }' };
const head = {
  mjs: Object.entries(names).map(([from, name]) => `import ${name} from '${from}';`),
  cjs: Object.entries(names).map(([from, name]) => `const ${name} = require('${from}');`),
};

export function stepsOf({ path }) {
  const skip = process.platform === 'linux' ? undefined : 'TAP interfaces are of Linux';
  const run = async (kind, lines, text, expected) => {
    const file = `tap.${kind}`;
    writeFileSync(join(path, file), [...lines, text].join('\n'));
    const output = await mustRun(process.execPath, [file], { cwd: path, timeoutMs: 20_000 });
    if (output.trim() !== expected) throw new Error(`printed: ${output}`);
  };
  const linked = join(path, 'node_modules', 'koffi');
  return Object.entries(head).flatMap(([kind, lines]) => [
    {
      name: `a TAP without koffi, ${kind}`,
      skip,
      run: () => run(kind, lines.slice(1), missing, 'ERR_KOFFI_MISSING'),
    },
    {
      name: `a TAP is read by its thread, ${kind}`,
      skip,
      run: async () => {
        mkdirSync(join(path, 'node_modules'), { recursive: true });
        symlinkSync(realpathSync(join(root, 'packages', 'node', 'node_modules', 'koffi')), linked, 'dir');
        try {
          await run(kind, lines, program, 'came');
        } finally {
          if (existsSync(linked)) rmSync(linked);
        }
      },
    },
  ]);
}
