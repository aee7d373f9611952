// What is behind the names: the console, devices, modules; what fstat says; what an epoll has of descriptors.
import {
  EACCES,
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  ENOENT,
  ENOTDIR,
  EPERM,
  EROFS,
  readLayout,
  S_IFCHR,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  statLayout,
  termiosLayout,
} from '@synos/abi';
import { describe, expect, test } from 'vitest';
import { ascii, connectedPair, FilesRig, moduleByte, nothing, type Program, STREAM, said } from './files-rig.js';

function status(program: Program, fd: number) {
  const at = program.room(statLayout.size);
  expect(program.call('fstat', fd, at)).toBe(0);
  return readLayout(statLayout, new DataView(program.bytes(at, statLayout.size).buffer), 0);
}

describe('boot modules', () => {
  test('are read from where they lie, by an offset that copies of the descriptor share', () => {
    const program = new FilesRig().program();
    const fd = program.call('open', program.text('/boot/alpha'), 0, 0);
    const copy = program.call('dup', fd);
    const into = program.room(8192);
    expect(program.call('read', fd, into, 10)).toBe(10);
    expect(program.call('read', copy, into + 10, 8000)).toBe(4990);
    const bytes = program.bytes(into, 5000);
    expect(bytes.findIndex((byte, at) => byte !== moduleByte(at))).toBe(-1);
    expect(program.call('read', fd, into, 1)).toBe(0);
    // Another open has an offset of its own.
    const other = program.call('open', program.text('/boot/alpha'), 0, 0);
    expect(program.call('lseek', other, 0, 1)).toBe(0);
    expect(program.call('lseek', copy, -1, 2)).toBe(4999);
    expect(program.call('readv', fd, program.words(into, 4), 1)).toBe(1);
  });

  test('lseek, pread64 and FIONREAD know the length', () => {
    const program = new FilesRig().program();
    const fd = program.call('openat', -100, program.text('boot/alpha'), 0, 0);
    const into = program.room(16);
    expect(program.call('lseek', fd, 6000, 0)).toBe(6000);
    expect(program.call('read', fd, into, 1)).toBe(0);
    expect(program.call('lseek', fd, -6001, 1)).toBe(-EINVAL);
    expect(program.call('lseek', fd, -5001, 2)).toBe(-EINVAL);
    expect(said(program.call('lseek', fd, 5000, 3))).toBe('ENXIO');
    expect(program.call('lseek', fd, 10, 3)).toBe(10);
    expect(program.call('lseek', fd, 10, 4)).toBe(5000);
    expect(program.call('lseek', fd, 2 ** 53, 0)).toBe(-EINVAL);
    expect(program.call('pread64', fd, into, 16, 4990)).toBe(10);
    expect(program.bytes(into, 1)[0]).toBe(moduleByte(4990));
    expect(program.call('lseek', fd, 4000, 0)).toBe(4000);
    expect(program.call('ioctl', fd, 0x541b, into)).toBe(0);
    expect(program.intAt(into)).toBe(1000);
    expect(program.call('pwrite64', fd, into, 1, 0)).toBe(-EBADF);
  });

  test('cannot be written, made or searched', () => {
    const program = new FilesRig().program();
    const open = (path: string, flags: number): number => program.call('open', program.text(path), flags, 0);
    expect(open('/boot/beta', 1)).toBe(-EROFS);
    expect(open('/boot/beta', 2)).toBe(-EROFS);
    expect(open('/boot/beta', 0o1000)).toBe(-EROFS);
    expect(open('/boot/new', 0o101)).toBe(-EROFS);
    expect(open('/boot/gamma', 0)).toBe(-ENOENT);
    expect(open('/boot/beta/x', 0)).toBe(-ENOTDIR);
    expect(open('/boot', 0)).toBe(-EACCES);
    const empty = open('/boot/empty', 0);
    expect(program.call('read', empty, program.room(16), 16)).toBe(0);
  });

  test('a path finds one for whoever starts programs', () => {
    const { files } = new FilesRig();
    const found = files.findModule(ascii('/boot/beta'));
    if (typeof found === 'number') throw new Error('not found');
    expect(found.name).toBe('beta');
    expect([...files.moduleBytes(found)]).toEqual([0, 1, 2].map(moduleByte));
    expect(files.findModule(ascii('/boot/gamma'))).toBe(-ENOENT);
    expect(files.findModule(ascii('/dev/null'))).toBe(-EACCES);
    expect(files.findModule(ascii('/dev/null/x'))).toBe(-ENOTDIR);
  });
});

describe('the console', () => {
  test('is 0, 1 and 2, one description', () => {
    const rig = new FilesRig();
    const program = rig.program();
    expect(rig.files.openFiles).toBe(1);
    expect(program.call('write', 1, program.put('out '), 4)).toBe(4);
    expect(program.call('writev', 2, program.words(program.put('an'), 2, program.put('d err'), 5), 2)).toBe(7);
    expect(rig.console.text).toBe('out and err');
    program.call('fcntl', 0, 4, 0o4000);
    expect(program.call('fcntl', 2, 3, 0)).toBe(0o4000 | 0x8002);
    expect(program.call('read', 0, program.room(4), 4)).toBe(-EAGAIN);
    rig.console.room = 3;
    expect(program.call('write', 1, program.put('full?'), 5)).toBe(3);
    expect(program.call('write', 1, program.put('full?'), 5)).toBe(-EAGAIN);
  });

  test('gives more than it looks ahead, byte for byte', () => {
    const rig = new FilesRig();
    const program = rig.program();
    const typed = Array.from({ length: 5000 }, (_, at) => String.fromCharCode(32 + (at % 90))).join('');
    rig.console.type(typed);
    const into = program.room(8192);
    expect(program.call('read', 0, into, 7)).toBe(7);
    const count = program.room(4);
    expect(program.call('ioctl', 0, 0x541b, count)).toBe(0);
    expect(program.intAt(count)).toBe(4993);
    expect(program.call('read', 0, into + 7, 8000)).toBe(4993);
    expect(program.string(into, 5000)).toBe(typed);
  });

  test('is a terminal, whose settings are kept', () => {
    const program = new FilesRig().program();
    const settings = program.room(termiosLayout.size);
    expect(program.call('ioctl', 0, 0x5401, settings)).toBe(0);
    program.put([1], settings);
    expect(program.call('ioctl', 1, 0x5402, settings)).toBe(0);
    program.put([9], settings);
    const tty = program.call('open', program.text('/dev/tty'), 2, 0);
    expect(program.call('ioctl', tty, 0x5401, settings)).toBe(0);
    expect(program.bytes(settings, 1)[0]).toBe(1);
    const size = program.room(8);
    expect(program.call('ioctl', 0, 0x5413, size)).toBe(0);
    expect([...program.bytes(size, 4)]).toEqual([24, 0, 80, 0]);
  });

  test('is watched by poll and epoll', () => {
    const rig = new FilesRig();
    const program = rig.program();
    const epoll = program.call('epoll_create1', 0);
    expect(program.call('epoll_ctl', epoll, 1, 0, program.put([1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]))).toBe(0);
    const events = program.room(24);
    expect(program.call('epoll_wait', epoll, events, 2, 0)).toBe(0);
    rig.console.type('x');
    expect(program.call('epoll_wait', epoll, events, 2, 0)).toBe(1);
    expect(program.call('read', 0, events, 4)).toBe(1);
    expect(program.call('epoll_wait', epoll, events, 2, 0)).toBe(0);
  });
});

test('fstat says what kind of file it is', () => {
  const program = new FilesRig().program();
  const open = (path: string): number => program.call('open', program.text(path), 0, 0);
  const rows: [fd: number, kind: number, mode: number, rest: object][] = [
    [0, S_IFCHR, 0o600, { specialDevice: 0x501 }],
    [open('/dev/null'), S_IFCHR, 0o666, { specialDevice: 0x103 }],
    [open('/dev/zero'), S_IFCHR, 0o666, { specialDevice: 0x105 }],
    [open('/dev/urandom'), S_IFCHR, 0o666, { specialDevice: 0x109 }],
    [open('/boot/alpha'), S_IFREG, 0o444, { sizeBytes: 5000, blocks512: 10, links: 1, blockBytes: 4096 }],
    [program.call('socket', 2, STREAM, 0), S_IFSOCK, 0o777, { sizeBytes: 0 }],
    [program.call('epoll_create1', 0), 0, 0o600, { sizeBytes: 0 }],
  ];
  for (const [fd, kind, mode, rest] of rows) {
    const found = status(program, fd);
    expect(found.mode & S_IFMT).toBe(kind);
    expect(found.mode & 0o777).toBe(mode);
    expect(found).toMatchObject(rest);
  }
});

test('fcntl: a negative int comes as a register of 64 bits', () => {
  const program = new FilesRig().program();
  expect(program.call('fcntl', 0, 0, 2 ** 64)).toBe(-EINVAL);
  expect(program.call('fcntl', 0, 0, 5 * 2 ** 32 + 7)).toBe(7);
});

test('devices: zero is zero, urandom is not, and a fault cuts them', () => {
  const program = new FilesRig().program();
  const into = program.put(new Uint8Array(64).fill(7));
  const zero = program.call('open', program.text('/dev/zero'), 0, 0);
  expect(program.call('read', zero, into, 32)).toBe(32);
  expect([...program.bytes(into, 33)]).toEqual([...new Array(32).fill(0), 7]);
  const random = program.call('open', program.text('/dev/urandom'), 0, 0);
  expect(program.call('read', random, into, 32)).toBe(32);
  expect(new Set(program.bytes(into, 32)).size).toBeGreaterThan(8);
});

describe('an epoll has descriptors', () => {
  const add = (program: Program, epoll: number, fd: number, events: number, data: number): number => {
    const event = new DataView(new ArrayBuffer(12));
    event.setUint32(0, events, true);
    event.setUint32(4, data, true);
    return program.call('epoll_ctl', epoll, 1, fd, program.put(new Uint8Array(event.buffer)));
  };
  const wait = (program: Program, epoll: number, max = 8): number[] => {
    const into = program.room(12 * max);
    const count = program.call('epoll_wait', epoll, into, max, 0);
    return Array.from({ length: count }, (_, index) => program.intAt(into + 12 * index + 4)).sort((a, b) => a - b);
  };

  test('one file twice, by two numbers, is told twice; it goes with its last reference', () => {
    const rig = new FilesRig();
    const program = rig.program();
    const { client, server } = connectedPair(program);
    const copy = program.call('dup', server);
    const epoll = program.call('epoll_create1', 0);
    expect(add(program, epoll, server, 1, 10)).toBe(0);
    expect(add(program, epoll, copy, 1, 11)).toBe(0);
    program.call('send', client, program.put('x'), 1, 0);
    rig.settle();
    expect(wait(program, epoll)).toEqual([10, 11]);
    program.call('close', server);
    // As in Linux: the description is open, so that the entry of the closed number is still told.
    expect(wait(program, epoll)).toEqual([10, 11]);
    program.call('close', copy);
    expect(wait(program, epoll)).toEqual([]);
    // A new file at the old number is not what was watched.
    expect(program.call('socket', 2, 2, 0)).toBe(server);
    expect(add(program, epoll, server, 4, 12)).toBe(0);
    expect(wait(program, epoll)).toEqual([12]);
  });

  test('a child that closes its descriptors takes nothing from its parent', () => {
    const rig = new FilesRig();
    const parent = rig.program();
    const udp = parent.call('socket', 2, 2, 0);
    const epoll = parent.call('epoll_create1', 0);
    add(parent, epoll, udp, 4, 1);
    const child = rig.programWith(parent.thread.process.descriptors.inherit());
    child.die();
    expect(wait(parent, epoll)).toEqual([1]);
    parent.die();
    expect(rig.census()).toEqual(nothing);
  });

  test('a number that is taken out leaves the other of the same file', () => {
    const program = new FilesRig().program();
    const udp = program.call('socket', 2, 2, 0);
    const copy = program.call('dup', udp);
    const epoll = program.call('epoll_create1', 0);
    expect([add(program, epoll, udp, 4, 1), add(program, epoll, copy, 4, 2)]).toEqual([0, 0]);
    expect(program.call('epoll_ctl', epoll, 2, copy, 0)).toBe(0);
    expect(wait(program, epoll)).toEqual([1]);
    expect(add(program, epoll, udp, 4, 1)).toBe(-EEXIST);
    expect(add(program, epoll, copy, 4, 2)).toBe(0);
  });

  test('a console that is closed is not told of, though the terminal goes on', () => {
    const rig = new FilesRig();
    const program = rig.program();
    const tty = program.call('open', program.text('/dev/tty'), 0, 0);
    const epoll = program.call('epoll_create1', 0);
    add(program, epoll, tty, 1, 1);
    rig.console.type('x');
    expect(wait(program, epoll)).toEqual([1]);
    program.call('close', tty);
    expect(wait(program, epoll)).toEqual([]);
  });

  test('an epoll in an epoll, and what cannot be watched', () => {
    const rig = new FilesRig();
    const program = rig.program();
    const udp = program.call('socket', 2, 2, 0);
    const [inner, outer] = [program.call('epoll_create1', 0), program.call('epoll_create1', 0)];
    add(program, inner, udp, 4, 1);
    expect(add(program, outer, inner, 1, 2)).toBe(0);
    expect(wait(program, outer)).toEqual([2]);
    const module = program.call('open', program.text('/boot/alpha'), 0, 0);
    expect(add(program, outer, module, 1, 3)).toBe(-EPERM);
    program.call('close', inner);
    expect(wait(program, outer)).toEqual([]);
    program.die();
    expect(rig.census()).toEqual(nothing);
  });

  test('no more is taken off than the program has room for', () => {
    const program = new FilesRig().program();
    const epoll = program.call('epoll_create1', 0);
    for (let index = 0; index < 4; index += 1) {
      const edge = 0x8000_0004;
      expect(add(program, epoll, program.call('socket', 2, 2, 0), edge, index)).toBe(0);
    }
    // Two and a half events before the page that may only be read.
    const at = 0x20_1000 - 30;
    expect(program.call('epoll_wait', epoll, at, 4, 0)).toBe(2);
    expect(wait(program, epoll).length).toBe(2);
    expect(wait(program, epoll)).toEqual([]);
  });
});
