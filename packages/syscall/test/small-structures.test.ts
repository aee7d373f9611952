import { EFAULT, EINVAL, lingerLayout, writeEpollEvent, writePollfd, writeTimespec, writeTimeval } from '@synos/abi';
import { USER_END } from '@synos/interfaces';
import { expect, test } from 'vitest';
import * as syscall from '../src/index.js';
import { FakeMemory } from './fake-process.js';

const end = 0x2000;

test('poll(2): descriptors come in, only revents go out, all of them', () => {
  const memory = new FakeMemory();
  writePollfd(memory.view, 0, { fd: 3, events: 1, revents: 9 });
  writePollfd(memory.view, 8, { fd: -1, events: 4, revents: 9 });
  const fds = syscall.copyInPollfds(memory, 0x1000, 2, 2);
  expect(fds).toEqual([
    { fd: 3, events: 1, revents: 9 },
    { fd: -1, events: 4, revents: 9 },
  ]);
  writePollfd(memory.view, 0, { fd: 77, events: 66, revents: 9 });
  expect(syscall.copyOutRevents(memory, 0x1000, [5, 0])).toBe(0);
  expect(syscall.copyInPollfds(memory, 0x1000, 2, 2)).toEqual([
    { fd: 77, events: 66, revents: 5 },
    { fd: -1, events: 4, revents: 0 },
  ]);
});

test('poll(2): more than the limit, and what faults', () => {
  const memory = new FakeMemory();
  expect(syscall.copyInPollfds(memory, 0, 0, 10)).toEqual([]);
  expect(syscall.copyInPollfds(memory, 0, 11, 10)).toBe(-EINVAL);
  expect(syscall.copyInPollfds(memory, 0, 2 ** 64, 10)).toBe(-EINVAL);
  expect(syscall.copyInPollfds(memory, end - 8, 2, 10)).toBe(-EFAULT);
  expect(syscall.copyOutRevents(memory, end - 8, [1, 1])).toBe(-EFAULT);
  expect(memory.view.getInt16(4094, true)).toBe(1);
});

test.each([
  [0, 0, true],
  [1, 999_999_999, true],
  [1, 1_000_000_000, false],
  [1, -1, false],
  [-1, 0, false],
  [2 ** 62, 5, true],
])('timespec of %d s and %d ns', (seconds, nanoseconds, isGood) => {
  const memory = new FakeMemory();
  writeTimespec(memory.view, 8, { seconds, nanoseconds });
  expect(syscall.copyInTimespec(memory, 0x1008)).toEqual(isGood ? { seconds, nanoseconds } : -EINVAL);
  expect(syscall.copyInTimespec(memory, end - 15)).toBe(-EFAULT);
});

test.each([
  [0, 999_999, true],
  [0, 1_000_000, false],
  [0, -1, false],
  [-1, 0, false],
])('timeval of %d s and %d us', (seconds, microseconds, isGood) => {
  const memory = new FakeMemory();
  writeTimeval(memory.view, 8, { seconds, microseconds });
  expect(syscall.copyInTimeval(memory, 0x1008)).toEqual(isGood ? { seconds, microseconds } : -EINVAL);
  expect(syscall.copyInTimeval(memory, 0)).toBe(-EFAULT);
});

test('times go out', () => {
  const memory = new FakeMemory();
  expect(syscall.copyOutTimespec(memory, 0x1000, { seconds: -2, nanoseconds: 3 })).toBe(0);
  expect([memory.view.getBigInt64(0, true), memory.view.getBigInt64(8, true)]).toEqual([-2n, 3n]);
  expect(syscall.copyOutTimeval(memory, 0x1010, { seconds: 4, microseconds: 5 })).toBe(0);
  expect([memory.view.getBigInt64(16, true), memory.view.getBigInt64(24, true)]).toEqual([4n, 5n]);
  expect(syscall.copyOutTimespec(memory, end - 8, { seconds: 0, nanoseconds: 0 })).toBe(-EFAULT);
  expect(syscall.copyOutTimeval(memory, 0, { seconds: 0, microseconds: 0 })).toBe(-EFAULT);
});

test('ints: one in, any number out', () => {
  const memory = new FakeMemory();
  memory.view.setInt32(4, -7, true);
  expect(syscall.copyInInt(memory, 0x1004)).toEqual({ value: -7 });
  expect(syscall.copyInInt(memory, end - 3)).toBe(-EFAULT);
  expect(syscall.copyOutInts(memory, 0x1008, 3, -4)).toBe(0);
  expect([memory.view.getInt32(8, true), memory.view.getInt32(12, true)]).toEqual([3, -4]);
  expect(syscall.copyOutInts(memory, end - 4, 1, 2)).toBe(-EFAULT);
  expect(memory.view.getInt32(4092, true)).toBe(1);
});

test('epoll: an event in, all 64 bits of its data', () => {
  const memory = new FakeMemory();
  const event = { events: 0x8000_0001, dataLow: 0xffff_ffff, dataHigh: 0x8000_0000 };
  writeEpollEvent(memory.view, 4, event);
  expect(syscall.copyInEpollEvent(memory, 0x1004)).toEqual(event);
  expect(syscall.copyInEpollEvent(memory, end - 11)).toBe(-EFAULT);
});

test('epoll_wait(2): events up to the fault, EFAULT where it is the first', () => {
  const memory = new FakeMemory();
  const events = [1, 2, 3].map((number) => ({ events: number, dataLow: number, dataHigh: 0 }));
  expect(syscall.copyOutEpollEvents(memory, 0x1000, events)).toBe(3);
  expect([0, 12, 24].map((at) => memory.view.getUint32(at, true))).toEqual([1, 2, 3]);
  expect(syscall.copyOutEpollEvents(memory, end - 30, events)).toBe(2);
  expect(syscall.copyOutEpollEvents(memory, end - 11, events)).toBe(-EFAULT);
  expect(syscall.copyOutEpollEvents(memory, 0, [])).toBe(0);
});

test('epoll_wait(2): how many may be asked for', () => {
  for (const count of [0, -1, 178_956_971]) expect(syscall.checkEpollRoom(0x1000, count)).toBe(-EINVAL);
  expect(syscall.checkEpollRoom(0x1000, 178_956_970)).toBe(0);
  expect(syscall.checkEpollRoom(USER_END - 12, 1)).toBe(0);
  expect(syscall.checkEpollRoom(USER_END - 12, 2)).toBe(-EFAULT);
});

test('any structure by its layout; what is not given is zero', () => {
  const memory = new FakeMemory();
  memory.bytes.fill(0xee);
  expect(syscall.copyOutStruct(memory, 0x1000, lingerLayout, { lingerSeconds: 9 })).toBe(0);
  expect(syscall.copyInStruct(memory, 0x1000, lingerLayout)).toEqual({ onOff: 0, lingerSeconds: 9 });
  expect(memory.bytes[8]).toBe(0xee);
  expect(syscall.copyInStruct(memory, end - 7, lingerLayout)).toBe(-EFAULT);
  expect(syscall.copyOutStruct(memory, 0, lingerLayout, {})).toBe(-EFAULT);
});

test('bytes: all of them or EFAULT', () => {
  const memory = new FakeMemory();
  expect(syscall.copyOutBytes(memory, end - 2, Uint8Array.of(1, 2, 3))).toBe(-EFAULT);
  expect(syscall.copyInBytes(memory, end - 2, 2)).toEqual(Uint8Array.of(1, 2));
  expect(syscall.copyInBytes(memory, end - 2, 3)).toBe(-EFAULT);
  expect(syscall.copyInBytes(memory, -1, 0)).toEqual(new Uint8Array(0));
});
