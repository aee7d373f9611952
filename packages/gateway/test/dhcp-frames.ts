import type { Address } from '@synos/interfaces';
import {
  emitEthernet,
  emitIpv4,
  emitUdp,
  etherType,
  ipv4,
  parseEthernet,
  parseIpv4,
  parseUdp,
  protocolNumber,
} from '@synos/wire';
import { type DhcpMessage, emitDhcp, parseDhcp } from '../src/dhcp/message.js';

export const everybody: Uint8Array<ArrayBuffer> = new Uint8Array(6).fill(255);
const nobody = ipv4(0, 0, 0, 0);
const all = ipv4(255, 255, 255, 255);

/** A hardware address with a number in it. */
export function mac(number: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([2, 0, number >>> 24, number >>> 16, number >>> 8, number]);
}

/** A client's message; what is not told is as a client without an address has it. */
export function fromClient(
  fields: Partial<Omit<DhcpMessage, 'options'>> & { options?: Record<number, Uint8Array<ArrayBuffer>> },
): DhcpMessage {
  const options = new Map(Object.entries(fields.options ?? {}).map(([code, value]) => [Number(code), value] as const));
  const base = { op: 1, type: 1, xid: 7, secs: 0, broadcast: false, ciaddr: 0, yiaddr: 0, giaddr: 0 } as const;
  return { ...base, chaddr: mac(1), ...fields, options };
}

/** A UDP datagram in a frame. */
export function udpFrame(parts: {
  from: { mac: Uint8Array<ArrayBuffer>; address?: Address; port: number };
  to: { mac?: Uint8Array<ArrayBuffer>; address?: Address; port: number };
  payload: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const { from, to } = parts;
  const [source, destination] = [from.address ?? nobody, to.address ?? all];
  const payload = emitUdp(
    { sourcePort: from.port, destinationPort: to.port, payload: parts.payload },
    source,
    destination,
  );
  const packet = emitIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffsetBytes: 0,
    ttl: 64,
    protocol: protocolNumber.udp,
    source,
    destination,
    options: new Uint8Array(0),
    payload,
  });
  return emitEthernet({ destination: to.mac ?? everybody, source: from.mac, type: etherType.ipv4, payload: packet });
}

/** A client's message in a frame, as RFC 2131 §4.1 has it sent. */
export function dhcpFrame(
  message: DhcpMessage,
  source: Uint8Array<ArrayBuffer> = message.chaddr,
): Uint8Array<ArrayBuffer> {
  return udpFrame({ from: { mac: source, port: 68 }, to: { port: 67 }, payload: emitDhcp(message) });
}

/** What a frame of a server's says, with where it went; `null` for any other frame. */
export function readReply(frame: Uint8Array): (DhcpMessage & { to: Address; link: Uint8Array }) | null {
  const ethernet = parseEthernet(frame);
  if ('error' in ethernet || ethernet.type !== etherType.ipv4) return null;
  const packet = parseIpv4(ethernet.payload);
  if ('error' in packet || packet.protocol !== protocolNumber.udp) return null;
  const datagram = parseUdp(packet.payload, 0, packet.payload.length, packet.source, packet.destination);
  if ('error' in datagram || datagram.sourcePort !== 67 || datagram.destinationPort !== 68) return null;
  const message = parseDhcp(datagram.payload);
  return 'error' in message ? null : { ...message, to: packet.destination, link: ethernet.destination };
}
