import { POLLIN } from '@synos/abi';
import type { Netstack } from '@synos/netstack';
import type { Socket, WaiterTarget } from '@synos/socket';
import { check } from '../harness/honesty.js';
import { acceptFrom, isNow, openListener, setNoDelay, wakeFor } from '../ours/sockets.js';

/** What the C program does, in TypeScript over the stack itself: no kernel between. */
export class TypeScriptServer implements WaiterTarget {
  private readonly listener: Socket;
  private readonly response: Uint8Array;

  /** @param response - the bytes of an answer, head and body */
  constructor(stack: Netstack, port: number, response: Uint8Array) {
    this.response = response;
    this.listener = openListener(stack, port, 256);
    wakeFor(this.listener, POLLIN, this);
  }

  woken(): void {
    for (let socket = acceptFrom(this.listener); socket !== null; socket = acceptFrom(this.listener)) {
      setNoDelay(socket);
      new Answering(socket, this.response);
    }
  }
}

class Answering implements WaiterTarget {
  private readonly socket: Socket;
  private readonly response: Uint8Array;
  private readonly buffer = new Uint8Array(4096);
  /** How many bytes of the blank line that ends a request have been seen. */
  private seen = 0;

  constructor(socket: Socket, response: Uint8Array) {
    this.socket = socket;
    this.response = response;
    wakeFor(socket, POLLIN, this);
    this.woken();
  }

  woken(): void {
    for (;;) {
      const count = this.socket.recv(this.buffer);
      if (count === 0 || !isNow(count)) return;
      for (let at = 0; at < count; at++) {
        const byte = this.buffer[at]!;
        const wanted = this.seen % 2 === 0 ? 13 : 10;
        this.seen = byte === wanted ? this.seen + 1 : byte === 13 ? 1 : 0;
        if (this.seen < 4) continue;
        this.seen = 0;
        check(this.socket.send(this.response) === this.response.length, 'an answer did not fit');
      }
      if (count < this.buffer.length) return;
    }
  }
}
