import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from '../src/base64.js';

test('any bytes come back as Node encoded them, in lines of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 200 }), (bytes, lineLength) => {
      const text = Buffer.from(bytes).toString('base64');
      const lines = text.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
      expect(decodeBase64(text)).toEqual(bytes);
      expect(decodeBase64(`\n${lines.join('\n')}\n`)).toEqual(bytes);
    }),
  );
});

test('every pair of characters', () => {
  for (let word = 0; word < 0x1_0000; word++) {
    const bytes = Buffer.from([word >> 8, word & 0xff]);
    if (!bytes.equals(decodeBase64(bytes.toString('base64'))))
      expect(decodeBase64(bytes.toString('base64'))).toEqual(bytes);
  }
});
