import {
  AF_INET,
  errno,
  errnoName,
  IPPROTO_TCP,
  POLLIN,
  POLLOUT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  TCP_NODELAY,
} from '@synos/abi';
import type { Netstack } from '@synos/netstack';
import { type Socket, Waiter, type WaiterTarget } from '@synos/socket';
import { check, HonestyError } from '../harness/honesty.js';
import { address, type Hosts } from './hosts.js';

/** Whether a call did it; false for "not now", and any other failure is the end of the run. */
export function isNow(result: number): boolean {
  if (result >= 0) return true;
  if (result === -errno.EAGAIN || result === -errno.EINPROGRESS) return false;
  throw new HonestyError(`our socket answered ${errnoName(-result)}`);
}

/** A non-blocking stream socket. */
export function openSocket(stack: Netstack): Socket {
  const socket = stack.sockets.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (typeof socket === 'number') check(false, `socket: ${errnoName(-socket)}`);
  return socket as Socket;
}

/** A listener on all addresses. */
export function openListener(stack: Netstack, port: number, backlog: number): Socket {
  const listener = openSocket(stack);
  isNow(listener.bind({ address: address('0.0.0.0'), port }));
  isNow(listener.listen(backlog));
  return listener;
}

/** Lets a program be woken for as long as the socket lives. */
export function wakeFor(socket: Socket, mask: number, target: WaiterTarget): void {
  socket.addWaiter(new Waiter(mask, target));
}

/** The next connection that waits, or `null`. */
export function acceptFrom(listener: Socket): Socket | null {
  const accepted = listener.accept(SOCK_NONBLOCK);
  if (typeof accepted !== 'number') return accepted;
  isNow(accepted);
  return null;
}

export function setNoDelay(socket: Socket): void {
  isNow(socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1));
}

/** The two ends of one connection. */
export interface SocketPair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Connects a client to a server and waits for both ends. */
export function connectSockets(hosts: Hosts, port: number): SocketPair {
  const listener = openListener(hosts.server, port, 16);
  const client = openSocket(hosts.client);
  isNow(client.connect({ address: hosts.serverAddress, port }));
  let server: Socket | null = null;
  hosts.pump(() => {
    if (server === null && (listener.poll(POLLIN) & POLLIN) !== 0) server = acceptFrom(listener);
    return server !== null && (client.poll(POLLOUT) & POLLOUT) !== 0;
  });
  isNow(client.connect({ address: hosts.serverAddress, port }));
  listener.close();
  return { client, server: server as unknown as Socket };
}
