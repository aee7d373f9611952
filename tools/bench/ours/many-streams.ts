import { POLLIN, POLLOUT, SIOCOUTQ } from '@synos/abi';
import type { Socket, WaiterTarget } from '@synos/socket';
import { chunkBytes, createContent } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import type { Sample } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { BulkSender } from './bulk-programs.js';
import { FrameCount, type WireUse } from './frame-count.js';
import type { Hosts } from './hosts.js';
import { acceptFrom, isNow, openListener, openSocket, wakeFor } from './sockets.js';

const port = 5002;

/**
 * Receives into one buffer that all connections share, as a server with an event loop does, and compares every byte with
 * what must come: a buffer for each of a thousand would measure the processor's caches.
 */
class ComparingReceiver implements WaiterTarget {
  received = 0;
  private readonly socket: Socket;
  private readonly content: Buffer;
  private readonly buffer: Uint8Array<ArrayBuffer>;

  constructor(socket: Socket, content: Buffer, buffer: Uint8Array<ArrayBuffer>) {
    this.socket = socket;
    this.content = content;
    this.buffer = buffer;
    wakeFor(socket, POLLIN, this);
  }

  woken(): void {
    const { buffer, content } = this;
    for (;;) {
      // Content is sent in a circle whose length is a multiple of the buffer's: what comes never runs past its end.
      const start = this.received % content.length;
      const room = Math.min(buffer.length, content.length - start);
      const count = this.socket.recv(buffer, 0, 0, room);
      if (count === 0 || !isNow(count)) return;
      check(
        content.compare(buffer, 0, count, start, start + count) === 0,
        'ours: the bytes that came are not those sent',
      );
      this.received += count;
      if (count < room) return;
    }
  }
}

/** Bulk over so many connections at once, from one client to one server; an amount is shared equally. */
export class ManyStreams implements Side {
  wire: WireUse | null = null;
  private readonly hosts: Hosts;
  private readonly clients: Socket[] = [];
  private readonly senders: BulkSender[] = [];
  private readonly receivers: ComparingReceiver[] = [];

  constructor(hosts: Hosts, connections: number) {
    this.hosts = hosts;
    const content = createContent();
    const expected = Buffer.from(content.buffer);
    const buffer = new Uint8Array(chunkBytes);
    const listener = openListener(hosts.server, port, connections);
    for (let index = 0; index < connections; index += 1) {
      const client = openSocket(hosts.client);
      isNow(client.connect({ address: hosts.serverAddress, port }));
      this.clients.push(client);
      this.senders.push(new BulkSender(client, content));
    }
    hosts.pump(() => {
      for (let one = acceptFrom(listener); one !== null; one = acceptFrom(listener)) {
        this.receivers.push(new ComparingReceiver(one, expected, buffer));
      }
      return this.receivers.length === connections && this.clients.every((one) => (one.poll(POLLOUT) & POLLOUT) !== 0);
    });
    for (const client of this.clients) isNow(client.connect({ address: hosts.serverAddress, port }));
    listener.close();
  }

  async round(amount: number): Promise<Sample> {
    const { clients, hosts, receivers, senders } = this;
    const each = Math.ceil(amount / senders.length / chunkBytes) * chunkBytes;
    const total = each * senders.length;
    const frames = new FrameCount(hosts);
    for (const receiver of receivers) receiver.received = 0;
    const watch = new Stopwatch();
    for (const sender of senders) sender.begin(each);
    let left = receivers;
    hosts.pump(() => {
      // Whoever has all is not asked again: the harness's own work must not grow with the connections.
      while (left.length > 0 && left.at(-1)!.received >= each) left = left.slice(0, -1);
      return left.length === 0;
    });
    const sample = watch.sample(total);
    hosts.pump(() => clients.every((client) => client.ioctl(SIOCOUTQ) === 0));
    for (const { received } of receivers) check(received === each, `ours: ${received} bytes came instead of ${each}`);
    // Each connection's last segment may be a short one, and each may probe or be nudged once.
    this.wire = frames.settle(total, 4 * senders.length);
    return sample;
  }

  close(): void {
    this.hosts.dispose();
  }
}
