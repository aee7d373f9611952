import { linuxProfile, synosProfile, systemCallSignatures } from '@synos/abi';
import { expect, test } from 'vitest';
import { describeTable, tableMarkdown, tableText } from '../src/index.js';

const own = {
  name: 'own',
  vector: 0x80,
  calls: [
    { number: 16, name: 'unknown' },
    { number: 3, name: 'read' },
    { number: 1, name: 'mmap' },
  ],
};
const table = describeTable(own, systemCallSignatures, { read: () => 0, unknown: undefined });

test('plain data, in the order of numbers', () => {
  expect(JSON.parse(JSON.stringify(table))).toEqual({
    name: 'own',
    vector: 0x80,
    supportedCalls: 1,
    calls: [
      {
        number: 1,
        name: 'mmap',
        parameters: 'void *addr, size_t length, int prot, int flags, int fd, off_t offset',
        returns: 'void *',
        isSupported: false,
      },
      { number: 3, name: 'read', parameters: 'int fd, void *buf, size_t count', returns: 'ssize_t', isSupported: true },
      { number: 16, name: 'unknown', parameters: '', returns: '', isSupported: false },
    ],
  });
});

test('what is returned, and calls that take nothing', () => {
  const names = ['getpid', 'lseek', 'exit_group', 'close'];
  const calls = names.map((name, number) => ({ number, name }));
  const { calls: described } = describeTable({ ...own, calls }, systemCallSignatures, {});
  expect(described.map(({ returns }) => returns)).toEqual(['pid_t', 'off_t', 'void', 'int']);
  expect(described[0]!.parameters).toBe('void');
});

test('what every object has is neither a signature nor a handler', () => {
  const calls = [{ number: 0, name: 'constructor' }];
  expect(describeTable({ ...own, calls }, systemCallSignatures, {}).calls).toEqual([
    { number: 0, name: 'constructor', parameters: '', returns: '', isSupported: false },
  ]);
});

test('as Markdown', () => {
  expect(tableMarkdown(table)).toBe(
    [
      '| number | hex | call | supported |',
      '|---:|---:|---|---|',
      '| 1 | 0x1 | `void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)` | no |',
      '| 3 | 0x3 | `ssize_t read(int fd, void *buf, size_t count)` | yes |',
      '| 16 | 0x10 | `unknown` | no |',
      '',
    ].join('\n'),
  );
});

test('as text, what is supported alone', () => {
  expect(tableText(table, { onlySupported: true })).toBe(
    'number  hex  supported  call\n     3  0x3  yes        ssize_t read(int fd, void *buf, size_t count)\n',
  );
});

test.each([linuxProfile, synosProfile])('$name: a line for every call, each column at its place', (profile) => {
  const lines = tableText(describeTable(profile, systemCallSignatures, {}))
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(profile.calls.length + 1);
  const column = lines[0]!.indexOf('supported');
  expect(lines.slice(1).every((line) => line.startsWith('no ', column))).toBe(true);
});
