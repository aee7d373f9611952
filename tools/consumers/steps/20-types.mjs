import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, program } from '../../lib/workspace.mjs';
import { runtimes } from '../project.mjs';

const nodeKind = new Set(['gateway', 'node']);
const webEntries = new Set(['@synos/netstack/streams']);

// Declarations are checked themselves (no skipLibCheck), and under exactly the globals that a kind promises to need.
const groups = [
  {
    name: 'core',
    takes: ({ folder, specifier }) => !nodeKind.has(folder) && !webEntries.has(specifier),
    lib: ['ES2022'],
    types: [],
  },
  { name: 'web', takes: ({ folder }) => !nodeKind.has(folder), lib: ['ES2022', 'DOM', 'DOM.AsyncIterable'], types: [] },
  { name: 'node', takes: () => true, lib: ['ES2022', 'DOM', 'DOM.AsyncIterable'], types: ['node'] },
];
const resolutions = [
  { name: 'node16', files: ['all.mts', 'all.cts'], options: { module: 'node16', moduleResolution: 'node16' } },
  { name: 'bundler', files: ['all.ts'], options: { module: 'esnext', moduleResolution: 'bundler' } },
];

export function stepsOf({ path, entries }) {
  const compilers = [
    { name: 'tsc 6', at: async () => program('typescript', 'tsc') },
    { name: 'tsc 5.7', at: async () => join(await runtimes(), 'typescript', 'bin', 'tsc') },
  ];
  return compilers.flatMap((compiler) =>
    resolutions.flatMap((resolution) =>
      groups.map((group) => ({
        name: `${compiler.name}, ${resolution.name} resolution, ${group.name} entries`,
        run: async () => {
          const folder = `types-${resolution.name}-${group.name}`;
          mkdirSync(join(path, folder), { recursive: true });
          const taken = entries.filter(group.takes);
          const lines = taken.map(({ specifier }, index) => `import * as m${index} from '${specifier}';`);
          const text = `${lines.join('\n')}\nexport const all: object[] = [${taken.map((_, index) => `m${index}`).join(', ')}];\n`;
          for (const file of resolution.files) writeFileSync(join(path, folder, file), text);
          const compilerOptions = {
            target: 'es2022',
            strict: true,
            noEmit: true,
            skipLibCheck: false,
            types: group.types,
            lib: group.lib,
          };
          // fast-check is an optional peer of `*/testing`; its own declarations are not ours to check.
          if (group.name !== 'core') compilerOptions.skipLibCheck = true;
          const config = { compilerOptions: { ...compilerOptions, ...resolution.options }, files: resolution.files };
          writeFileSync(join(path, folder, 'tsconfig.json'), JSON.stringify(config));
          await mustRun(process.execPath, [await compiler.at(), '-p', folder, '--pretty', 'false'], { cwd: path });
          return `${taken.length} entries`;
        },
      })),
    ),
  );
}
