import { check } from '../harness/honesty.js';
import type { Hosts } from './hosts.js';

/** Ethernet, IPv4 and TCP without and with timestamps (RFC 7323 §3.2: 12 bytes with padding). */
const headerBytesPossible: readonly number[] = [14 + 20 + 20, 14 + 20 + 20 + 12];

/** What went over the wire for a stream, by the devices' own counters. */
export interface WireUse {
  /** Frames that the sending device took. */
  readonly frames: number;
  /** Segments with data: `frames`, or over loopback (where acknowledgements pass the same device) their lower bound. */
  readonly segments: number;
  readonly headerBytes: number;
  readonly payloadPerSegmentBytes: number;
}

/** Watches the devices from now on. The client sends, the server receives. */
export class FrameCount {
  private readonly hosts: Hosts;
  private readonly sentFrames: number;
  private readonly sentBytes: number;
  private readonly receivedFrames: number;
  private readonly receivedBytes: number;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
    this.sentFrames = hosts.clientDevice.counters.txPackets!;
    this.sentBytes = hosts.clientDevice.counters.txBytes!;
    this.receivedFrames = hosts.serverDevice.counters.rxPackets!;
    this.receivedBytes = hosts.serverDevice.counters.rxBytes!;
  }

  /**
   * Fails the run unless every byte went through the devices in frames no longer than the medium's: payload, and the
   * same headers on each frame, make up what they counted, to the byte, and there were as many frames as the segment
   * size asks for, and no more than 2 % above.
   */
  settle(payloadBytes: number): WireUse {
    const { hosts } = this;
    const frames = hosts.clientDevice.counters.txPackets! - this.sentFrames;
    const bytes = hosts.clientDevice.counters.txBytes! - this.sentBytes;
    const arrived = hosts.serverDevice.counters.rxPackets! - this.receivedFrames;
    const arrivedBytes = hosts.serverDevice.counters.rxBytes! - this.receivedBytes;
    check(arrived === frames && arrivedBytes === bytes, `${frames} frames were sent, ${arrived} received`);
    const headerBytes = (bytes - payloadBytes) / frames;
    check(
      headerBytesPossible.includes(headerBytes),
      `${bytes} bytes in ${frames} frames for ${payloadBytes} of payload: ${headerBytes} bytes of header each`,
    );
    const segmentBytes = hosts.longestFrameBytes - headerBytes;
    const fewest = Math.ceil(payloadBytes / segmentBytes);
    check(frames >= fewest, `${frames} frames cannot carry ${payloadBytes} bytes in segments of ${segmentBytes}`);
    const isShared = hosts.clientDevice === hosts.serverDevice;
    if (!isShared) check(frames <= fewest * 1.02 + 8, `${frames} frames where ${fewest} full ones would do`);
    const segments = isShared ? fewest : frames;
    return { frames, segments, headerBytes, payloadPerSegmentBytes: payloadBytes / segments };
  }
}
