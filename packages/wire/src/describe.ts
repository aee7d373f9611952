import { formatAddress } from './address.js';
import { arpOperation, parseArp } from './arp.js';
import { etherType, formatMac, parseEthernet } from './ethernet.js';
import { icmpType, parseIcmp } from './icmp.js';
import { parseIpv4, protocolNumber } from './ipv4.js';
import { codeName } from './parsed.js';
import { parseTcp, type TcpSegment, tcpFlag } from './tcp.js';
import { parseUdp } from './udp.js';

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

function describeArp(bytes: Uint8Array): string {
  const arp = parseArp(bytes);
  if ('error' in arp) return `ARP [${arp.error}]${lengthOf(bytes)}`;
  const sender = formatAddress(arp.sender);
  if (arp.operation === arpOperation.request) return `ARP, who-has ${formatAddress(arp.target)} tell ${sender}`;
  if (arp.operation === arpOperation.reply) return `ARP, ${sender} is-at ${formatMac(arp.senderMac)}`;
  return `ARP, operation ${arp.operation}`;
}

function describeIpv4(bytes: Uint8Array): string {
  const packet = parseIpv4(bytes);
  if ('error' in packet) return `IP [${packet.error}]${lengthOf(bytes)}`;
  const { payload, protocol, fragmentOffsetBytes: offset } = packet;
  let ends: { sourcePort: number; destinationPort: number } | undefined;
  let text = `protocol ${protocol}`;
  if (packet.moreFragments || offset > 0) {
    text = `frag ${packet.identification}:${payload.length}@${offset}${packet.moreFragments ? '+' : ''}`;
  } else if (protocol === protocolNumber.tcp) {
    const tcp = parseTcp(payload, 0, payload.length, packet.source, packet.destination);
    if ('error' in tcp) text = `TCP [${tcp.error}]`;
    else {
      ends = tcp;
      text = describeTcp(tcp);
    }
  } else if (protocol === protocolNumber.udp) {
    const udp = parseUdp(payload, 0, payload.length, packet.source, packet.destination);
    if ('error' in udp) text = `UDP [${udp.error}]`;
    else {
      ends = udp;
      text = `UDP${lengthOf(udp.payload)}`;
    }
  } else if (protocol === protocolNumber.icmp) {
    text = describeIcmp(payload);
  }
  const source = formatAddress(packet.source) + (ends ? `.${ends.sourcePort}` : '');
  const destination = formatAddress(packet.destination) + (ends ? `.${ends.destinationPort}` : '');
  return `IP ${source} > ${destination}: ${text}`;
}

function describeIcmp(bytes: Uint8Array): string {
  const icmp = parseIcmp(bytes);
  if ('error' in icmp) return `ICMP [${icmp.error}]`;
  const { type, code, restOfHeader } = icmp;
  const text = `ICMP ${codeName(icmpType, type) ?? `type ${type}`}`;
  return type === icmpType.echoRequest || type === icmpType.echoReply
    ? `${text}, id ${restOfHeader >>> 16}, seq ${restOfHeader & 0xffff}`
    : `${text}, code ${code}`;
}

/** The letters of tcpdump, by bit. */
const flagLetters = 'FSRP.UEW';

function describeTcp(segment: TcpSegment): string {
  const { flags, payload, options } = segment;
  const sequence = segment.sequence >>> 0;
  const letters = [...flagLetters].filter((_, bit) => (flags >>> bit) & 1).join('');
  let text = `Flags [${letters}], seq ${sequence}`;
  if (payload.length > 0) text += `:${(sequence + payload.length) >>> 0}`;
  if (flags & tcpFlag.ack) text += `, ack ${segment.acknowledgment >>> 0}`;
  text += `, win ${segment.window}`;
  if (flags & tcpFlag.urg) text += `, urg ${segment.urgentPointer}`;
  const { mssBytes, windowScale, sackPermitted, timestamp, sack } = options;
  if (mssBytes) text += `, mss ${mssBytes}`;
  if (sackPermitted) text += ', sackOK';
  if (timestamp) text += `, TS val ${timestamp.value >>> 0} ecr ${timestamp.echo >>> 0}`;
  if (windowScale !== undefined) text += `, wscale ${windowScale}`;
  for (const { left, right } of sack ?? []) text += `, sack ${left >>> 0}:${right >>> 0}`;
  return text + lengthOf(payload);
}
