import { POLLIN } from '@synos/abi';
import type { Socket, WaiterTarget } from '@synos/socket';
import { check } from '../harness/honesty.js';
import { Message, messageBytes } from '../harness/message.js';
import type { Side } from '../harness/side.js';
import type { Sample } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import type { Hosts } from './hosts.js';
import { connectSockets, isNow, setNoDelay, wakeFor } from './sockets.js';

const roomBytes = 1024;

/** Sends back what comes. */
export class EchoServer implements WaiterTarget {
  private readonly socket: Socket;
  private readonly buffer = new Uint8Array(roomBytes);

  constructor(socket: Socket) {
    this.socket = socket;
    wakeFor(socket, POLLIN, this);
  }

  woken(): void {
    // A short read has emptied the socket (as epoll(7) has it): no second call to be told so.
    for (let count = roomBytes; count === roomBytes; ) {
      count = this.socket.recv(this.buffer);
      if (count === 0 || !isNow(count)) return;
      check(this.socket.send(this.buffer, 0, 0, count) === count, 'ours: an echo did not fit');
    }
  }
}

/** Sends a message, waits for its answer, sends the next. */
class EchoClient implements WaiterTarget {
  ordinal = 0;
  last = 0;
  isDone = false;
  private readonly socket: Socket;
  private readonly outgoing = new Message();
  private readonly incoming = new Message(roomBytes);
  private fill = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    wakeFor(socket, POLLIN, this);
  }

  next(): void {
    this.ordinal += 1;
    this.outgoing.write(this.ordinal);
    check(this.socket.send(this.outgoing.bytes) === messageBytes, 'ours: a message did not fit');
  }

  woken(): void {
    const count = this.socket.recv(this.incoming.bytes, 0, this.fill);
    if (!isNow(count)) return;
    check(count > 0, 'ours: the echo ended');
    this.fill += count;
    if (this.fill < messageBytes) return;
    check(this.fill === messageBytes && this.incoming.is(this.ordinal), 'ours: a wrong answer');
    this.fill = 0;
    if (this.ordinal === this.last) this.isDone = true;
    else this.next();
  }
}

/** 64 bytes there and back through the non-blocking socket API, TCP_NODELAY, one at a time. */
export class OurEcho implements Side {
  private readonly hosts: Hosts;
  private readonly client: EchoClient;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
    const pair = connectSockets(hosts, 7);
    setNoDelay(pair.client);
    setNoDelay(pair.server);
    new EchoServer(pair.server);
    this.client = new EchoClient(pair.client);
  }

  async round(amount: number): Promise<Sample> {
    return this.run(amount);
  }

  run(amount: number): Sample {
    const { client, hosts } = this;
    client.last = client.ordinal + amount;
    client.isDone = false;
    const there = hosts.clientDevice.counters.txPackets!;
    const back = hosts.serverDevice.counters.txPackets!;
    const watch = new Stopwatch();
    client.next();
    hosts.pump(() => client.isDone);
    const sample = watch.sample(amount);
    const frames = Math.min(
      hosts.clientDevice.counters.txPackets! - there,
      hosts.serverDevice.counters.txPackets! - back,
    );
    check(frames >= amount, `ours: ${frames} frames each way for ${amount} round trips`);
    return sample;
  }

  close(): void {
    this.hosts.dispose();
  }
}
