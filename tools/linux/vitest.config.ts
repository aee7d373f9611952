import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@synos/source', 'module', 'node', 'development|production'];

// Apart from the other tests: these need Linux, its tools, and often root. `npm run test:linux` runs them.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'linux',
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['**/*.test.ts'],
    globalSetup: ['bundle.setup.ts'],
    // Namespaces, guests and measurements share one machine: one file at a time, each in a process of its own.
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
