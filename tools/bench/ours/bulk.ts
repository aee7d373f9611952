import { SIOCOUTQ } from '@synos/abi';
import type { Socket } from '@synos/socket';
import { createContent, ExpectedDigests, wholeChunks } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import type { Sample } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { BulkReceiver, BulkSender } from './bulk-programs.js';
import { FrameCount, type WireUse } from './frame-count.js';
import type { Hosts } from './hosts.js';
import { connectSockets } from './sockets.js';

/** Bulk from client to server through the non-blocking socket API. */
export class OurBulk implements Side {
  /** What the last round put on the wire. */
  wire: WireUse | null = null;
  private readonly hosts: Hosts;
  private readonly expected: ExpectedDigests;
  private readonly socket: Socket;
  private readonly sender: BulkSender;
  private readonly receiver: BulkReceiver;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
    const content = createContent();
    this.expected = new ExpectedDigests(content);
    const pair = connectSockets(hosts, 5001);
    this.socket = pair.client;
    this.sender = new BulkSender(pair.client, content);
    this.receiver = new BulkReceiver(pair.server);
  }

  async round(amount: number): Promise<Sample> {
    return this.run(amount);
  }

  /** A round whose frames must be as many as the payload asks for. */
  run(amount: number): Sample {
    const totalBytes = wholeChunks(amount);
    const frames = new FrameCount(this.hosts);
    const sample = this.transfer(totalBytes);
    this.wire = frames.settle(totalBytes);
    return sample;
  }

  /** A round whose bytes must be the right ones, whatever it took. */
  transfer(totalBytes: number): Sample {
    const watch = new Stopwatch();
    this.stream(totalBytes);
    const sample = watch.sample(totalBytes);
    this.quiesce();
    this.verify(totalBytes);
    return sample;
  }

  /** Sends, receives and hashes so many bytes, a multiple of a chunk, and nothing else. */
  stream(totalBytes: number): void {
    const { hashed } = this.receiver;
    hashed.reset();
    this.sender.begin(totalBytes);
    this.hosts.pump(() => hashed.received >= totalBytes);
  }

  /** Lets the last acknowledgements come: nobody polls between rounds, and a timeout then would be the harness's. */
  quiesce(): void {
    this.hosts.pump(() => this.socket.ioctl(SIOCOUTQ) === 0);
  }

  /** Fails the run unless {@link stream} has brought what was sent. */
  verify(totalBytes: number): void {
    const { hashed } = this.receiver;
    check(hashed.received === totalBytes, `ours: ${hashed.received} bytes came instead of ${totalBytes}`);
    check(hashed.digest() === this.expected.of(totalBytes), 'ours: the bytes that came are not those sent');
  }

  notes(): string[] {
    if (this.wire === null) return [];
    const { frames, headerBytes, payloadPerSegmentBytes, retransmits } = this.wire;
    return [
      `last round: ${frames} frames by the device's counter, ${headerBytes} bytes of header on each, ` +
        `${payloadPerSegmentBytes.toFixed(0)} of payload, ${retransmits} sent again`,
    ];
  }

  close(): void {
    this.hosts.dispose();
  }
}
