import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from './namespace.js';
import { lacking } from './needs.js';

const lack = lacking({ root: true, tools: ['ip'] });
const tool = fileURLToPath(new URL('../run.mjs', import.meta.url));

test.skipIf(lack !== undefined)(`the benchmark's rows over TAP run, both ways${lack ? ` (${lack})` : ''}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'synos-'));
  const file = join(folder, 'metrics.json');
  try {
    const rows = ['tap_offload', 'tap_plain_receive'];
    await run(process.execPath, [tool, 'bench', '--quick', '--pairs', '1', '--only', rows.join(), '--json', file]);
    const { metrics } = JSON.parse(readFileSync(file, 'utf8')) as { metrics: Record<string, { ratio: number }> };
    expect(Object.keys(metrics)).toEqual(rows);
    for (const { ratio } of Object.values(metrics)) expect(ratio).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
