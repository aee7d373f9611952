import { AF_INET, AF_INET6, AF_UNSPEC, EAFNOSUPPORT, EFAULT, EINVAL, type SockaddrIn } from '@synos/abi';
import { expect, test } from 'vitest';
import { copyInSockaddr, copyInSockaddrBytes, copyOutOption, copyOutSockaddr } from '../src/index.js';
import { FakeMemory } from './fake-process.js';

const at = 0x1100;
const lengthAt = 0x1200;
const inet = [2, 0, 0, 80, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const value: SockaddrIn = { family: AF_INET, port: 80, address: 0x0a00_0001 };

const setup = (room?: number) => {
  const memory = new FakeMemory();
  memory.bytes.fill(0xee);
  if (room !== undefined) memory.view.setInt32(lengthAt - 0x1000, room, true);
  return memory;
};
const lengthIn = (memory: FakeMemory) => memory.view.getInt32(lengthAt - 0x1000, true);
const bytesAt = (memory: FakeMemory, count: number) => [...memory.bytes.subarray(at - 0x1000, at - 0x1000 + count)];

test('an address, whole or longer than its family needs', () => {
  const memory = setup();
  memory.put(at, inet);
  for (const length of [16, 17, 128]) expect(copyInSockaddr(memory, at, length)).toEqual(value);
  memory.put(at, [AF_INET6, 0, 1, 2, 0, 0, 0, 0, ...Array(15).fill(0), 1, 9, 0, 0, 0]);
  const six = { family: AF_INET6, port: 258, flowinfo: 0, address: { w0: 0, w1: 0, w2: 0, w3: 1 }, scopeId: 9 };
  expect(copyInSockaddr(memory, at, 28)).toEqual(six);
  expect(copyInSockaddr(memory, at, 24)).toEqual({ ...six, scopeId: 0 });
});

test('move_addr_to_kernel: negative and overlong lengths are EINVAL before memory is looked at', () => {
  const memory = setup();
  for (const length of [-1, 129, 0xffff_ffff, 0x8000_0000]) {
    expect(copyInSockaddrBytes(memory, 0, length)).toBe(-EINVAL);
    expect(copyInSockaddr(memory, 0, length)).toBe(-EINVAL);
  }
  expect(memory.copies).toBe(0);
  expect(copyInSockaddrBytes(memory, 0, 0)).toEqual(new Uint8Array(0));
  expect(copyInSockaddrBytes(memory, 0, 16)).toBe(-EFAULT);
  expect(copyInSockaddrBytes(memory, 0x2000 - 15, 16)).toBe(-EFAULT);
});

test('too short for its family is EINVAL, another family EAFNOSUPPORT, none is none', () => {
  const memory = setup();
  memory.put(at, inet);
  for (const length of [0, 1, 2, 15]) expect(copyInSockaddr(memory, at, length)).toBe(-EINVAL);
  memory.put(at, [AF_INET6, 0]);
  expect(copyInSockaddr(memory, at, 23)).toBe(-EINVAL);
  memory.put(at, [99, 0]);
  expect(copyInSockaddr(memory, at, 16)).toBe(-EAFNOSUPPORT);
  expect(copyInSockaddr(memory, at, 15)).toBe(-EINVAL);
  memory.put(at, [0, 0]);
  expect(copyInSockaddr(memory, at, 2)).toEqual({ family: AF_UNSPEC });
});

test.each([0, 1, 2, 15, 16, 17, 128, 0x7fff_ffff])(
  'accept(2): room for %i bytes, and the true length comes back',
  (room) => {
    const memory = setup(room);
    expect(copyOutSockaddr(memory, at, lengthAt, value)).toBe(0);
    const written = Math.min(room, 16);
    expect(bytesAt(memory, 20)).toEqual([...inet.slice(0, written), ...Array(20 - written).fill(0xee)]);
    expect(lengthIn(memory)).toBe(16);
  },
);

test('move_addr_to_user: what faults, in its order', () => {
  expect(copyOutSockaddr(setup(-1), at, lengthAt, value)).toBe(-EINVAL);
  expect(copyOutSockaddr(setup(16), at, 5, value)).toBe(-EFAULT);
  const memory = setup(16);
  expect(copyOutSockaddr(memory, 5, lengthAt, value)).toBe(-EFAULT);
  expect(lengthIn(memory)).toBe(16);
  // Without room the address is not looked at.
  expect(copyOutSockaddr(setup(0), 5, lengthAt, value)).toBe(0);
  // A length that cannot be written is found when the address is out.
  const readOnly = setup(128);
  readOnly.writableEnd = lengthAt;
  expect(copyOutSockaddr(readOnly, at, lengthAt, value)).toBe(-EFAULT);
  expect(bytesAt(readOnly, 16)).toEqual(inet);
});

test('a sender without a name has length 0', () => {
  const memory = setup(16);
  expect(copyOutSockaddr(memory, at, lengthAt, new Uint8Array(0))).toBe(0);
  expect([lengthIn(memory), bytesAt(memory, 1)]).toEqual([0, [0xee]]);
});

test.each([
  [0, 0],
  [3, 3],
  [4, 4],
  [9, 4],
])('getsockopt(2): room for %i bytes, %i come back', (room, written) => {
  const memory = setup(room);
  expect(copyOutOption(memory, at, lengthAt, Uint8Array.of(1, 2, 3, 4))).toBe(0);
  expect(bytesAt(memory, 5)).toEqual([...[1, 2, 3, 4].slice(0, written), ...Array(5 - written).fill(0xee)]);
  expect(lengthIn(memory)).toBe(written);
});

test('getsockopt(2): faults and a negative room', () => {
  expect(copyOutOption(setup(-1), at, lengthAt, new Uint8Array(4))).toBe(-EINVAL);
  expect(copyOutOption(setup(4), 5, lengthAt, new Uint8Array(4))).toBe(-EFAULT);
  expect(copyOutOption(setup(4), at, 5, new Uint8Array(4))).toBe(-EFAULT);
});
