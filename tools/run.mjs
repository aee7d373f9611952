#!/usr/bin/env node
// Every command of the repository. Needs Node and npm only: it installs what is missing, then runs.
// Dependency-free until `prepare()` has returned, hence the dynamic imports.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Paths that a user passes are relative to where the user stood, not to the repository.
process.env.INIT_CWD ??= process.cwd();
process.chdir(root);
process.env.TURBO_TELEMETRY_DISABLED = '1';
process.env.PATH = [join(root, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH].join(delimiter);

const say = (line) => process.stderr.write(`synos: ${line}\n`);

/** Runs a program to its end and answers its exit code; dies of the signal that it died of. */
function run(command, args, { env = {}, stdin = 'inherit', output = 'inherit' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: [stdin, output, 'inherit'], env: { ...process.env, ...env } });
    // A terminal sends SIGINT to the whole group; anything else reaches this process alone.
    const forward = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const done = (code) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.on('error', (error) => {
      say(`${command}: ${error.message}`);
      done(127);
    });
    child.on('exit', (code, signal) => done(signal ? 128 + constants.signals[signal] : code));
  });
}

/** Runs the program `name` of an installed package with this very Node, whatever `node` is in PATH. */
function tool(packageName, args, options = {}) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = typeof bin === 'string' ? bin : bin[options.name ?? packageName.split('/').at(-1)];
  return run(process.execPath, [...(options.node ?? []), join(folder, file), ...args], options);
}

const script = (path, args = [], options = {}) =>
  run(process.execPath, [...(options.node ?? []), path, ...args], options);

/** Installs dependencies when they are missing or the lockfile has changed since. */
async function prepare() {
  const lock = createHash('sha256').update(readFileSync('pnpm-lock.yaml')).digest('hex');
  const want = `${lock} ${process.platform}-${process.arch}\n`;
  const stamp = join('node_modules', '.synos-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  const pnpm = JSON.parse(readFileSync('package.json', 'utf8')).packageManager;
  const fresh = !existsSync('node_modules');
  say(fresh ? 'installing dependencies (once, about half a minute) ...' : 'bringing dependencies up to date ...');
  // `--prod=false`: NODE_ENV=production would drop the tools. Without a terminal pnpm refuses to replace a stale
  // node_modules unless told.
  const args = ['install', '--frozen-lockfile', '--prefer-offline', '--prod=false'];
  args.push('--config.confirmModulesPurge=false', '--reporter=append-only');
  const options = { stdin: 'ignore', output: 2 };
  const npx = join(dirname(process.env.npm_execpath ?? ''), 'npx-cli.js');
  const code =
    process.env.npm_execpath?.endsWith('npm-cli.js') && existsSync(npx)
      ? await script(npx, ['--yes', pnpm, ...args], options)
      : await run('npx', ['--yes', pnpm, ...args], options);
  if (code !== 0) {
    say(`could not install dependencies (${pnpm} ended with ${code})`);
    process.exit(code);
  }
  writeFileSync(stamp, want);
  say('dependencies are installed');
}

/** Bundles the programs of a tool from the sources of the packages (no build of those, about 0.1 s), or from builds. */
async function bundle(folder, options) {
  const { bundleProgram } = await import('./lib/bundle.mjs');
  return bundleProgram(join(root, folder), options);
}

/** The whole system as one script, `dist/kernel.js`. */
async function bundleKernel() {
  const { bundleScript } = await import('./lib/bundle.mjs');
  return bundleScript(join(root, 'tools/start/system/index.ts'), join(root, 'dist/kernel.js'), 'synos');
}

/** Runs a program in this process, so that Ctrl-C has one receiver and one exit code. */
async function here(program, args) {
  process.argv = [process.execPath, program, ...args];
  process.setSourceMapsEnabled(true);
  await import(program);
  return undefined;
}

// Turbo would start ten at once, whatever the machine.
const turbo = (task, args) =>
  tool('turbo', ['run', task, `--concurrency=${availableParallelism()}`, '--output-logs=errors-only', ...args]);

const build = (args = []) => turbo('build', args);

/** Runs all, also after a failure: a reader wants every finding at once. */
async function all(...steps) {
  let worst = 0;
  for (const step of steps) worst = (await step()) || worst;
  return worst;
}

const vitest = (args, env = {}) => {
  const report = process.env.SYNOS_TEST_REPORT;
  const reporters = report ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
  return tool('vitest', ['run', ...reporters, ...args], { env, stdin: 'ignore' });
};

const commands = {
  start: async (args) => {
    await bundleKernel();
    return here(await bundle('tools/start/kernel'), args);
  },
  'start:stack': async (args) => here(await bundle('tools/start/stack'), args),
  test: (args) => vitest(args),
  'test:long': (args) => vitest(args, { SYNOS_LONG: '1' }),
  'test:linux': (args) => vitest(['--config', 'tools/linux/vitest.config.ts', ...args]),
  'test:cpu': (args) => vitest(['--config', 'tools/cpu/vitest.config.ts', ...args]),
  'test:consumers': async (args) => (await build()) || script('tools/consumers/main.mjs', args),
  // What users get is measured: the build.
  bench: async (args) =>
    (await build()) ||
    run(process.execPath, ['--expose-gc', await bundle('tools/bench', { fromBuild: true, inFunction: true }), ...args]),
  userland: async (args) => run(process.execPath, [await bundle('tools/userland'), ...args]),
  build: (args) => build(args),
  lint: (args) => tool('@biomejs/biome', ['check', ...args]),
  format: (args) => tool('@biomejs/biome', ['check', '--write', ...args]),
  typecheck: (args) =>
    all(
      () => turbo('typecheck', ['--continue', ...args]),
      () => tool('typescript', ['-p', 'tools'], { name: 'tsc' }),
    ),
  layering: (args) =>
    tool('dependency-cruiser', ['--config', '.dependency-cruiser.cjs', 'packages', 'examples', 'tools', ...args], {
      name: 'depcruise',
    }),
  docs: (args) => script('tools/docs/main.mjs', args),
  'check:packages': async (args) => (await build()) || script('tools/check-packages/main.mjs', args),
};

const [name, ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
if (!command) {
  say(`usage: node tools/run.mjs <${Object.keys(commands).join(' | ')}> [arguments]`);
  process.exit(2);
}
await prepare();
const code = await command(args);
if (code !== undefined) process.exit(code);
