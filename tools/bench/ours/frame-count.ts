import { check, HonestyError } from '../harness/honesty.js';
import type { Hosts } from './hosts.js';

/** Ethernet, IPv4 and TCP with and without timestamps (RFC 7323 §3.2: 12 bytes with padding). */
const headerBytesPossible: readonly number[] = [14 + 20 + 20 + 12, 14 + 20 + 20];

/** Ethernet and ARP (RFC 826). */
const arpFrameBytes = 14 + 28;

/** What went over the wire for a stream, by the devices' own counters. */
export interface WireUse {
  /** Frames that the sending device took. */
  readonly frames: number;
  /** Segments with data: `frames`, or over loopback (where acknowledgements pass the same device) their lower bound. */
  readonly segments: number;
  readonly headerBytes: number;
  readonly payloadPerSegmentBytes: number;
  /** Segments sent again: a machine that is held up for 200 ms times out. */
  readonly retransmits: number;
}

/** Watches the devices from now on. The client sends, the server receives. */
export class FrameCount {
  private readonly hosts: Hosts;
  private readonly sentFrames: number;
  private readonly sentBytes: number;
  private readonly receivedFrames: number;
  private readonly receivedBytes: number;
  private readonly retransmits: number;
  private readonly arpFrames: number;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
    this.sentFrames = hosts.clientDevice.counters.txPackets!;
    this.sentBytes = hosts.clientDevice.counters.txBytes!;
    this.receivedFrames = hosts.serverDevice.counters.rxPackets!;
    this.receivedBytes = hosts.serverDevice.counters.rxBytes!;
    this.retransmits = hosts.client.counters()['tcp.retransmits']!;
    this.arpFrames = arpFramesOf(hosts);
  }

  /**
   * Fails the run unless every byte went through the devices in frames no longer than the medium's: payload, what was
   * sent again, and the same headers on each frame make up what they counted, to the byte, and there were as many
   * frames as the segment size asks for, and no more than 2 % above. A neighbour is asked for again every half minute or
   * so: the stack's own count of those frames is taken off first.
   *
   * @param shortFrames - so many frames may be short: 8 of one connection
   */
  settle(payloadBytes: number, shortFrames = 8): WireUse {
    const { hosts } = this;
    const arpFrames = arpFramesOf(hosts) - this.arpFrames;
    const frames = hosts.clientDevice.counters.txPackets! - this.sentFrames - arpFrames;
    const bytes = hosts.clientDevice.counters.txBytes! - this.sentBytes - arpFrames * arpFrameBytes;
    const arrived = hosts.serverDevice.counters.rxPackets! - this.receivedFrames - arpFrames;
    const arrivedBytes = hosts.serverDevice.counters.rxBytes! - this.receivedBytes - arpFrames * arpFrameBytes;
    const retransmits = hosts.client.counters()['tcp.retransmits']! - this.retransmits;
    check(arrived === frames && arrivedBytes === bytes, `${frames} frames were sent, ${arrived} received`);
    // Without retransmissions nothing may be left over.
    const headerBytes = headerBytesPossible.find((each) => {
      const againBytes = bytes - payloadBytes - each * frames;
      return againBytes >= 0 && againBytes <= retransmits * (hosts.longestFrameBytes - each);
    });
    if (headerBytes === undefined) {
      throw new HonestyError(
        `${bytes} bytes in ${frames} frames for ${payloadBytes} of payload, ${retransmits} sent again`,
      );
    }
    const segmentBytes = hosts.longestFrameBytes - headerBytes;
    const fewest = Math.ceil(payloadBytes / segmentBytes);
    check(frames >= fewest, `${frames} frames cannot carry ${payloadBytes} bytes in segments of ${segmentBytes}`);
    // Over loopback acknowledgements pass the same device.
    const isShared = hosts.clientDevice === hosts.serverDevice;
    const most = fewest * 1.02 + shortFrames + retransmits;
    check(isShared || frames <= most, `${frames} frames where ${fewest} full ones would do`);
    const segments = isShared ? fewest : frames - retransmits;
    return { frames, segments, headerBytes, payloadPerSegmentBytes: payloadBytes / segments, retransmits };
  }
}

/** Questions and answers that the client sent. */
function arpFramesOf({ client }: Hosts): number {
  const counters = client.counters();
  return counters['ip.arpRequestsOut']! + counters['ip.arpRepliesOut']!;
}
