import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runExample } from '../run-example.js';

test.each(['tcp', 'toy'])('transport-swap: the same echo program over %s', async (name) => {
  const output = await runExample('transport-swap', '--transport', name);
  expect(output).toBe(`100000 bytes echoed over ${name}: the same\npackets left: 0\n`);
});

test('the toy is short and knows only the contracts', () => {
  const source = readFileSync(new URL('./toy-transport.ts', import.meta.url), 'utf8');
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  const imported = [...source.matchAll(/from '(.+)'/g)].map((match) => match[1]);
  expect(new Set(imported)).toEqual(new Set(['@synos/interfaces', '@synos/wire']));
});
