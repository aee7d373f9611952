import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const packages = readdirSync(at('packages')).filter((name) => existsSync(at(`packages/${name}/package.json`)));
const conditions = ['@synos/source', 'module', 'node', 'development|production'];

const project = (name: string, folder: string, include: string[], test: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, root: at(folder), include, ...test },
});

export default defineConfig({
  // Packages resolve to their sources: no build before a test.
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Packages hold no module-level state, so files may share a thread: five times faster than a fresh one each.
    pool: 'threads',
    isolate: false,
    testTimeout: process.env.SYNOS_LONG ? 1_800_000 : 30_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
    projects: [
      ...packages.map((name) => project(name, `packages/${name}`, ['test/**/*.test.ts'])),
      project('examples', 'examples', ['**/*.test.ts']),
      project('bench', 'tools/bench', ['**/*.test.ts']),
      project('start', 'tools/start', ['**/*.test.ts']),
      project('tidy', 'tools/tidy', ['**/*.test.ts']),
      project('docs', 'tools/readme-check', ['**/*.test.ts'], { testTimeout: 60_000 }),
    ],
  },
});
