import { describe, expect, test } from 'vitest';
import { type CountedObject, readCallgrind } from '../profile/callgrind.js';

/** What the parts of a file's beginning say that are of no interest here. */
const head = `# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 24946
cmd:  node program.cjs 40
part: 1

desc: I1 cache: 
desc: Trigger: Program termination

`;

function read(positions: string, body: string): readonly CountedObject[] {
  return readCallgrind(`${head}positions: ${positions}\nevents: Ir\nsummary: 12\n\n\n${body}`);
}

/** `object address name count` of all that was counted. */
function listed(objects: readonly CountedObject[]): readonly string[] {
  return objects.flatMap(({ name: object, addresses }) =>
    [...addresses.values()].map(({ address, name, count }) => `${object} ${address.toString(16)} ${name} ${count}`),
  );
}

describe('readCallgrind', () => {
  test('addresses stand as such or as a distance from the line before', () => {
    const objects = read('instr', 'ob=(1) /bin/a\nfn=(1) f\n0x1000 5\n+3 6\n* 7\n-2 8\n+0x10 9\n');
    expect(listed(objects)).toEqual([
      '/bin/a 1000 f 5',
      // Twice the same address, one sum.
      '/bin/a 1003 f 13',
      '/bin/a 1001 f 8',
      '/bin/a 1011 f 9',
    ]);
  });

  test('the cost is after all positions', () => {
    expect(listed(read('instr line', 'ob=(1) /bin/a\nfn=(1) f\n0x1000 22 5\n+3 +1 6\n+4 * 7\n'))).toEqual([
      '/bin/a 1000 f 5',
      '/bin/a 1003 f 6',
      '/bin/a 1007 f 7',
    ]);
  });

  test('misses of the instruction cache, where it was simulated, are found by their name', () => {
    const objects = readCallgrind(
      `${head}positions: instr\nevents: Dr Ir Dw I1mr D1mr\n\nob=(1) /bin/a\nfn=(1) f\n0x1000 1 5 0 2 9\n+3 0 6\n-3 0 1 0 1\n`,
    );
    const [{ addresses }] = objects as [CountedObject];
    expect([...addresses.values()].map(({ count, misses }) => [count, misses])).toEqual([
      [6, 3],
      [6, 0],
    ]);
  });

  test('what a call cost is not counted again, but the line after it starts from there', () => {
    const body = 'ob=(1) /bin/a\nfn=(1) f\n0x1000 5\ncob=(2) /lib/b\ncfn=(2) g\ncalls=3 0x9000\n+4 3000\n+2 6\n';
    expect(listed(read('instr', body))).toEqual(['/bin/a 1000 f 5', '/bin/a 1006 f 6']);
  });

  test('names are written out once, be it for a called function', () => {
    const body = [
      'ob=(1) /bin/a\nfl=(1) a.c\nfn=(1) f\n0x10 1',
      'cob=(2) /lib/b\ncfi=(2) b.c\ncfn=(2) void g(int, char*)\ncalls=1 0x20\n* 5',
      'ob=(2)\nfl=(2)\nfn=(2)\n0x20 2',
      'ob=(1)\nfn=(1)\n0x30 3\n',
    ].join('\n\n');
    expect(listed(read('instr', body))).toEqual(['/bin/a 10 f 1', '/bin/a 30 f 3', '/lib/b 20 void g(int, char*) 2']);
  });

  test('names may stand without numbers', () => {
    expect(listed(read('instr', 'ob=/bin/a\nfn=main\n0x10 1\n'))).toEqual(['/bin/a 10 main 1']);
  });

  test('the levels of a recursion are one function', () => {
    expect(listed(read('instr', "ob=(1) /bin/a\nfn=(1) f\n0x10 1\nfn=(2) f'2\n0x10 4\n0x20 1\n"))).toEqual([
      '/bin/a 10 f 5',
      '/bin/a 20 f 1',
    ]);
  });

  test('the same address in two objects is two addresses', () => {
    expect(listed(read('instr', 'ob=(1) ???\nfn=(1) ???\n0x10 1\nob=(2) /bin/a\nfn=(2) f\n0x10 2\n'))).toEqual([
      '??? 10 ??? 1',
      '/bin/a 10 f 2',
    ]);
  });

  test('jumps cost nothing', () => {
    const body = 'ob=(1) /bin/a\nfn=(1) f\n0x10 4\njcnd=2/4 0x30\n* \njump=1 0x40\n+2\n+2 1\n';
    expect(listed(read('instr', body)).filter((line) => !line.endsWith(' 0'))).toEqual([
      '/bin/a 10 f 4',
      '/bin/a 14 f 1',
    ]);
  });

  test('of a file that ends too early all whole lines count', () => {
    expect(listed(read('instr', 'ob=(1) /bin/a\nfn=(1) f\n0x10 4\n+2 57'))).toEqual(['/bin/a 10 f 4']);
    expect(readCallgrind('')).toEqual([]);
    expect(listed(read('instr', 'fn=(7)\n0x10 4\nfn\n0xzz 3\n'))).toEqual(['??? 10 ??? 4']);
  });

  test('counts by line of source alone are refused', () => {
    expect(() => read('line', '')).toThrow('not by instruction');
  });
});
