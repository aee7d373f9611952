import { AF_INET, errnoName, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } from '@synos/abi';
import {
  type BlockingAccept,
  type BlockingCall,
  block,
  createSockets,
  PENDING,
  Socket,
  type Sockets,
} from '@synos/socket';
import { name, ToyNetwork } from './toy-provider.js';

/** A result as people say it: a count, the name of an errno, or PENDING. */
export function said(result: number | Socket | Uint8Array): string | number {
  if (typeof result !== 'number') return result instanceof Socket ? 'socket' : 'bytes';
  if (result >= 0) return result;
  return result === PENDING ? 'PENDING' : (errnoName(-result) ?? `unknown ${result}`);
}

/** What a blocked call has come to. */
export interface Blocked {
  result: Socket | number | undefined;
  cancel: () => number;
}

export interface Rig {
  readonly net: ToyNetwork;
  readonly sockets: Sockets;
  readonly wakes: number[];
  stream(nonblocking?: boolean): Socket;
  datagram(nonblocking?: boolean): Socket;
  /** A connected pair of blocking streams, and the listener. */
  pair(port?: number): { client: Socket; server: Socket; listener: Socket };
  block(socket: Socket, call: BlockingCall | BlockingAccept): Blocked;
  /** Lets the time pass, then everything happen. */
  advance(ms: number): void;
}

export function createRig(): Rig {
  const net = new ToyNetwork();
  let now = 1000;
  const wakes: number[] = [];
  const sockets = createSockets({ providers: [net], clock: { now: () => now }, onWork: () => wakes.push(now) });
  const make = (type: number, nonblocking: boolean): Socket => {
    const socket = sockets.socket(AF_INET, type | (nonblocking ? SOCK_NONBLOCK : 0), 0);
    if (typeof socket === 'number') throw new Error(`socket: ${said(socket)}`);
    return socket;
  };
  const rig: Rig = {
    net,
    sockets,
    wakes,
    stream: (nonblocking = false) => make(SOCK_STREAM, nonblocking),
    datagram: (nonblocking = false) => make(SOCK_DGRAM, nonblocking),
    pair(port = 80) {
      const listener = make(SOCK_STREAM, false);
      listener.bind(name(port));
      listener.listen(5);
      const client = make(SOCK_STREAM, false);
      const connected = rig.block(client, { call: 'connect', name: name(port) });
      net.run();
      const server = listener.accept();
      if (connected.result !== 0 || typeof server === 'number') throw new Error('no connection');
      return { client, server, listener };
    },
    block(socket, call) {
      const blocked: Blocked = { result: undefined, cancel: () => 0 };
      blocked.cancel = block(socket, call as BlockingAccept, (result) => {
        if (blocked.result !== undefined) throw new Error('done twice');
        blocked.result = result;
      });
      return blocked;
    },
    advance(ms) {
      now += ms;
      sockets.advance(now);
      net.run();
    },
  };
  return rig;
}
