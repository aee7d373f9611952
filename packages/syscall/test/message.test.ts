import { EFAULT, EINVAL, EMSGSIZE, ENOBUFS, type Msghdr, readMsghdr, writeIovec, writeMsghdr } from '@synos/abi';
import { expect, test } from 'vitest';
import {
  CONTROL_MAX,
  controlBytes,
  copyInMessage,
  copyInMessageToFill,
  copyOutMessage,
  type MessageDetails,
  parseControl,
} from '../src/index.js';
import { FakeMemory } from './fake-process.js';

const at = 0x1100;
const inet = [2, 0, 0, 80, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const whole: Msghdr = {
  name: 0x1200,
  nameLengthBytes: 16,
  iov: 0x1300,
  iovCount: 1,
  control: 0x1400,
  controlLengthBytes: 24,
  flags: 0x40,
};
const right = { level: 1, type: 1, data: Uint8Array.of(3, 0, 0, 0) };

const setup = (changed: Partial<Msghdr> = {}) => {
  const memory = new FakeMemory(16_384);
  memory.bytes.fill(0xee, 0x800);
  writeMsghdr(memory.view, at - 0x1000, { ...whole, ...changed });
  memory.put(0x1200, inet);
  writeIovec(memory.view, 0x300, { base: 0x1500, lengthBytes: 9 });
  memory.put(0x1400, controlBytes([right], 24).bytes);
  return memory;
};
const send = (changed: Partial<Msghdr> = {}) => copyInMessage(setup(changed), at);

test('a message with all its parts', () => {
  const pieces = [{ base: 0x1500, lengthBytes: 9 }];
  expect(send()).toEqual({ name: Uint8Array.from(inet), pieces, control: [right], flags: 0x40 });
  expect(send({ name: 0, nameLengthBytes: 0xffff_ffff })).toMatchObject({ name: null });
  expect(send({ nameLengthBytes: 0 })).toMatchObject({ name: null });
  expect(send({ control: 0, controlLengthBytes: 0 })).toMatchObject({ control: [] });
  expect(send({ iovCount: 0, iov: 0 })).toMatchObject({ pieces: [] });
});

test('__copy_msghdr: a negative name length is EINVAL, a long one is cut at 128', () => {
  expect(send({ nameLengthBytes: 0x8000_0000 })).toBe(-EINVAL);
  const long = send({ nameLengthBytes: 1000 });
  expect(typeof long === 'number' ? long : long.name?.length).toBe(128);
});

test('what faults', () => {
  expect(copyInMessage(setup(), 5)).toBe(-EFAULT);
  expect(send({ name: 5 })).toBe(-EFAULT);
  expect(send({ iov: 5 })).toBe(-EFAULT);
  expect(send({ control: 5 })).toBe(-EFAULT);
  expect(send({ control: 0 })).toBe(-EFAULT);
});

test('too many pieces are EMSGSIZE, too much control ENOBUFS', () => {
  expect(send({ iovCount: 1025 })).toBe(-EMSGSIZE);
  expect(send({ iovCount: 2 ** 64 })).toBe(-EMSGSIZE);
  expect(send({ controlLengthBytes: CONTROL_MAX + 1 })).toBe(-ENOBUFS);
  expect(send({ controlLengthBytes: 2 ** 64 })).toBe(-ENOBUFS);
  expect(copyInMessageToFill(setup({ iovCount: 1025 }), at)).toBe(-EMSGSIZE);
  expect(copyInMessageToFill(setup({ controlLengthBytes: 2 ** 64 }), at)).toMatchObject({
    pieces: [{ lengthBytes: 9 }],
  });
});

test('cmsg(3): lengths below a header or beyond the end are EINVAL; less than a header is none', () => {
  const bytes = (length: number, total: number) => {
    const all = new Uint8Array(total);
    if (total >= 8) new DataView(all.buffer).setBigUint64(0, BigInt(length), true);
    return all;
  };
  for (const length of [0, 15, 25, 2 ** 53]) expect(parseControl(bytes(length, 24))).toBe(-EINVAL);
  expect(parseControl(bytes(20, 15))).toEqual([]);
  expect(parseControl(bytes(16, 16))).toEqual([{ level: 0, type: 0, data: new Uint8Array(0) }]);
  const two = controlBytes([right, { level: 0, type: 8, data: Uint8Array.of(1) }], 1000).bytes;
  expect(two).toHaveLength(48);
  expect(parseControl(two)).toEqual([right, { level: 0, type: 8, data: Uint8Array.of(1) }]);
});

test.each([
  [0, 0, true],
  [15, 0, true],
  [16, 16, true],
  [19, 19, true],
  [20, 20, false],
  [23, 23, false],
  [24, 24, false],
  [99, 24, false],
])('put_cmsg: room for %i bytes', (capacity, written, isCut) => {
  const { bytes, isCut: cut } = controlBytes([right], capacity);
  expect([bytes.length, cut]).toEqual([written, isCut]);
  if (written > 0) expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(Math.min(20, written));
});

function fill(
  changed: Partial<Msghdr> = {},
  details: Partial<MessageDetails> = {},
  spoil?: (memory: FakeMemory) => void,
) {
  const memory = setup(changed);
  const message = copyInMessageToFill(memory, at);
  if (typeof message === 'number') throw new Error(String(message));
  spoil?.(memory);
  const name = { family: 2, port: 7, address: 1 } as const;
  const result = copyOutMessage(memory, at, message, { name, control: [right], flags: 0x20, ...details });
  return { result, memory, header: readMsghdr(memory.view, at - 0x1000) };
}

test('recvmsg(2): name, its length, flags and control come back', () => {
  const { result, memory, header } = fill({ nameLengthBytes: 128, controlLengthBytes: 100 });
  expect(result).toBe(0);
  expect(header).toEqual({ ...whole, nameLengthBytes: 16, controlLengthBytes: 24, flags: 0x20 });
  expect([...memory.bytes.subarray(0x200, 0x204)]).toEqual([2, 0, 0, 7]);
  expect(parseControl(memory.bytes.slice(0x400, 0x418))).toEqual([right]);
});

test('recvmsg(2): cut control is MSG_CTRUNC, a cut name has its true length, none has none', () => {
  expect(fill({ controlLengthBytes: 18, nameLengthBytes: 4 }).header).toMatchObject({
    controlLengthBytes: 18,
    nameLengthBytes: 16,
    flags: 0x28,
  });
  expect(fill({ control: 0 }).header).toMatchObject({ controlLengthBytes: 0, flags: 0x28 });
  expect(fill({}, { control: [] }).header).toMatchObject({ controlLengthBytes: 0, flags: 0x20 });
  expect(fill({}, { name: null }).header).toMatchObject({ nameLengthBytes: 0 });
  expect(fill({ name: 0, nameLengthBytes: 77 }).header).toMatchObject({ name: 0, nameLengthBytes: 77 });
});

test('recvmsg(2): control that faults is left out; name and flags that fault are EFAULT', () => {
  expect(fill({ control: 5 })).toMatchObject({ result: 0, header: { controlLengthBytes: 0, flags: 0x28 } });
  expect(fill({ name: 5 }).result).toBe(-EFAULT);
  const readOnly = fill({ name: 0, control: 0 }, {}, (memory) => {
    memory.writableEnd = at + 48;
  });
  expect(readOnly.result).toBe(-EFAULT);
});

test('recvmsg(2): what the program changed since does not lead elsewhere', () => {
  const { result, memory } = fill({}, {}, (changed) => changed.view.setBigUint64(at - 0x1000, 0x2000n, true));
  expect(result).toBe(0);
  expect([...memory.bytes.subarray(0x200, 0x204)]).toEqual([2, 0, 0, 7]);
  expect(memory.bytes[0x1000]).toBe(0xee);
});

test('cmsg(3): a length is measured from its own header, not from the beginning', () => {
  const { bytes } = controlBytes([right, right], 48);
  new DataView(bytes.buffer).setBigUint64(24, 24n, true);
  expect(parseControl(bytes)).toHaveLength(2);
  new DataView(bytes.buffer).setBigUint64(24, 25n, true);
  expect(parseControl(bytes)).toBe(-EINVAL);
});
