import { expect, test } from 'vitest';
import { runExample } from '../run-example.js';

// A run ends by itself: nothing keeps the process alive.
test.each(['ours', 'host', 'memory'])('swap-network: the same programs over %s', async (network) => {
  expect(await runExample('swap-network', '--network', network)).toBe(
    [
      'echo: 100000 bytes came back, the same',
      'echo: once the listener is closed, connect answers ECONNREFUSED',
      'http: GET /hello answers 200: Hello from a socket.',
      'http: GET /nothing answers 404: There is no /nothing.',
      '',
    ].join('\n'),
  );
});

test('swap-network: a network that nobody knows', async () => {
  await expect(runExample('swap-network', '--network', 'carrier-pigeon')).rejects.toThrow(
    '--network is one of ours, host, memory, not carrier-pigeon',
  );
});
