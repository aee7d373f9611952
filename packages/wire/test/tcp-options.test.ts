import {
  createTcpOptions,
  emitTcp,
  ipv4,
  parseTcp,
  readTcpOptions,
  writeMssOption,
  writeSackOption,
  writeSackPermittedOption,
  writeTimestampOption,
  writeWindowScaleOption,
} from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from './captures.js';

const none = createTcpOptions();

function read(...bytes: number[]) {
  const options = createTcpOptions();
  // At an offset, with bytes around that must not be read.
  const all = Uint8Array.of(0xff, 0xff, 0xff, ...bytes, 0xff, 0xff);
  const complete = readTcpOptions(new DataView(all.buffer), 3, 3 + bytes.length, options);
  return { complete, options };
}

describe('readTcpOptions', () => {
  test('RFC 9293 §3.1 MUST-5: none, end and NOP', () => {
    expect(read()).toEqual({ complete: true, options: none });
    expect(read(1, 1, 1, 0)).toEqual({ complete: true, options: none });
    // What follows the end does not count.
    expect(read(0, 2, 4, 5)).toEqual({ complete: true, options: none });
  });

  test('every option that is known', () => {
    expect(read(2, 4, 5, 180, 3, 3, 7, 1).options).toEqual({ ...none, mssBytes: 1460, windowScale: 7 });
    expect(read(4, 2, 1, 1).options).toEqual({ ...none, sackPermitted: true });
    const timestamp = { ...none, hasTimestamp: true, timestampValue: -2, timestampEcho: 0x01020304 };
    expect(read(8, 10, 255, 255, 255, 254, 1, 2, 3, 4, 1, 1).options).toEqual(timestamp);
    expect(read(1, 1, 8, 10, 255, 255, 255, 254, 1, 2, 3, 4).options).toEqual(timestamp);
    const { options } = read(1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 255, 255, 255, 255, 0, 0, 0, 9);
    expect(options).toMatchObject({ sackCount: 2 });
    expect([...options.sackLeft.subarray(0, 2), ...options.sackRight.subarray(0, 2)]).toEqual([1, -1, 2, 9]);
  });

  test('RFC 7323 §2.3: a shift above 14 is told as it came', () => {
    expect(read(3, 3, 200).options.windowScale).toBe(200);
  });

  test('RFC 9293 §3.1 MUST-6: an unknown kind is skipped by its length', () => {
    expect(read(254, 6, 1, 2, 3, 4, 2, 4, 5, 180)).toEqual({ complete: true, options: { ...none, mssBytes: 1460 } });
  });

  test('a known kind of a wrong length says nothing', () => {
    expect(read(2, 3, 5, 3, 4, 7, 7, 4, 3, 1, 8, 4, 1, 1, 5, 2, 5, 9, 0, 0, 0, 0, 0, 0, 0)).toEqual({
      complete: true,
      options: none,
    });
  });

  test('RFC 9293 §3.1 MUST-7: an impossible length ends reading; what came before holds', () => {
    for (const rest of [[3], [3, 0, 7], [3, 1, 7], [3, 4, 7], [254, 255]]) {
      expect(read(2, 4, 5, 180, ...rest)).toEqual({ complete: false, options: { ...none, mssBytes: 1460 } });
    }
  });

  test('a kind whose length would lie beyond the end', () => {
    const options = createTcpOptions();
    // Nothing at all follows, or what looks like a length.
    expect(readTcpOptions(new DataView(Uint8Array.of(1, 2).buffer), 0, 2, options)).toBe(false);
    expect(readTcpOptions(new DataView(Uint8Array.of(1, 4, 2).buffer), 0, 2, options)).toBe(false);
    expect(options).toEqual(none);
  });

  test('no more than 4 SACK blocks are taken', () => {
    expect(read(5, 42, ...new Array<number>(40).fill(1)).options.sackCount).toBe(4);
  });

  test('the record is overwritten whole', () => {
    const options = createTcpOptions();
    const view = new DataView(new ArrayBuffer(40));
    let at = writeMssOption(view, 0, 536);
    at += writeWindowScaleOption(view, at, 3);
    at += writeSackPermittedOption(view, at);
    at += writeTimestampOption(view, at, 1, 2);
    at += writeSackOption(view, at, 1, [5], [6]);
    readTcpOptions(view, 0, at, options);
    expect(options).toMatchObject({
      mssBytes: 536,
      windowScale: 3,
      sackPermitted: true,
      hasTimestamp: true,
      sackCount: 1,
    });
    writeTimestampOption(view, 0, 7, 8);
    readTcpOptions(view, 0, 12, options);
    expect({ ...options, sackLeft: none.sackLeft, sackRight: none.sackRight }).toEqual({
      ...none,
      hasTimestamp: true,
      timestampValue: 7,
      timestampEcho: 8,
    });
    readTcpOptions(view, 0, 0, options);
    expect(options).toMatchObject({ hasTimestamp: false, timestampValue: 0, timestampEcho: 0 });
  });

  test('any bytes: never beyond the end, never a throw, and as a plain reader reads them', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 10, 18));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 44 }), (bytes) => {
        expect(read(...bytes)).toEqual(plainRead(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The same by cutting lists: the reference. */
function plainRead(bytes: number[]) {
  const options = createTcpOptions();
  const word = (at: number[]): number => (at[0]! << 24) | (at[1]! << 16) | (at[2]! << 8) | at[3]!;
  let rest = bytes;
  while (rest.length > 0 && rest[0] !== 0) {
    if (rest[0] === 1) {
      rest = rest.slice(1);
      continue;
    }
    const [kind, length] = rest;
    if (length === undefined || length < 2 || length > rest.length) return { complete: false, options };
    const body = rest.slice(2, length);
    if (kind === 2 && body.length === 2) options.mssBytes = body[0]! * 256 + body[1]!;
    if (kind === 3 && body.length === 1) options.windowScale = body[0]!;
    if (kind === 4 && body.length === 0) options.sackPermitted = true;
    if (kind === 8 && body.length === 8) {
      Object.assign(options, {
        hasTimestamp: true,
        timestampValue: word(body),
        timestampEcho: word(body.slice(4)),
      });
    }
    if (kind === 5 && body.length >= 8 && body.length % 8 === 0) {
      options.sackCount = Math.min(4, body.length / 8);
      for (let i = 0; i < options.sackCount; i++) {
        options.sackLeft[i] = word(body.slice(8 * i));
        options.sackRight[i] = word(body.slice(8 * i + 4));
      }
    }
    rest = rest.slice(length);
  }
  return { complete: true, options };
}

describe('writers', () => {
  test('write the bytes of the RFCs and answer how many', () => {
    const bytes = new Uint8Array(40);
    const view = new DataView(bytes.buffer);
    const written = (count: number): string => toHex(bytes.subarray(0, count));
    expect(written(writeMssOption(view, 0, 1460))).toBe('020405b4');
    expect(written(writeWindowScaleOption(view, 0, 7))).toBe('01030307');
    expect(written(writeSackPermittedOption(view, 0))).toBe('01010402');
    expect(written(writeTimestampOption(view, 0, -1, 5))).toBe('0101080affffffff00000005');
    expect(written(writeSackOption(view, 0, 2, [1, -1], [2, 9]))).toBe('0101051200000001' + '00000002ffffffff00000009');
    expect(writeSackOption(view, 0, 0, [], [])).toBe(0);
    expect(writeSackOption(view, 0, 4, [1, 2, 3, 4], [1, 2, 3, 4])).toBe(36);
  });
});

describe('emitTcp', () => {
  const segment = {
    sourcePort: 1,
    destinationPort: 2,
    sequence: 3,
    acknowledgment: 4,
    flags: 16,
    window: 5,
    urgentPointer: 0,
    payload: new Uint8Array(0),
  };
  const address = ipv4(10, 0, 0, 1);

  test('options that are not given are not sent', () => {
    expect(emitTcp(segment, address, address).length).toBe(20);
    const bytes = emitTcp({ ...segment, options: { mssBytes: 1460 } }, address, address);
    expect(toHex(bytes.subarray(20))).toBe('020405b4');
    expect(parseTcp(bytes, 0, bytes.length, address, address)).toMatchObject({ options: { mssBytes: 1460 } });
  });

  test('options of more than 40 bytes assert', () => {
    const sack = { sackCount: 4, sackLeft: new Int32Array(4), sackRight: new Int32Array(4) };
    expect(() => emitTcp({ ...segment, options: { ...sack, hasTimestamp: true } }, address, address)).toThrow(
      'too long',
    );
  });
});
