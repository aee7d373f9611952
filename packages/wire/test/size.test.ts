import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

async function bundleOf(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../src', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    conditions: ['@synos/source'],
  });
  return outputFiles[0]!.text;
}

describe('what users pay', () => {
  test('all of it is at most 8 KB, minified and gzipped', async () => {
    const bundle = await bundleOf(`export * from './index.js'`);
    expect(gzipSync(bundle, { level: 9 }).length).toBeLessThanOrEqual(8192);
  });

  test('an accessor alone costs next to nothing: the rest is shaken off', async () => {
    expect((await bundleOf(`export { tcpFlags } from './index.js'`)).length).toBeLessThan(100);
    expect((await bundleOf(`export { seqLess, ipv4Ttl, foldSum } from './index.js'`)).length).toBeLessThan(400);
  });
});
