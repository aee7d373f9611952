// The fifth failure of the seed: "descriptors numbered by the length of the table, so that they are given twice after a
// close; close that leaked the socket and its port; read and write that failed on sockets".
import { EADDRINUSE, EBADF, SO_REUSEADDR, SOL_SOCKET } from '@synos/abi';
import { expect, test } from 'vitest';
import { connectedPair, FilesRig, nothing, STREAM } from './files-rig.js';

test('failure 5: a descriptor that is open is never given again, the lowest that is free is', () => {
  const program = new FilesRig().program();
  const socket = () => program.call('socket', 2, STREAM, 0);
  const fds = [socket(), socket(), socket()];
  expect(fds).toEqual([3, 4, 5]);
  expect(program.call('close', 4)).toBe(0);
  // By the length of the table this would have been 5 once more.
  expect(socket()).toBe(4);
  expect(socket()).toBe(6);
  for (const fd of [6, 3, 5]) program.call('close', fd);
  expect([socket(), socket(), socket()]).toEqual([3, 5, 6]);
});

test('failure 5: a close closes the socket, and gives its port back', () => {
  const rig = new FilesRig();
  const program = rig.program();
  const listen = (): number => {
    const fd = program.call('socket', 2, STREAM, 0);
    const bound = program.call('bind', fd, program.name(80), 16);
    if (bound < 0) {
      program.call('close', fd);
      return bound;
    }
    program.call('listen', fd, 1);
    return fd;
  };
  for (let round = 0; round < 100; round += 1) {
    const fd = listen();
    expect(fd).toBe(3);
    expect(listen()).toBe(-EADDRINUSE);
    expect(program.call('close', fd)).toBe(0);
    expect(program.call('close', fd)).toBe(-EBADF);
    expect(rig.network.openEndpoints).toBe(0);
    program.reset();
  }
  program.die();
  expect(rig.census()).toEqual(nothing);
});

test('failure 5: a socket closes with its last descriptor, whichever process has it', () => {
  const rig = new FilesRig();
  const parent = rig.program();
  const { client, server, listener } = connectedPair(parent);
  const copy = parent.call('dup', client);
  const child = rig.programWith(parent.thread.process.descriptors.inherit());
  for (const fd of [client, copy, listener]) parent.call('close', fd);
  // The child still has it, twice.
  expect(child.call('write', client, child.put('hello'), 5)).toBe(5);
  expect(child.call('write', copy, child.put('hello'), 5)).toBe(5);
  child.die();
  rig.settle();
  const into = parent.room(16);
  expect(parent.call('read', server, into, 16)).toBe(10);
  expect(parent.call('read', server, into, 16)).toBe(0);
  parent.die();
  rig.settle();
  expect(rig.census()).toEqual(nothing);
});

test('failure 5: read and write are recv and send on a socket', () => {
  const program = new FilesRig().program();
  const { client, server } = connectedPair(program);
  expect(program.call('write', client, program.put('hello'), 5)).toBe(5);
  const into = program.room(16);
  expect(program.call('read', server, into, 16)).toBe(5);
  expect(program.string(into, 5)).toBe('hello');
  const pieces = program.words(program.put('to '), 3, program.put('you'), 3);
  expect(program.call('writev', server, pieces, 2)).toBe(6);
  const [first, second] = [program.room(4), program.room(16)];
  expect(program.call('readv', client, program.words(first, 4, second, 16), 2)).toBe(6);
  expect(program.string(first, 4) + program.string(second, 2)).toBe('to you');
});

test('close on exec: a child does not get it, and no copy inherits the mark', () => {
  const rig = new FilesRig();
  const parent = rig.program();
  expect(parent.call('socket', 2, 0o2000000 | STREAM, 0)).toBe(3);
  expect(parent.call('dup', 3)).toBe(4);
  const child = rig.programWith(parent.thread.process.descriptors.inherit());
  expect(child.call('fcntl', 3, 1, 0)).toBe(-EBADF);
  expect(child.call('fcntl', 4, 1, 0)).toBe(0);
  // One description: what one process sets the other sees.
  const one = parent.int(1);
  expect(parent.call('setsockopt', 3, SOL_SOCKET, SO_REUSEADDR, one, 4)).toBe(0);
  const [value, length] = [child.room(4), child.int(4)];
  expect(child.call('getsockopt', 4, SOL_SOCKET, SO_REUSEADDR, value, length)).toBe(0);
  expect(child.intAt(value)).toBe(1);
});
