import { AF_INET, errno, SOCK_DGRAM, SOCK_NONBLOCK } from '@synos/abi';
import type { ReceiveDetails } from '@synos/interfaces';
import type { Socket } from '@synos/socket';
import { formatAddress, parseAddress } from '@synos/wire';
import type { Guest } from './virtual-lan.js';

/** A guest's datagram socket in the fewest words. */
export interface GuestUdp {
  readonly socket: Socket;
  send(text: string, host: string, port: number): number;
  /** What waits: texts with their senders. */
  take(): { text: string; from: string }[];
  /** The errno that waits, as a positive number. */
  error(): number;
}

export function openUdp(guest: Guest, port = 0, connected?: { host: string; port: number }): GuestUdp {
  const socket = guest.stack.sockets.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (typeof socket === 'number') throw new Error(`socket: ${socket}`);
  if (port !== 0 && socket.bind({ address: parseAddress('0.0.0.0')!, port }) !== 0) throw new Error('bind');
  if (connected) socket.connect({ address: parseAddress(connected.host)!, port: connected.port });
  const into = new Uint8Array(65_536);
  const details: ReceiveDetails = { from: { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 }, truncated: false };
  let error = 0;
  return {
    socket,
    send: (text, host, to) => socket.sendto(Buffer.from(text), 0, { address: parseAddress(host)!, port: to }),
    take() {
      const all: { text: string; from: string }[] = [];
      for (;;) {
        const length = socket.recvfrom(into, 0, details);
        if (length < 0) {
          if (length === -errno.EAGAIN) return all;
          error = -length;
          continue;
        }
        const { address, port: source } = details.from;
        all.push({
          text: Buffer.from(into.subarray(0, length)).toString(),
          from: `${formatAddress(address)}:${source}`,
        });
      }
    },
    error: () => error,
  };
}
