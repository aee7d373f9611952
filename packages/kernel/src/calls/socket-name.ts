import {
  AF_INET,
  AF_UNSPEC,
  EAFNOSUPPORT,
  EINVAL,
  readSockaddrFamily,
  readSockaddrIn,
  sockaddrInLayout,
} from '@synos/abi';
import type { MutableSocketAddress } from '@synos/interfaces';
import { nameOfSockaddr, type Socket, type SocketName, sockaddrOfName } from '@synos/socket';
import { type Sockaddr, sockaddrOf } from '@synos/syscall';

/** What the bytes of a socket address mean to connect(2), or a negative errno. */
export function nameToConnect(bytes: Uint8Array<ArrayBuffer>): SocketName | number {
  const value = sockaddrOf(bytes);
  return typeof value === 'number' ? value : nameOfSockaddr(value);
}

/** As {@link nameToConnect}, for bind(2): programs of old left the family at zero, with the address too (__inet_bind). */
export function nameToBind(socket: Socket, bytes: Uint8Array<ArrayBuffer>): SocketName | number {
  const name = asInet(socket, bytes);
  if (name === null) return nameToConnect(bytes);
  if (typeof name === 'number') return name;
  return name.address.w3 === 0 ? name : -EAFNOSUPPORT;
}

/** As {@link nameToConnect}, for a datagram's destination: without a family it is of the socket's own (udp_sendmsg). */
export function nameToSend(socket: Socket, bytes: Uint8Array<ArrayBuffer>): SocketName | number {
  return asInet(socket, bytes) ?? nameToConnect(bytes);
}

/** An address of the unspecified family on an AF_INET socket, read as AF_INET: there it has to be whole. null for others. */
function asInet(socket: Socket, bytes: Uint8Array<ArrayBuffer>): SocketName | number | null {
  if (socket.domain !== AF_INET) return null;
  if (bytes.length < sockaddrInLayout.size) return -EINVAL;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (readSockaddrFamily(view, 0, bytes.length) !== AF_UNSPEC) return null;
  view.setUint16(0, AF_INET, true);
  const value = readSockaddrIn(view, 0, bytes.length);
  return typeof value === 'string' ? null : nameOfSockaddr(value);
}

/** Where an address is filled in. */
export function emptyName(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}

/** What a program is told of a name. */
export function toSockaddr(socket: Socket, name: MutableSocketAddress): Sockaddr {
  return sockaddrOfName(socket.domain, name);
}
