import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@synos/source', 'module', 'node', 'development|production'];

// Apart from the other tests: these compile programs with gcc and run them on the real CPU. `npm run test:cpu` runs them.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'cpu',
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['**/*.test.ts'],
    // Each file starts processes of its own.
    pool: 'forks',
    fileParallelism: false,
    testTimeout: process.env.SYNOS_LONG ? 3_600_000 : 120_000,
    hookTimeout: 180_000,
  },
});
