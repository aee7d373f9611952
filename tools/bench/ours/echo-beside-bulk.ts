import { performance } from 'node:perf_hooks';
import { POLLIN } from '@synos/abi';
import { drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import type { Socket, WaiterTarget } from '@synos/socket';
import { createContent, expectedDigest } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import { Latencies, type LatencySide } from '../harness/latency.js';
import { BulkReceiver, BulkSender } from './bulk-programs.js';
import { EchoServer } from './echo.js';
import { cabledHosts, type Hosts } from './hosts.js';
import { connectSockets, isNow, setNoDelay, wakeFor } from './sockets.js';

/** Sends a byte, waits for it, sends the next, each another one. */
class ByteClient implements WaiterTarget {
  untilMs = 0;
  finished: () => void = () => {};
  private readonly socket: Socket;
  private readonly latencies: Latencies;
  private readonly outgoing = new Uint8Array(1);
  private readonly incoming = new Uint8Array(16);
  private sentMs = 0;

  constructor(socket: Socket, latencies: Latencies) {
    this.socket = socket;
    this.latencies = latencies;
    wakeFor(socket, POLLIN, this);
  }

  next(): void {
    this.outgoing[0]! += 1;
    this.sentMs = performance.now();
    check(this.socket.send(this.outgoing) === 1, 'ours: a byte did not fit');
  }

  woken(): void {
    const count = this.socket.recv(this.incoming);
    if (!isNow(count)) return;
    const nowMs = performance.now();
    check(count === 1 && this.incoming[0] === this.outgoing[0], 'ours: a wrong answer');
    this.latencies.add((nowMs - this.sentMs) * 1000);
    if (nowMs < this.untilMs) this.next();
    else this.finished();
  }
}

/** A byte there and back beside a stream, both stacks on the engine's event loop, as a program has them. */
export class OurEchoBesideBulk implements LatencySide {
  readonly latencies = new Latencies();
  besideBytes = 0;
  private readonly hosts: Hosts;
  private readonly content = createContent();
  private readonly sender: BulkSender;
  private readonly receiver: BulkReceiver;
  private readonly client: ByteClient;
  private readonly stops: (() => void)[];

  constructor() {
    const hosts = cabledHosts();
    const bulk = connectSockets(hosts, 5001);
    const echo = connectSockets(hosts, 7);
    setNoDelay(echo.client);
    setNoDelay(echo.server);
    this.hosts = hosts;
    this.sender = new BulkSender(bulk.client, this.content);
    this.receiver = new BulkReceiver(bulk.server);
    new EchoServer(echo.server);
    this.client = new ByteClient(echo.client, this.latencies);
    const { loop } = createDefaultHost();
    this.stops = [drive(hosts.client, loop), drive(hosts.server, loop)];
  }

  async round(seconds: number): Promise<void> {
    const { client, receiver, sender } = this;
    receiver.hashed.reset();
    sender.begin(Number.MAX_SAFE_INTEGER);
    const done = new Promise<void>((resolve) => {
      client.finished = resolve;
    });
    client.untilMs = performance.now() + seconds * 1000;
    client.next();
    await done;
    const beside = receiver.hashed.received;
    const total = sender.finish();
    for (let turns = 0; receiver.hashed.received < total; turns += 1) {
      check(turns < 10_000_000, 'ours: the stream did not end');
      await new Promise((resolve) => setImmediate(resolve));
    }
    check(receiver.hashed.digest() === expectedDigest(this.content, total), 'ours: the bytes are not those sent');
    this.besideBytes += beside;
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.hosts.dispose();
  }
}
