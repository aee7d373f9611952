import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../src', import.meta.url));

async function bundled(contents: string): Promise<string> {
  const options = { bundle: true, minify: true, format: 'esm', write: false, logLevel: 'silent' } as const;
  const result = await build({ ...options, stdin: { contents, resolveDir: folder, loader: 'ts' } });
  return result.outputFiles[0]?.text ?? '';
}

describe('a bundle has what is used and no more', () => {
  test('nothing, when nothing is used: importing has no side effect', async () => {
    expect((await bundled("import './index.js';")).trim()).toBe('');
  });

  test('the number alone, when a constant is used', async () => {
    expect((await bundled("export { AF_INET } from './index.js';")).length).toBeLessThan(50);
  });

  test.each(['readSockaddr', 'writeSockaddr', 'readPollfd', 'cmsgSpace', 'writeU64'])(
    'no tables with %s',
    async (name) => {
      const text = await bundled(`export { ${name} } from './index.js';`);
      expect(text).toContain(name);
      expect(text).not.toMatch(/struct |EPERM|getpid/);
    },
  );

  test('no texts and no system calls with errno, no synos with linux', async () => {
    expect(await bundled("export { errno, errnoName } from './index.js';")).not.toMatch(/permitted|getpid/);
    const linux = await bundled("export { linuxSystemCalls } from './index.js';");
    expect(linux).toContain('getpid');
    expect(linux).not.toMatch(/4096|EPERM/);
  });

  test('no signatures with a profile or errno, none of the profiles with signatures', async () => {
    const profiles = await bundled("export { linuxProfile, synosProfile, systemCallName, errno } from './index.js';");
    expect(profiles).toContain('getpid');
    expect(profiles).not.toMatch(/bytes-in|sockfd|pathname/);
    const signatures = await bundled("export { signatureOf } from './index.js';");
    expect(signatures).toContain('bytes-in');
    expect(signatures).not.toMatch(/linux-x86_64|EPERM|tv_sec/);
  });

  test('nor from a build, which simplifies first and forgets what it saw through', async () => {
    const options = { bundle: true, format: 'esm', write: false, logLevel: 'silent' } as const;
    const stdin = { contents: "export * from './index.js';", resolveDir: folder, loader: 'ts' } as const;
    const built = await build({ ...options, stdin, minifySyntax: true });
    const text = `${built.outputFiles[0]?.text ?? ''}`.replace(
      /export \{[\s\S]*\};/,
      'export { AF_INET, linuxProfile };',
    );
    const used = await build({ ...options, stdin: { contents: text, loader: 'js' }, minify: true });
    expect(used.outputFiles[0]?.text).toContain('getpid');
    expect(used.outputFiles[0]?.text).not.toMatch(/bytes-in|tv_sec|EPERM|0x2000|sockfd/);
  });
});
