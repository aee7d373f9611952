import { expect, test } from 'vitest';

test('the package loads', async () => {
  expect(await import('../src/index.js')).toBeDefined();
});
