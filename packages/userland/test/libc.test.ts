import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compilerMissing, createWorkshop, pureLibc, type Workshop } from './native.js';

const missing = compilerMissing();
if (missing !== undefined) console.warn(`userland: libc is not compared with the host's: ${missing}`);

describe.runIf(missing === undefined)('libc and the libc of the host', () => {
  const rounds = process.env.SYNOS_LONG ? 5_000_000 : 50_000;
  let workshop: Workshop;
  let program = '';
  beforeAll(() => {
    workshop = createWorkshop();
    program = workshop.build('libc-check', pureLibc, ['libc-check.c']);
  });
  afterAll(() => workshop.dispose());

  test.each(['format', 'strtol', 'strings', 'copies', 'inet', 'malloc'])('agree on %s', (subject) => {
    const output = execFileSync(program, [subject, '1', String(rounds)], { encoding: 'utf8' });
    expect(output).toMatch(/^\d{5,} comparisons, 0 differences\n$/);
  });

  test('sha256 is SHA-256', () => {
    const sha256 = workshop.build(
      'sha256',
      [...pureLibc, 'programs/sha256/main.c', 'programs/sha256/sha256.c'],
      ['run-main.c'],
    );
    for (const kilobytes of [0, 1, 64, 65, 1000]) {
      const bytes = Uint8Array.from({ length: kilobytes * 1024 }, (_, i) => i % 251);
      const digest = createHash('sha256').update(bytes).digest('hex');
      expect(execFileSync(sha256, [String(kilobytes)], { encoding: 'utf8' })).toBe(`${digest}\n`);
    }
  });
});
