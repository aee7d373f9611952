import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../lib/workspace.mjs';

// Loading must do nothing but define: no new global, no handle that keeps the process alive, nothing printed.
const check = `
  const names = Object.keys(loaded).filter((name) => name !== 'default' && name !== '__esModule' && name !== 'module.exports');
  const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key));
  if (added.length > 0) throw new Error('new globals: ' + added.map(String).join(', '));
  const busy = process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|TCP|UDP|Message/.test(name));
  if (busy.length > 0) throw new Error('left running: ' + busy.join(', '));
  if (names.length === 0) throw new Error('exports nothing');
`;

export function stepsOf({ path, entries }) {
  const run = async (file, text) => {
    writeFileSync(join(path, file), text);
    const output = await mustRun(process.execPath, [file], { cwd: path, timeoutMs: 20_000 });
    if (output !== '') throw new Error(`printed: ${output}`);
  };
  return entries.flatMap(({ specifier }, index) => [
    {
      name: `import ${specifier}`,
      run: () =>
        run(
          `load-${index}.mjs`,
          `const before = new Set(Reflect.ownKeys(globalThis));\nconst loaded = await import('${specifier}');\n${check}`,
        ),
    },
    {
      name: `require ${specifier}`,
      run: () =>
        run(
          `load-${index}.cjs`,
          `const before = new Set(Reflect.ownKeys(globalThis));\nconst loaded = require('${specifier}');\n${check}`,
        ),
    },
  ]);
}
