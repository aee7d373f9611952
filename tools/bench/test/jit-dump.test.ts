import { describe, expect, test } from 'vitest';
import { positionAt, readJitDump } from '../profile/jit-dump.js';
import { JitDumpWriter } from './jit-dump-writer.js';

const code = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0x90);
const script = '/b/main.cjs';

describe('readJitDump', () => {
  test('finds code by any of its addresses and no other', () => {
    const dump = readJitDump(
      new JitDumpWriter().load(0x7f00_0000_2000, code(16), 'JS:*b /b 2:1').load(0x1000, code(8), 'JS:*a /b 1:1').bytes,
    );
    expect(dump.size).toBe(2);
    expect(dump.find(0xfff)).toBeNull();
    expect(dump.find(0x1000)?.name).toBe('JS:*a /b 1:1');
    expect(dump.find(0x1007)?.name).toBe('JS:*a /b 1:1');
    expect(dump.find(0x1008)).toBeNull();
    expect(dump.find(0x7f00_0000_200f)?.name).toBe('JS:*b /b 2:1');
    expect(dump.find(0x7f00_0000_2010)).toBeNull();
  });

  test('positions hold from their address, less the ELF header, to the next one, inlined scripts included', () => {
    const writer = new JitDumpWriter()
      .positions(0x1000, [
        { offset: 4, line: 10, column: 5, script },
        { offset: 8, line: 20, column: 6 },
        { offset: 12, line: 30, column: 7, script: 'node:events' },
      ])
      .load(0x1000, code(32), 'f');
    const found = readJitDump(writer.bytes).find(0x1000)!;
    expect(positionAt(found, 0x1003)).toBeNull();
    expect(positionAt(found, 0x1004)).toEqual({ address: 0x1004, script, line: 10, column: 5 });
    expect(positionAt(found, 0x100b)).toEqual({ address: 0x1008, script, line: 20, column: 6 });
    expect(positionAt(found, 0x101f)).toEqual({ address: 0x100c, script: 'node:events', line: 30, column: 7 });
  });

  test('what was loaded later replaces what it lies over, all of it', () => {
    const writer = new JitDumpWriter()
      .load(0x1000, code(16), 'same')
      .load(0x1010, code(16), 'first half')
      .load(0x1020, code(16), 'second half')
      .load(0x1030, code(16), 'neighbour')
      .load(0x1018, code(16), 'over both')
      .positions(0x1000, [{ offset: 0, line: 1, column: 1, script }])
      .load(0x1000, code(16), 'same, anew');
    const dump = readJitDump(writer.bytes);
    expect([0x1000, 0x1010, 0x1018, 0x1027, 0x1028, 0x1030].map((address) => dump.find(address)?.name)).toEqual([
      'same, anew',
      undefined,
      'over both',
      'over both',
      undefined,
      'neighbour',
    ]);
    expect(dump.find(0x1000)!.positions).toHaveLength(1);
    expect(dump.size).toBe(3);
  });

  test('a large one that is replaced by a small one within it is gone', () => {
    const dump = readJitDump(new JitDumpWriter().load(0x1000, code(64), 'large').load(0x1010, code(8), 'small').bytes);
    expect(dump.find(0x1010)?.name).toBe('small');
    expect(dump.find(0x1000)).toBeNull();
    expect(dump.find(0x1020)).toBeNull();
  });

  test('positions are of the next code at their address alone', () => {
    const writer = new JitDumpWriter()
      .positions(0x1000, [{ offset: 0, line: 1, column: 1, script }])
      .load(0x2000, code(8), 'other')
      .load(0x1000, code(8), 'theirs')
      .load(0x1000, code(8), 'without');
    const dump = readJitDump(writer.bytes);
    expect(dump.find(0x2000)!.positions).toEqual([]);
    expect(dump.find(0x1000)).toMatchObject({ name: 'without', positions: [] });
  });

  test('records of other kinds are skipped', () => {
    const writer = new JitDumpWriter().record(4, new Uint8Array(24)).load(0x1000, code(8), 'f').record(3);
    expect(readJitDump(writer.bytes).find(0x1000)?.name).toBe('f');
  });

  test('of a dump cut short anywhere, all that is whole counts', () => {
    const first = new JitDumpWriter().load(0x1000, code(8), 'first');
    const whole = first.bytes.length;
    const bytes = first
      .positions(0x2000, [{ offset: 0, line: 1, column: 1, script }])
      .load(0x2000, code(8), 'second').bytes;
    for (let length = 40; length < bytes.length; length++) {
      const dump = readJitDump(bytes.subarray(0, length));
      expect(dump.size, `${length} bytes`).toBe(length < whole ? 0 : 1);
      expect(dump.find(0x2000)).toBeNull();
    }
    expect(readJitDump(bytes).find(0x2000)?.positions).toHaveLength(1);
  });

  test('a record that claims more than it has, or nothing, ends nobody else', () => {
    const claims = new JitDumpWriter()
      .positions(0x1000, [{ offset: 0, line: 1, column: 1, script }], 1000)
      .record(0, new Uint8Array(8))
      .load(0x1000, code(8), 'f');
    expect(readJitDump(claims.bytes).find(0x1000)).toMatchObject({ name: 'f', positions: [] });
    const zeros = new Uint8Array([...new JitDumpWriter().load(0x1000, code(8), 'f').bytes, ...new Uint8Array(64)]);
    expect(readJitDump(zeros).size).toBe(1);
  });

  test('what is no jitdump is refused', () => {
    expect(() => readJitDump(new JitDumpWriter(0x4454_694a).bytes)).toThrow('no jitdump');
    expect(() => readJitDump(new Uint8Array(3))).toThrow(TypeError);
  });
});
