import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { createTestEntropy } from '@synos/netsim';
import { expect, test } from 'vitest';
import { runVirtual, type VirtualRun } from '../system/index.js';
import { ScriptedClient } from '../system/scripted-client.js';
import { createWorld } from './world.js';

/** Everything that a run says and sends. */
function recorded(seed: number): {
  run: VirtualRun;
  trace: string[];
  log: string[];
  console: number[];
  capture: number[];
} {
  const record = { trace: [] as string[], log: [] as string[], console: [] as number[], capture: [] as number[] };
  const run = runVirtual({
    seed,
    onConsole: (bytes) => record.console.push(...bytes),
    onLog: (line) => record.log.push(line),
    onTrace: (line) => record.trace.push(line),
    onPanic: (text) => record.log.push(text),
    writeCapture: (bytes) => record.capture.push(...bytes),
  });
  return { run, ...record };
}

test('a client inside gets the page that lies in the C program', () => {
  const { run } = recorded(1);
  expect(run.response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(run.response).toContain('This page came from a C program in ring 3');
});

test('two runs have the same trace, the same frames, the same console, and take the same time', () => {
  const [first, second, other] = [recorded(7), recorded(7), recorded(8)];
  expect(second).toEqual(first);
  expect(first.trace.length).toBeGreaterThan(10);
  expect(first.capture.length).toBeGreaterThan(1000);
  expect(other.capture).not.toEqual(first.capture);
});

test.each([3, 4])(
  'with two hogs beside the server as well, seed %d',
  (seed) => {
    const run = (): object => {
      const world = createWorld({ program: 'hog', args: ['+', 'hog', '+', 'httpd'], seed, isTraced: true });
      const { machine, far } = world;
      const entropy = createTestEntropy(seed);
      const client = new ScriptedClient({
        clock: machine.clock,
        entropy,
        device: far,
        address: '10.0.0.1/24',
        path: '/',
      });
      const others = [client];
      expect(world.run({ until: () => client.response !== null, limitMs: 5000, others })).toBe('until');
      expect(world.run({ limitMs: 400, others })).toBe('limit');
      client.stack.dispose();
      const { instructions } = machine;
      const { trace, log, panics, kernel } = world;
      return {
        ...{ instructions, trace, log, panics, console: world.console(), response: client.response },
        ...{ processes: kernel.processes, census: kernel.census(), counters: machine.counters() },
      };
    };
    const first = run();
    expect(first).toMatchObject({ panics: [], response: expect.stringContaining('200 OK') });
    expect((first as { trace: string[] }).trace.length).toBeGreaterThan(100);
    expect(run()).toEqual(first);
  },
  60_000,
);

test('the one bundle boots in a context that has nothing but the language', async () => {
  const path = new URL('../../lib/bundle.mjs', import.meta.url).href;
  const { bundleScript } = (await import(path)) as {
    bundleScript(entry: string, outfile: string, name: string): Promise<string>;
  };
  const at = (place: string): string => fileURLToPath(new URL(place, import.meta.url));
  const script = readFileSync(
    await bundleScript(at('../system/index.ts'), at('../dist/test/kernel.js'), 'synos'),
    'utf8',
  );
  const context = createContext(Object.create(null) as object);
  // V8 puts one there for its inspector.
  runInContext('delete globalThis.console', context);
  const foreign = runInContext(
    '[typeof process, typeof console, typeof setTimeout, typeof TextEncoder, typeof URL]',
    context,
  );
  expect(Array.from(foreign as ArrayLike<string>)).toEqual(Array.from({ length: 5 }, () => 'undefined'));
  runInContext(script, context);
  const none = '() => {}';
  const run = `synos.runVirtual({ onConsole: ${none}, onLog: ${none}, onPanic: ${none} }).response`;
  expect(runInContext(run, context)).toContain('This page came from a C program in ring 3');
});
