// `npm run test:consumers`: what a stranger gets. Everything is packed, installed from its tarballs into an empty
// project outside of the repository, and used there by other module systems, compilers, runners and engines.
//
//   node tools/run.mjs test:consumers [--only word,word] [--keep]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Steps } from '../lib/workspace.mjs';
import { prepareProject } from './project.mjs';

const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : (process.argv[at + 1] ?? '');
};
const only = option('--only')?.split(',').filter(Boolean);

const here = import.meta.dirname;
const steps = new Steps();
const wanted = (name) => !only || only.some((word) => name.includes(word));

let project;
await steps.run('pack, and install the tarballs into an empty project', async () => {
  project = await prepareProject();
  return `${project.packed.length} packages`;
});
if (project) {
  // In the order of their names; adding a file adds its steps.
  for (const file of readdirSync(join(here, 'steps')).sort()) {
    if (!file.endsWith('.mjs')) continue;
    const { stepsOf } = await import(`./steps/${file}`);
    for (const { name, run, skip } of await stepsOf(project)) {
      if (!wanted(name)) continue;
      if (skip) steps.skip(name, skip);
      else await steps.run(name, run);
    }
  }
  if (process.argv.includes('--keep')) console.log(`kept: ${project.path}`);
  else project.remove();
}
process.exit(steps.end());
