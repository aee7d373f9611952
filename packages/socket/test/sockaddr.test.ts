import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  readSockaddr,
  type SockaddrIn,
  type SockaddrIn6,
  writeSockaddr,
} from '@synos/abi';
import { nameOfSockaddr, sockaddrOfName } from '@synos/socket';
import { expect, test } from 'vitest';
import { createRig, said } from './rig.js';
import { emptyName, name } from './toy-provider.js';

test('a sockaddr in memory is a name and comes back', () => {
  const view = new DataView(new ArrayBuffer(28));
  const values: readonly (SockaddrIn | SockaddrIn6)[] = [
    { family: AF_INET, port: 80, address: 0x7f000001 },
    { family: AF_INET6, port: 443, flowinfo: 0, address: { w0: 1, w1: -2, w2: 3, w3: 4 }, scopeId: 0 },
  ];
  for (const value of values) {
    const length = writeSockaddr(view, 0, 28, value);
    const read = readSockaddr(view, 0, length);
    if (typeof read === 'string') throw new Error(read);
    expect(sockaddrOfName(value.family, nameOfSockaddr(read))).toEqual(value);
  }
});

test('an IPv4 peer of an AF_INET6 socket is shown mapped', () => {
  expect(sockaddrOfName(AF_INET6, name(7))).toMatchObject({ family: AF_INET6, port: 7, address: name(7).address });
});

test('a program can bind, ask, and dissolve by sockaddrs', () => {
  const rig = createRig();
  const socket = rig.stream(true);
  expect(socket.bind(nameOfSockaddr({ family: AF_INET, port: 81, address: 0x7f000001 }))).toBe(0);
  const local = emptyName();
  socket.getsockname(local);
  expect(sockaddrOfName(socket.domain, local)).toEqual({ family: AF_INET, port: 81, address: 0x7f000001 });
  expect(said(socket.connect(nameOfSockaddr({ family: AF_INET, port: 9, address: 0x7f000001 })))).toBe('EINPROGRESS');
  expect(socket.connect(nameOfSockaddr({ family: AF_UNSPEC }))).toBe(0);
});
