import type { Address } from '@synos/interfaces';
import {
  arpOperation,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitIpv4,
  etherType,
  type IcmpMessage,
  type Ipv4Packet,
  parseArp,
  parseEthernet,
  parseIcmp,
  parseIpv4,
} from '@synos/wire';
import { own, peer, peerMac, protocol } from './bench.js';

export const ownMac: Uint8Array<ArrayBuffer> = new Uint8Array([2, 0, 0, 0, 0, 1]);
const noMac = new Uint8Array(6);

/** A frame to us from the peer. */
export function frame(type: number, payload: Uint8Array, destination: Uint8Array = ownMac, source = peerMac) {
  return emitEthernet({ destination, source, type, payload });
}

/** An IPv4 packet from the peer to us, unless said otherwise. */
export function packet(fields: Partial<Ipv4Packet> = {}): Uint8Array<ArrayBuffer> {
  return emitIpv4({
    tos: 0,
    identification: 7,
    dontFragment: false,
    moreFragments: false,
    fragmentOffsetBytes: 0,
    ttl: 64,
    protocol,
    source: peer,
    destination: own,
    options: new Uint8Array(0),
    payload: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
    ...fields,
  });
}

export function ipFrame(fields: Partial<Ipv4Packet> = {}, destination: Uint8Array = ownMac): Uint8Array<ArrayBuffer> {
  return frame(etherType.ipv4, packet(fields), destination);
}

export function icmpFrame(message: IcmpMessage, fields: Partial<Ipv4Packet> = {}, destination = ownMac) {
  return ipFrame({ protocol: 1, payload: emitIcmp(message), ...fields }, destination);
}

export function arpFrame(
  operation: 'request' | 'reply',
  sender: Address,
  senderMac: Uint8Array,
  target: Address,
  targetMac: Uint8Array = noMac,
  destination: Uint8Array = ownMac,
): Uint8Array<ArrayBuffer> {
  const payload = emitArp({ operation: arpOperation[operation], senderMac, sender, targetMac, target });
  return frame(etherType.arp, payload, destination, senderMac as Uint8Array<ArrayBuffer>);
}

/** The peer's answer to our question. */
export function arpReply(sender: Address = peer, senderMac: Uint8Array = peerMac): Uint8Array<ArrayBuffer> {
  return arpFrame('reply', sender, senderMac, own, ownMac);
}

/** A frame as values, for comparing. Fails on what is no frame of ours. */
export function read(bytes: Uint8Array) {
  const ethernet = parseEthernet(bytes);
  if ('error' in ethernet) throw new Error(ethernet.error);
  if (ethernet.type === etherType.arp) {
    const arp = parseArp(ethernet.payload);
    if ('error' in arp) throw new Error(arp.error);
    return { ethernet, arp };
  }
  const ip = parseIpv4(ethernet.payload);
  if ('error' in ip) throw new Error(ip.error);
  return { ethernet, ip };
}

export function readIp(bytes: Uint8Array): Ipv4Packet {
  const { ip } = read(bytes);
  if (ip === undefined) throw new Error('not IPv4');
  return ip;
}

export function readIcmp(bytes: Uint8Array): IcmpMessage {
  const message = parseIcmp(readIp(bytes).payload);
  if ('error' in message) throw new Error(message.error);
  return message;
}

export function readArp(bytes: Uint8Array) {
  const { arp, ethernet } = read(bytes);
  if (arp === undefined) throw new Error('not ARP');
  return { ...arp, destination: ethernet.destination };
}
