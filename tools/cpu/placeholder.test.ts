import { expect, test } from 'vitest';

test('the decoder has a table', async () => {
  expect(await import('@synos/machine-sim')).toBeDefined();
});
