import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../kernel/exit-code.js';
import { parseFlags } from '../kernel/flags.js';

const parse = (...args: string[]): unknown => parseFlags(args, '/here');

test('without flags: the web server at port 8080', () => {
  expect(parse()).toMatchObject({ port: 8080, isPortGiven: false, program: { name: 'httpd', path: null }, args: [] });
});

test('what follows --program is the program’s, whatever it looks like', () => {
  expect(parse('--strace', '--program', 'hog', '--port', '9', '--help')).toMatchObject({
    strace: true,
    port: 8080,
    program: { name: 'hog', path: null, isDefault: false },
    args: ['--port', '9', '--help'],
  });
  expect(parse('--program=hog', '3')).toMatchObject({ program: { name: 'hog' }, args: ['3'] });
});

test('a path, or a name that is a file here, is a file', () => {
  expect(parse('--program', './x/httpd')).toMatchObject({ program: { name: 'httpd', path: '/here/x/httpd' } });
  const folder = mkdtempSync(join(tmpdir(), 'synos-flags-'));
  writeFileSync(join(folder, 'mine'), '');
  expect(parseFlags(['--program', 'mine'], folder)).toMatchObject({ program: { path: join(folder, 'mine') } });
  rmSync(folder, { recursive: true });
});

test.each([
  [['--port', '65536'], /--port takes a number/],
  [['--port', 'x'], /--port takes a number/],
  [['--pcap', ''], /--pcap takes/],
  [['--program'], /--program takes/],
  [['--nonsense'], /--nonsense/],
  [['word'], /word/],
])('%j is refused in one line', (args, why) => {
  const result = parse(...args) as { wrong: string };
  expect(result.wrong).toMatch(why);
  expect(result.wrong).not.toContain('\n');
});

test('exit codes are those of a shell', () => {
  expect([0x0300, 0, 11, 0x8b, null].map(exitCodeOf)).toEqual([3, 0, 139, 139, 70]);
});
