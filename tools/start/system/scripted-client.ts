import { AF_INET, ECONNREFUSED, SOCK_STREAM } from '@synos/abi';
import type { Clock, Entropy, NetDevice } from '@synos/interfaces';
import { createNetstack, type Netstack } from '@synos/netstack';
import { block, type Socket } from '@synos/socket';
import { ipv4 } from '@synos/wire';

/** How long it waits before it asks again at a port where nobody listens yet. */
const patienceMs = 20;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A client on the other end of the cable that fetches one page: another host, in the machine's own time. */
export class ScriptedClient {
  readonly stack: Netstack;
  /** What came, head and body; `null` while it has not all come. */
  response: string | null;
  /** When it asks again; Infinity while it waits for an answer, and when it has one. */
  #retryAtMs: number;
  readonly #clock: Clock;
  readonly #path: string;

  constructor(parts: { clock: Clock; entropy: Entropy; device: NetDevice; address: string; path: string }) {
    const { clock, entropy, device, address, path } = parts;
    this.stack = createNetstack({ clock, entropy, interfaces: [{ device, addresses: [address] }] });
    this.response = null;
    this.#retryAtMs = clock.now();
    this.#clock = clock;
    this.#path = path;
  }

  /** Does what is due. */
  poll(): void {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#retryAtMs) {
      this.#retryAtMs = Number.POSITIVE_INFINITY;
      this.#fetch();
    }
    while (this.stack.poll(nowMs, 64));
  }

  nextDeadline(): number {
    return Math.min(this.stack.nextDeadline(), this.#retryAtMs);
  }

  #fetch(): void {
    const socket = this.stack.sockets.socket(AF_INET, SOCK_STREAM);
    if (typeof socket === 'number') throw new Error(`socket: errno ${-socket}`);
    block(socket, { call: 'connect', name: { address: ipv4(10, 0, 0, 2), port: 80 } }, (result) => {
      if (result === -ECONNREFUSED) {
        socket.close();
        this.#retryAtMs = this.#clock.now() + patienceMs;
      } else if (result < 0) this.#over(socket, `no connection: errno ${-result}`);
      else {
        socket.send(bytesOf(`GET ${this.#path} HTTP/1.1\r\nHost: synos\r\nConnection: close\r\n\r\n`));
        this.#receive(socket, '');
      }
    });
  }

  #receive(socket: Socket, before: string): void {
    const into = new Uint8Array(4096);
    block(socket, { call: 'recv', into }, (count) => {
      if (count <= 0) this.#over(socket, before);
      else this.#receive(socket, before + String.fromCharCode(...into.subarray(0, count)));
    });
  }

  #over(socket: Socket, response: string): void {
    socket.close();
    this.response = response;
  }
}
