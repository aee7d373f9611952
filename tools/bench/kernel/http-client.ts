import { POLLIN, POLLOUT } from '@synos/abi';
import type { Netstack } from '@synos/netstack';
import type { Socket, WaiterTarget } from '@synos/socket';
import { check } from '../harness/honesty.js';
import { address } from '../ours/hosts.js';
import { isNow, openSocket, setNoDelay, wakeFor } from '../ours/sockets.js';

const request = Uint8Array.from('GET / HTTP/1.1\r\nHost: bench\r\n\r\n', (letter) => letter.charCodeAt(0));
const headEnd = '\r\n\r\n';

/** One kept-alive connection that asks again as soon as it is answered. */
class HttpConnection implements WaiterTarget {
  answered = 0;
  private readonly socket: Socket;
  private readonly load: HttpLoad;
  private readonly buffer = new Uint8Array(16_384);
  private fill = 0;

  constructor(socket: Socket, load: HttpLoad) {
    this.socket = socket;
    this.load = load;
    wakeFor(socket, POLLIN, this);
  }

  ask(): void {
    check(this.socket.send(request) === request.length, 'a request did not fit');
  }

  woken(): void {
    const count = this.socket.recv(this.buffer, 0, this.fill);
    if (!isNow(count)) return;
    check(count > 0, 'the server hung up');
    this.fill += count;
    if (this.fill < this.load.responseBytes || this.load.responseBytes === 0) {
      this.load.responseBytes = lengthOfResponse(this.buffer, this.fill);
      if (this.load.responseBytes === 0 || this.fill < this.load.responseBytes) return;
    }
    check(this.fill === this.load.responseBytes, 'more came than was asked for');
    this.fill = 0;
    this.load.answered();
    if (this.load.asksOn) this.ask();
  }
}

/** The length of the response in a buffer, head and body; 0 where the head is not whole. */
function lengthOfResponse(buffer: Uint8Array, fill: number): number {
  const text = String.fromCharCode(...buffer.subarray(0, fill));
  const end = text.indexOf(headEnd);
  if (end < 0) return 0;
  check(text.startsWith('HTTP/1.1 200'), `an answer that is none: ${text.slice(0, 40)}`);
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end));
  check(length !== null, 'a response without a length');
  return end + headEnd.length + Number(length?.[1]);
}

/** Requests over some connections, one at a time on each. */
export class HttpLoad {
  /** Every response has the same length. */
  responseBytes = 0;
  asksOn = true;
  count = 0;
  private last = 0;
  private readonly connections: HttpConnection[];
  private readonly pump: (isDone: () => boolean) => void;

  /** @param pump - lets both ends live until something holds */
  constructor(stack: Netstack, port: number, concurrency: number, pump: (isDone: () => boolean) => void) {
    this.pump = pump;
    this.connections = Array.from({ length: concurrency }, () => {
      const socket = openSocket(stack);
      setNoDelay(socket);
      const name = { address: address('10.0.0.2'), port };
      isNow(socket.connect(name));
      pump(() => (socket.poll(POLLOUT) & POLLOUT) !== 0);
      isNow(socket.connect(name));
      return new HttpConnection(socket, this);
    });
  }

  answered(): void {
    this.count += 1;
    this.asksOn = this.count < this.last;
  }

  /** So many requests, and an answer to each. */
  run(amount: number): void {
    this.last = this.count + amount;
    this.asksOn = true;
    for (const connection of this.connections) connection.ask();
    // Who has asked when the last answer comes is answered too.
    const all = this.last + this.connections.length - 1;
    this.pump(() => this.count >= all);
  }
}
