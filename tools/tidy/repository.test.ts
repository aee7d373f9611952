import { expect, test } from 'vitest';
import { codeOf, linesMatching } from './repository.js';

test('code is what remains without comments and plain strings', () => {
  const source = ["const a = 'Date.now'; // Date.now", '/* Date.now', ' Date.now */', 'const b = Date.now();'].join(
    '\n',
  );
  expect(linesMatching('x.ts', codeOf(source), /Date\.now/)).toEqual(['x.ts:4: const b = Date.now();']);
});

test('a template with code in it counts as code', () => {
  const [dollar, brace] = ['$', '{'];
  expect(codeOf(`\`${dollar}${brace}Date.now()}\``)).toContain('Date.now');
  expect(codeOf('`Date.now`')).not.toContain('Date.now');
});
