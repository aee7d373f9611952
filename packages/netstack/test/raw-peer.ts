import type { Address } from '@synos/interfaces';
import { createTestEntropy, createVirtualClock, type VirtualClock } from '@synos/netsim';
import { type FramePort, framePort } from '@synos/nic';
import {
  type ArpPacket,
  arpOperation,
  broadcastMac,
  createStackMemory,
  emitArp,
  emitEthernet,
  emitIpv4,
  emitTcp,
  emitUdp,
  etherType,
  formatAddress,
  type Ipv4Packet,
  ipv4,
  parseArp,
  parseEthernet,
  parseIpv4,
  parseTcp,
  protocolNumber,
  type TcpSegment,
  tcpFlag,
} from '@synos/wire';
import { createNetstack, type Netstack, type NetstackOptions } from '../src/index.js';

export const stackAddress = ipv4(10, 0, 0, 1);
export const peerAddress = ipv4(10, 0, 0, 2);
export const peerMac = new Uint8Array([2, 0, 0, 0, 0, 2]);

/** A segment as this peer describes it: what is left out is zero. */
export type SegmentParts = Partial<Omit<TcpSegment, 'options'>> &
  Pick<TcpSegment, 'sourcePort' | 'destinationPort' | 'flags'> & { readonly options?: Partial<TcpSegment['options']> };

/**
 * A stack whose only neighbour is the test, writing and reading frames as bytes. It answers ARP for every address by
 * itself unless told not to.
 */
export class RawPeer {
  readonly clock: VirtualClock = createVirtualClock(1000);
  readonly stack: Netstack;
  readonly port: FramePort;
  answersArp = true;
  /** Frames from the stack that nobody has looked at. */
  frames: Uint8Array<ArrayBuffer>[] = [];

  constructor(options: Partial<NetstackOptions> & { queueLength?: number } = {}) {
    const memory = options.memory ?? createStackMemory({ smallPackets: 1024, largePackets: 16, ringBytes: 4 << 20 });
    this.port = framePort({ pool: memory.packets, queueLength: options.queueLength ?? 256 });
    this.stack = createNetstack({
      clock: this.clock,
      entropy: createTestEntropy('raw peer'),
      interfaces: [{ device: this.port.device, addresses: ['10.0.0.1/24'], gateway: '10.0.0.254' }],
      ...options,
      memory,
    });
  }

  /** Lets the stack do all that it can do now, answering its ARP requests, and keeps its frames. */
  settle(): void {
    for (;;) {
      const more = this.stack.poll(this.clock.now(), 64);
      let taken = 0;
      for (let frame = this.port.takeFrame(); frame !== null; frame = this.port.takeFrame()) {
        taken += 1;
        if (!this.answersArp || !this.answerArp(frame)) this.frames.push(frame);
      }
      if (!more && taken === 0 && this.stack.nextDeadline() > this.clock.now()) return;
    }
  }

  /** Lets time pass, the stack doing what falls due. */
  advance(ms: number): void {
    const until = this.clock.now() + ms;
    this.settle();
    for (let next = this.stack.nextDeadline(); next <= until; next = this.stack.nextDeadline()) {
      this.clock.advanceTo(Math.max(next, this.clock.now()));
      this.settle();
    }
    this.clock.advanceTo(until);
    this.settle();
  }

  /** Brings a frame in, without letting the stack look at it. */
  push(frame: Uint8Array): boolean {
    return this.port.push(frame);
  }

  /** Brings an IPv4 packet in and settles. */
  ip(packet: Uint8Array): void {
    this.push(
      emitEthernet({
        destination: this.port.device.address,
        source: peerMac,
        type: etherType.ipv4,
        payload: packet,
      }),
    );
    this.settle();
  }

  /** Brings a TCP segment in and settles. */
  tcp(segment: SegmentParts, source: Address = peerAddress): void {
    this.ip(tcpPacket(segment, source));
  }

  /** Brings a UDP datagram in and settles. */
  udp(sourcePort: number, destinationPort: number, payload: Uint8Array): void {
    const datagram = emitUdp({ sourcePort, destinationPort, payload }, peerAddress, stackAddress);
    this.ip(ipPacket({ protocol: protocolNumber.udp, payload: datagram }));
  }

  arp(packet: ArpPacket, destination: Uint8Array = broadcastMac): void {
    this.push(emitEthernet({ destination, source: packet.senderMac, type: etherType.arp, payload: emitArp(packet) }));
    this.settle();
  }

  /** The IPv4 packets since the last look. */
  packets(): Ipv4Packet[] {
    const packets: Ipv4Packet[] = [];
    for (const bytes of this.frames.splice(0)) {
      const frame = parseEthernet(bytes);
      if ('error' in frame || frame.type !== etherType.ipv4) continue;
      const packet = parseIpv4(frame.payload);
      if ('error' in packet) throw new Error(`the stack sent a bad packet: ${packet.error}`);
      packets.push(packet);
    }
    return packets;
  }

  /** The TCP segments since the last look. Their checksums were right. */
  segments(): TcpSegment[] {
    return this.packets()
      .filter((packet) => packet.protocol === protocolNumber.tcp)
      .map((packet) => {
        const segment = parseTcp(packet.payload, 0, packet.payload.length, packet.source, packet.destination);
        if ('error' in segment) throw new Error(`the stack sent a bad segment: ${segment.error}`);
        return segment;
      });
  }

  /** What the stack asked by ARP since the last look (with `answersArp` off). */
  arpRequests(): string[] {
    return this.frames.splice(0).flatMap((bytes) => {
      const frame = parseEthernet(bytes);
      if ('error' in frame || frame.type !== etherType.arp) return [];
      const arp = parseArp(frame.payload);
      return 'error' in arp || arp.operation !== arpOperation.request ? [] : [formatAddress(arp.target)];
    });
  }

  /** The handshake of a client at `port` with a listener of the stack; answers the stack's ISS. */
  handshake(port: number, listenerPort: number, source: Address = peerAddress): number {
    this.tcp(
      { sourcePort: port, destinationPort: listenerPort, sequence: 100, flags: tcpFlag.syn, window: 65_535 },
      source,
    );
    const synAck = this.segments().find(
      (segment) => segment.destinationPort === port && segment.flags === (tcpFlag.syn | tcpFlag.ack),
    );
    if (!synAck) throw new Error('no SYN-ACK');
    const acknowledgment = (synAck.sequence + 1) | 0;
    this.tcp(
      {
        sourcePort: port,
        destinationPort: listenerPort,
        sequence: 101,
        acknowledgment,
        flags: tcpFlag.ack,
        window: 65_535,
      },
      source,
    );
    return synAck.sequence;
  }

  private answerArp(bytes: Uint8Array): boolean {
    const frame = parseEthernet(bytes);
    if ('error' in frame || frame.type !== etherType.arp) return false;
    const arp = parseArp(frame.payload);
    if ('error' in arp || arp.operation !== arpOperation.request) return true;
    const { senderMac, sender, target } = arp;
    const reply = {
      operation: arpOperation.reply,
      senderMac: peerMac,
      sender: target,
      targetMac: senderMac,
      target: sender,
    };
    const payload = emitArp(reply);
    this.push(emitEthernet({ destination: senderMac, source: peerMac, type: etherType.arp, payload }));
    return true;
  }
}

/** An IPv4 packet from the peer to the stack, with what is left out as usual. */
export function ipPacket(
  parts: Partial<Ipv4Packet> & Pick<Ipv4Packet, 'protocol' | 'payload'>,
): Uint8Array<ArrayBuffer> {
  return emitIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffsetBytes: 0,
    ttl: 64,
    source: peerAddress,
    destination: stackAddress,
    options: new Uint8Array(0),
    ...parts,
  });
}

/** A TCP segment from `source` to the stack as a packet. */
export function tcpPacket(segment: SegmentParts, source: Address = peerAddress): Uint8Array<ArrayBuffer> {
  const whole = {
    sequence: 0,
    acknowledgment: 0,
    window: 65_535,
    urgentPointer: 0,
    payload: new Uint8Array(0),
    ...segment,
  };
  return ipPacket({ protocol: protocolNumber.tcp, source, payload: emitTcp(whole, source, stackAddress) });
}
