import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { build } from 'esbuild';
import { mustRun } from '../../lib/workspace.mjs';
import { engine, missing } from '../project.mjs';

// One program, an echo over `netstack/streams`, in every engine. `files/echo.mjs` exports `echo`: it answers, as a
// promise of a string, what came back for the string it is given. It imports `@synos/*` alone.

const said = 'Is there an echo in here?';

const timeLimitMs = 20_000;

/** What a page has and the bare language has not; nothing of Node. */
const webGlobals = [
  'AbortController',
  'AbortSignal',
  'DOMException',
  'Event',
  'EventTarget',
  'MessageChannel',
  'MessagePort',
  'ReadableStream',
  'TextDecoder',
  'TextEncoder',
  'TransformStream',
  'URL',
  'WritableStream',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'performance',
  'queueMicrotask',
  'setInterval',
  'setTimeout',
  'structuredClone',
];

export function stepsOf({ path }) {
  const absent = existsSync(join(path, 'echo.mjs')) ? undefined : 'tools/consumers/files/echo.mjs is not written yet';
  const run = async (command, args, env = {}) => {
    const lines = [
      "import { echo } from './echo.mjs';",
      `const heard = await echo(${JSON.stringify(said)});`,
      'console.log(heard);',
    ];
    writeFileSync(join(path, 'echo-main.mjs'), `${lines.join('\n')}\n`);
    const output = await mustRun(command, [...args, 'echo-main.mjs'], { cwd: path, env, timeoutMs: timeLimitMs });
    if (output.trim() !== said) throw new Error(`heard ${JSON.stringify(output)}`);
  };
  return [
    { name: 'echo over netstack/streams under Node', skip: absent, run: () => run(process.execPath, []) },
    {
      name: 'echo over netstack/streams under Node 24',
      skip: absent ?? missing('node24'),
      run: async () => run(await engine('node24'), []),
    },
    {
      name: 'echo over netstack/streams under Bun',
      skip: absent ?? missing('bun'),
      run: async () => run(await engine('bun'), ['run']),
    },
    {
      name: 'echo over netstack/streams under Deno',
      skip: absent ?? missing('deno'),
      // No permission is given: the stack needs none.
      run: async () =>
        run(await engine('deno'), ['run', '--no-prompt', '--cached-only', '--node-modules-dir=manual'], {
          DENO_NO_UPDATE_CHECK: '1',
          NO_COLOR: '1',
        }),
    },
    {
      name: 'netstack and netstack/streams bundle for browsers without externals',
      run: async () => {
        const contents = "export * from '@synos/netstack'; export * as streams from '@synos/netstack/streams';";
        const { metafile } = await bundle(path, { contents, resolveDir: path, loader: 'js' });
        const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
        if (outside.length > 0) throw new Error(`imports ${outside.join(', ')}`);
      },
    },
    {
      name: 'echo over netstack/streams, bundled, in a bare context with Web globals only',
      skip: absent,
      run: async () => {
        const contents = "export { echo } from './echo.mjs';";
        const { outputFiles } = await bundle(path, { contents, resolveDir: path, loader: 'js' });
        const globals = Object.fromEntries(webGlobals.map((name) => [name, globalThis[name]]));
        const context = vm.createContext({ ...globals }, { codeGeneration: { strings: false, wasm: false } });
        vm.runInContext(`${outputFiles[0].text}\nglobalThis.bundle = bundle;`, context, { filename: 'bundle.js' });
        const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), timeLimitMs).unref());
        const heard = await Promise.race([context.bundle.echo(said), late]);
        if (heard !== said) throw new Error(`heard ${JSON.stringify(heard)}`);
      },
    },
  ];
}

function bundle(path, stdin) {
  return build({
    stdin,
    absWorkingDir: path,
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'bundle',
    platform: 'browser',
    target: 'es2022',
    outfile: join(path, 'bundle.js'),
    logLevel: 'silent',
  });
}
