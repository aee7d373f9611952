// The API's pages: every entry of every published package, from source. A warning is an error.
import { join } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';
import { publishedPackages, root } from '../lib/workspace.mjs';

const entries = publishedPackages().flatMap(({ path, manifest }) =>
  Object.entries(manifest.exports)
    .filter(([, target]) => target['@synos/source'])
    .map(([door, target]) => ({ name: manifest.name + door.slice(1), source: join(path, target['@synos/source']) })),
);
const app = await Application.bootstrap({
  name: 'SynOS',
  entryPoints: entries.map(({ source }) => source),
  tsconfig: join(root, 'tools/docs/tsconfig.json'),
  out: join(root, 'dist/docs'),
  cleanOutputDir: true,
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableSources: true,
});
const project = await app.convert();
if (project) {
  // By the names that they are imported by, not by their files'.
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    module.name = entries.find(({ source }) => source === project.files.getReflectionPath(module)).name;
  }
  app.validate(project);
  await app.generateOutputs(project);
}
const isClean = project !== undefined && !app.logger.hasErrors() && !app.logger.hasWarnings();
console.log(`${entries.length} entries${isClean ? ': dist/docs/index.html' : ', with warnings'}`);
process.exitCode = isClean ? 0 : 1;
