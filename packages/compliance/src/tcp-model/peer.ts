import type { Address } from '@synos/interfaces';
import {
  emitIpv4,
  emitTcp,
  ipv4,
  parseAddress,
  parseIpv4,
  parseTcp,
  protocolNumber,
  type TcpOptions,
  type TcpSegment,
  tcpFlag,
} from '@synos/wire';
import { check, equal } from '../check.js';
import type { TcpTarget } from '../tcp-target.js';

/** A segment for {@link TcpPeer.deliver}; what is left out is off or 0. */
export interface PeerSegment {
  readonly syn?: boolean;
  readonly ack?: boolean;
  readonly fin?: boolean;
  readonly rst?: boolean;
  readonly sequence: number;
  readonly acknowledgment?: number;
  readonly text?: Uint8Array;
  readonly window?: number;
  readonly options?: Partial<TcpOptions>;
}

/** What the target sent. */
export interface SeenSegment extends TcpSegment {
  readonly timeMs: number;
}

/** The other end of the wire, moved by hand: segments in and out as values. */
export class TcpPeer {
  readonly target: TcpTarget;
  /** The target's port. */
  localPort: number;
  readonly remotePort: number;
  readonly remoteText: string;
  readonly remote: Address;
  readonly local: Address;
  /** One past the last byte that the target has ever offered to take, int32; `undefined` before it said so. */
  rightEdge: number | undefined;

  constructor(target: TcpTarget, localPort: number, remotePort = 50_000) {
    this.target = target;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.remoteText = '192.0.2.77';
    this.remote = ipv4(192, 0, 2, 77);
    const local = parseAddress(target.localAddress);
    check(local !== undefined, `localAddress '${target.localAddress}' is IPv4 in dotted form`);
    this.local = local;
    this.rightEdge = undefined;
  }

  /** Lets a segment arrive at the target. */
  deliver(segment: PeerSegment, damage?: (packet: Uint8Array) => void): void {
    const bytes = this.packet(segment);
    damage?.(bytes);
    this.target.deliver(bytes);
  }

  packet(segment: PeerSegment): Uint8Array<ArrayBuffer> {
    const payload = emitTcp(
      {
        sourcePort: this.remotePort,
        destinationPort: this.localPort,
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment ?? 0,
        flags:
          (segment.syn ? tcpFlag.syn : 0) |
          (segment.ack ? tcpFlag.ack : 0) |
          (segment.fin ? tcpFlag.fin : 0) |
          (segment.rst ? tcpFlag.rst : 0),
        window: segment.window ?? 60_000,
        urgentPointer: 0,
        payload: segment.text ?? new Uint8Array(0),
        ...(segment.options ? { options: segment.options } : {}),
      },
      this.remote,
      this.local,
    );
    return emitIpv4({
      tos: 0,
      identification: 1,
      dontFragment: true,
      moreFragments: false,
      fragmentOffsetBytes: 0,
      ttl: 64,
      protocol: protocolNumber.tcp,
      source: this.remote,
      destination: this.local,
      options: new Uint8Array(0),
      payload,
    });
  }

  /** The segments that the target has sent to this peer since the last call; fails on a packet that is not right. */
  take(): SeenSegment[] {
    const seen: SeenSegment[] = [];
    for (const { bytes, timeMs } of this.target.drain()) {
      check(bytes.length <= this.target.mtuBytes, `a packet of ${bytes.length} bytes is longer than the MTU`);
      const packet = parseIpv4(bytes);
      check(!('error' in packet), 'the target sends whole IPv4 packets with a right header checksum');
      if (packet.protocol !== protocolNumber.tcp) continue;
      const segment = parseTcp(packet.payload, undefined, undefined, packet.source, packet.destination);
      check(!('error' in segment), 'the target sends TCP segments with a right checksum');
      equal(packet.destination.w3, this.remote.w3, 'the destination of what the target sends');
      equal(segment.destinationPort, this.remotePort, 'the destination port of what the target sends');
      equal(segment.sourcePort, this.localPort, 'the source port of what the target sends');
      this.note(segment);
      seen.push({ ...segment, timeMs });
    }
    return seen;
  }

  /** The one segment that the target has sent. */
  one(what: string): SeenSegment {
    const seen = this.take();
    check(seen.length === 1, `${what}: one segment, not ${seen.length} (${seen.map(describeSegment).join('; ')})`);
    return seen[0]!;
  }

  private note(segment: TcpSegment): void {
    if ((segment.flags & tcpFlag.rst) !== 0 || (segment.flags & tcpFlag.ack) === 0) return;
    const edge = (segment.acknowledgment + segment.window) | 0;
    if (this.rightEdge === undefined || ((edge - this.rightEdge) | 0) > 0) this.rightEdge = edge;
  }
}

/** One line, for messages. */
export function describeSegment(segment: TcpSegment): string {
  const names = (['syn', 'fin', 'rst', 'ack'] as const).filter((name) => (segment.flags & tcpFlag[name]) !== 0);
  const text = segment.payload.length > 0 ? ` ${segment.payload.length} bytes` : '';
  const acknowledgment = segment.flags & tcpFlag.ack ? ` ack ${segment.acknowledgment >>> 0}` : '';
  return `${names.join(' ').toUpperCase()} seq ${segment.sequence >>> 0}${acknowledgment}${text}`;
}
