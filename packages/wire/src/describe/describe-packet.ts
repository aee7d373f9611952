import { formatAddress } from '../address.js';
import { arpOperation, parseArp } from '../arp.js';
import { etherType, formatMac, parseEthernet } from '../ethernet.js';
import { icmpType, parseIcmp } from '../icmp.js';
import { type Ipv4Packet, parseIpv4, protocolNumber } from '../ipv4.js';
import { codeName, type Malformed } from '../parsed.js';
import { parseTcp, tcpFlag } from '../tcp.js';
import { parseUdp } from '../udp.js';

/**
 * A frame or packet on one line, much as tcpdump prints it, for logs and counterexamples. Takes an Ethernet frame or
 * an IPv4 packet and tells them apart by looking.
 */
export function describePacket(bytes: Uint8Array): string {
  const packet = parseIpv4(bytes);
  const frame = parseEthernet(bytes);
  if (!('error' in packet) || 'error' in frame) return describeIpv4(bytes);
  const { type, payload, source, destination } = frame;
  if (type === etherType.ipv4) return describeIpv4(payload);
  if (type === etherType.arp) return describeArp(payload);
  // A packet whose fault kept it from being recognised above.
  if (bytes[0]! >>> 4 === 4) return describeIpv4(bytes);
  return `${formatMac(source)} > ${formatMac(destination)}, type 0x${type.toString(16)}${lengthOf(payload)}`;
}

function lengthOf(bytes: Uint8Array): string {
  return `, length ${bytes.length}`;
}

function describeFault(protocol: string, { error }: Malformed<string>, bytes: Uint8Array): string {
  return `${protocol} [${error}]${lengthOf(bytes)}`;
}

function describeArp(bytes: Uint8Array): string {
  const arp = parseArp(bytes);
  if ('error' in arp) return describeFault('ARP', arp, bytes);
  const sender = formatAddress(arp.sender);
  if (arp.operation === arpOperation.request) return `ARP who-has ${formatAddress(arp.target)} tell ${sender}`;
  if (arp.operation === arpOperation.reply) return `ARP ${sender} is-at ${formatMac(arp.senderMac)}`;
  return `ARP operation ${arp.operation}`;
}

function describeIpv4(bytes: Uint8Array): string {
  const packet = parseIpv4(bytes);
  if ('error' in packet) return describeFault('IP', packet, bytes);
  return `IP ${formatAddress(packet.source)} > ${formatAddress(packet.destination)}: ${describePayload(packet)}`;
}

function describePayload(packet: Ipv4Packet): string {
  const { payload, protocol, source, destination, moreFragments, fragmentOffsetBytes } = packet;
  if (moreFragments || fragmentOffsetBytes > 0) {
    return `frag ${packet.identification}@${fragmentOffsetBytes}${moreFragments ? '+' : ''}${lengthOf(payload)}`;
  }
  if (protocol === protocolNumber.tcp) return describeTcp(payload, packet);
  if (protocol === protocolNumber.icmp) return describeIcmp(payload);
  if (protocol !== protocolNumber.udp) return `protocol ${protocol}${lengthOf(payload)}`;
  const udp = parseUdp(payload, 0, payload.length, source, destination);
  if ('error' in udp) return describeFault('UDP', udp, payload);
  return `UDP ${udp.sourcePort} > ${udp.destinationPort}${lengthOf(udp.payload)}`;
}

function describeIcmp(bytes: Uint8Array): string {
  const icmp = parseIcmp(bytes);
  if ('error' in icmp) return describeFault('ICMP', icmp, bytes);
  const { type, code, restOfHeader, payload } = icmp;
  const isEcho = type === icmpType.echoRequest || type === icmpType.echoReply;
  const detail = isEcho ? `id ${restOfHeader >>> 16}, seq ${restOfHeader & 0xffff}` : `code ${code}`;
  return `ICMP ${codeName(icmpType, type) ?? type}, ${detail}${lengthOf(payload)}`;
}

function describeTcp(bytes: Uint8Array, packet: Ipv4Packet): string {
  const tcp = parseTcp(bytes, 0, bytes.length, packet.source, packet.destination);
  if ('error' in tcp) return describeFault('TCP', tcp, bytes);
  const { flags, sequence, payload, options } = tcp;
  // The letters of tcpdump, by bit.
  const letters = [...'FSRP.UEW'].filter((_, bit) => (flags >>> bit) & 1).join('');
  let text = `TCP ${tcp.sourcePort} > ${tcp.destinationPort} [${letters}], seq ${sequence >>> 0}`;
  if (payload.length > 0) text += `:${(sequence + payload.length) >>> 0}`;
  if (flags & tcpFlag.ack) text += `, ack ${tcp.acknowledgment >>> 0}`;
  text += `, win ${tcp.window}`;
  if (options.mssBytes > 0) text += `, mss ${options.mssBytes}`;
  if (options.sackPermitted) text += ', sackOK';
  if (options.hasTimestamp) text += `, TS val ${options.timestampValue >>> 0} ecr ${options.timestampEcho >>> 0}`;
  if (options.windowScale >= 0) text += `, wscale ${options.windowScale}`;
  for (let i = 0; i < options.sackCount; i++) {
    text += `, sack ${options.sackLeft[i]! >>> 0}:${options.sackRight[i]! >>> 0}`;
  }
  return text + lengthOf(payload);
}
