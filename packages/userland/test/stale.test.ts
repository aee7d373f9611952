import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { programs } from '../src/programs/all.js';
import { httpd } from '../src/programs/httpd.js';
import { compilerMissing, userland } from './native.js';

// `npm run userland` knows what the programs are made from; the modules know what they were made from.

test('no module is older than its sources (else: npm run userland)', () => {
  expect(userland('--check')).toBe(`${programs.length} programs fit their sources\n`);
});

test('a program is written to a file as it is in its module', () => {
  const place = mkdtempSync(join(tmpdir(), 'synos-extract-'));
  try {
    const file = join(place, 'httpd');
    expect(userland('--extract', 'httpd', file)).toContain('httpd: ');
    expect(new Uint8Array(readFileSync(file))).toEqual(httpd.bytes());
    expect(() => userland('--extract', 'no-such-program', file)).toThrow(/there is no program no-such-program/);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

const missing = compilerMissing();
if (missing !== undefined) console.warn(`userland: the programs are not compiled again: ${missing}`);

describe.runIf(missing === undefined)('with gcc', () => {
  test('the programs compiled again are the same bytes', () => {
    const said = userland('--verify');
    if (said.startsWith('skipped')) console.warn(`userland: ${said}`);
    expect(said).toMatch(/^(\d+ programs compiled again are the same bytes|skipped: made with .*)\n$/);
  });
});
