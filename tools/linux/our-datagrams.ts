import { randomBytes } from 'node:crypto';
import { AF_INET, errnoName, MSG_DONTWAIT, POLLERR, POLLIN, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from '@synos/abi';
import type { ReceiveDetails, SocketAddress } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { type Socket, Waiter } from '@synos/socket';
import { parseAddress } from '@synos/wire';

// Datagrams by our sockets, as a program of the kernel would use them.

function addressOf(host: string, port: number): SocketAddress {
  const address = parseAddress(host);
  if (!address) throw new TypeError(`not an address: ${host}`);
  return { address, port };
}

function open(stack: Netstack): Socket {
  const socket = stack.sockets.socket(AF_INET, SOCK_DGRAM, 0);
  if (typeof socket === 'number') throw new Error(errnoName(-socket));
  socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20);
  return socket;
}

/** Resolves when there is something to receive, an error included. */
function readable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if ((socket.poll(POLLIN) & (POLLIN | POLLERR)) !== 0) return resolve();
    const waiter = new Waiter(POLLIN | POLLERR, {
      woken() {
        socket.removeWaiter(waiter);
        resolve();
      },
    });
    socket.addWaiter(waiter);
  });
}

/** Sends every datagram back. */
export function echoDatagrams(stack: Netstack, port: number): Socket {
  const socket = open(stack);
  if (socket.bind(addressOf('0.0.0.0', port)) < 0) throw new Error('bind');
  const bytes = new Uint8Array(65_536);
  const details: ReceiveDetails = { from: addressOf('0.0.0.0', 0), truncated: false };
  const target = {
    woken() {
      for (;;) {
        const length = socket.recvfrom(bytes, MSG_DONTWAIT, details);
        if (length < 0) return;
        socket.sendto(bytes.subarray(0, length), MSG_DONTWAIT, details.from);
      }
    },
  };
  socket.addWaiter(new Waiter(POLLIN, target));
  return socket;
}

/** Sends datagrams of these lengths one by one and answers those that came back as they were. */
export async function exchangeDatagrams(stack: Netstack, host: string, port: number, lengths: readonly number[]) {
  const socket = open(stack);
  socket.connect(addressOf(host, port));
  const whole: number[] = [];
  const bytes = new Uint8Array(65_536);
  for (const length of lengths) {
    const content = new Uint8Array(randomBytes(length));
    const sent = socket.send(content, MSG_DONTWAIT);
    if (sent !== length) throw new Error(`send answered ${sent}`);
    const isLate = new Promise<void>((resolve) => setTimeout(resolve, 5000).unref());
    await Promise.race([readable(socket), isLate]);
    const received = socket.recv(bytes, MSG_DONTWAIT);
    if (received === length && content.every((byte, index) => byte === bytes[index])) whole.push(length);
  }
  socket.close();
  return whole;
}

/** Sends a datagram where nobody is and answers the error that comes of it. */
export async function trySend(stack: Netstack, host: string, port: number): Promise<string> {
  const socket = open(stack);
  socket.connect(addressOf(host, port));
  socket.send(new Uint8Array(4), MSG_DONTWAIT);
  await readable(socket);
  const result = socket.recv(new Uint8Array(4), MSG_DONTWAIT);
  socket.close();
  return result < 0 ? (errnoName(-result) ?? String(result)) : 'silence';
}
