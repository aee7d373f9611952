import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type ErrnoName, errno, errnoMessage, errnoName } from '../src/index.js';
import { cMissing, runC } from './c-compiler.js';

const names = Object.keys(errno) as ErrnoName[];
const aliases = { EWOULDBLOCK: 'EAGAIN', EDEADLOCK: 'EDEADLK', ENOTSUP: 'EOPNOTSUPP' } as const;

describe('errno', () => {
  test('has every number from 1 to 133 but 41 and 58', () => {
    const numbers = [...new Set<number>(Object.values(errno))].sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 133 }, (_, i) => i + 1).filter((n) => n !== 41 && n !== 58));
  });

  test('has three aliases and no other number twice', () => {
    for (const [alias, name] of Object.entries(aliases)) {
      expect(errno[alias as ErrnoName]).toBe(errno[name]);
    }
    expect(names.length).toBe(131 + 3);
  });

  test("has the numbers of Node's os.constants.errno", (context) => {
    if (process.platform !== 'linux') context.skip(`Node has the numbers of ${process.platform} here`);
    const nodes = Object.entries(constants.errno);
    expect(nodes.length).toBeGreaterThan(70);
    for (const [name, number] of nodes) expect({ name, number: errno[name as ErrnoName] }).toEqual({ name, number });
  });

  test('has the numbers and texts of C, and no errno of C is missing', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const lines = runC(`
      ${names.map((name) => `printf("${name} %d\\n", ${name});`).join('\n')}
      for (int i = 0; i <= 134; i++) printf("%d|%s|%s\\n", i, strerrorname_np(i) ? strerrorname_np(i) : "", strerror(i));
    `).split('\n');
    for (const name of names) expect(lines).toContain(`${name} ${errno[name]}`);
    for (let i = 1; i <= 134; i++) {
      const name = errnoName(i);
      expect(lines).toContain(`${i}|${name ?? ''}|${errnoMessage(i)}`);
    }
    expect(lines).toContain(`0|0|${errnoMessage(0)}`);
  });
});

describe('errnoName', () => {
  test('finds every name in either sign, never an alias', () => {
    for (const name of names) {
      const expected = aliases[name as keyof typeof aliases] ?? name;
      expect(errnoName(errno[name])).toBe(expected);
      expect(errnoName(-errno[name])).toBe(expected);
    }
  });

  test.each([0, -0, 41, 58, 134, -4095, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('has no name for %s', (number) => {
    expect(errnoName(number)).toBeUndefined();
  });
});

describe('errnoMessage', () => {
  test('has a text of its own for each number', () => {
    const texts = new Set(names.map((name) => errnoMessage(errno[name])));
    expect(texts.size).toBe(131);
    for (const text of texts) expect(text).toMatch(/^[A-Z.][\x20-\x7e]+$/);
  });

  test('takes either sign and numbers that are not assigned', () => {
    expect(errnoMessage(-111)).toBe('Connection refused');
    expect(errnoMessage(0)).toBe('Success');
    expect(errnoMessage(-58)).toBe('Unknown error 58');
  });
});
