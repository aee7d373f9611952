// What a registry would get, looked at: publint, attw, and the manifest's own promises. Run by `npm run check:packages`.
import { join } from 'node:path';
import { contentsOf, mustRun, packAll, program, root, Steps } from '../lib/workspace.mjs';

const steps = new Steps();
const packed = await packAll(join(root, 'node_modules', '.cache', 'check-packages'));

function targetsOf(exports) {
  if (typeof exports === 'string') return [exports];
  return Object.values(exports).flatMap(targetsOf);
}

for (const { folder, tarball } of packed) {
  await steps.run(`${folder}: manifest and files`, async () => {
    const { files, manifest } = await contentsOf(tarball);
    const wrong = [];
    if (JSON.stringify(manifest).includes('@synos/source')) wrong.push('the private condition @synos/source leaked');
    if (JSON.stringify(manifest).includes('workspace:')) wrong.push('a workspace: range leaked');
    for (const target of targetsOf(manifest.exports))
      if (!files.includes(target.slice(2))) wrong.push(`exports name ${target}, which is not packed`);
    for (const file of ['LICENSE', 'README.md']) if (!files.includes(file)) wrong.push(`${file} is missing`);
    const odd = files.filter((file) => !/^(dist\/.+|LICENSE|README\.md|package\.json)$/.test(file));
    if (odd.length > 0) wrong.push(`packed without need: ${odd.join(', ')}`);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  await steps.run(`${folder}: publint`, () =>
    mustRun(process.execPath, [program('publint'), 'run', tarball, '--strict']).then(() => undefined),
  );
  await steps.run(`${folder}: attw`, () =>
    mustRun(process.execPath, [
      program('@arethetypeswrong/cli', 'attw'),
      tarball,
      '--profile',
      'node16',
      '--no-emoji',
    ]).then(() => undefined),
  );
}
process.exit(steps.end());
