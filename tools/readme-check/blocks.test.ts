import { expect, test } from 'vitest';
import { blocksOf } from './blocks.js';

const fence = '```';

test('only ts blocks are taken, with the line of their fence', () => {
  const text = ['# x', `${fence}sh`, 'npm start', fence, '', `${fence}ts`, 'const a = 1;', fence].join('\n');
  expect(blocksOf('R.md', text)).toEqual([{ name: 'R.md:6', code: 'const a = 1;\n', notRun: undefined }]);
});

test('a block in a list loses its indent; a reason not to run is read', () => {
  const text = [`  ${fence}ts`, '  // not run: needs root', '    f();', `  ${fence}`].join('\n');
  expect(blocksOf('R.md', text)).toEqual([
    { name: 'R.md:1', code: '// not run: needs root\n  f();\n', notRun: 'needs root' },
  ]);
});

test('a block without an end is an error', () => {
  expect(() => blocksOf('R.md', `${fence}ts\n`)).toThrow('R.md:1');
});
