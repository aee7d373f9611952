import { formatAddress } from './address.js';
import { arpOperation, parseArp } from './arp.js';
import { etherType, formatMac, parseEthernet } from './ethernet.js';
import { icmpType, parseIcmp } from './icmp.js';
import { type Ipv4Packet, parseIpv4, protocolNumber } from './ipv4.js';
import { codeName } from './parsed.js';
import { parseTcp, type TcpSegment, tcpFlag } from './tcp.js';
import type { TcpOptionValues } from './tcp-options.js';
import { parseUdp } from './udp.js';

/**
 * A frame or packet on one line, much as tcpdump prints it, for logs and counterexamples. Takes an Ethernet frame or
 * an IPv4 packet and tells them apart by looking.
 */
export function describePacket(bytes: Uint8Array): string {
  const packet = parseIpv4(bytes);
  if (!('error' in packet)) return describeIpv4(packet);
  const frame = parseEthernet(bytes);
  if ('error' in frame) return `${bytes.length} bytes: ${frame.error}`;
  if (frame.type === etherType.ipv4) {
    const inner = parseIpv4(frame.payload);
    return 'error' in inner ? `IP [${inner.error}], length ${frame.payload.length}` : describeIpv4(inner);
  }
  if (frame.type === etherType.arp) return describeArp(frame.payload);
  if (bytes[0]! >>> 4 === 4) return `IP [${packet.error}], length ${bytes.length}`;
  const type = `0x${frame.type.toString(16).padStart(4, '0')}`;
  return `${formatMac(frame.source)} > ${formatMac(frame.destination)}, type ${type}, length ${frame.payload.length}`;
}

function describeArp(bytes: Uint8Array): string {
  const arp = parseArp(bytes);
  if ('error' in arp) return `ARP [${arp.error}], length ${bytes.length}`;
  const sender = formatAddress(arp.sender);
  const target = formatAddress(arp.target);
  if (arp.operation === arpOperation.request) return `ARP, who-has ${target} tell ${sender}`;
  if (arp.operation === arpOperation.reply) return `ARP, ${sender} is-at ${formatMac(arp.senderMac)}`;
  return `ARP, operation ${arp.operation}`;
}

function describeIpv4(packet: Ipv4Packet): string {
  const source = formatAddress(packet.source);
  const destination = formatAddress(packet.destination);
  const { payload, fragmentOffsetBytes: offset } = packet;
  if (packet.moreFragments || offset > 0) {
    const more = packet.moreFragments ? '+' : '';
    return `IP ${source} > ${destination}: frag ${packet.identification}:${payload.length}@${offset}${more}`;
  }
  switch (packet.protocol) {
    case protocolNumber.tcp: {
      const tcp = parseTcp(payload, 0, payload.length, packet.source, packet.destination);
      if ('error' in tcp) return `IP ${source} > ${destination}: TCP [${tcp.error}], length ${payload.length}`;
      return `IP ${source}.${tcp.sourcePort} > ${destination}.${tcp.destinationPort}: ${describeTcp(tcp)}`;
    }
    case protocolNumber.udp: {
      const udp = parseUdp(payload, 0, payload.length, packet.source, packet.destination);
      if ('error' in udp) return `IP ${source} > ${destination}: UDP [${udp.error}], length ${payload.length}`;
      const ports = `${source}.${udp.sourcePort} > ${destination}.${udp.destinationPort}`;
      return `IP ${ports}: UDP, length ${udp.payload.length}`;
    }
    case protocolNumber.icmp:
      return `IP ${source} > ${destination}: ${describeIcmp(payload)}`;
    default:
      return `IP ${source} > ${destination}: protocol ${packet.protocol}, length ${payload.length}`;
  }
}

function describeIcmp(payload: Uint8Array): string {
  const icmp = parseIcmp(payload);
  if ('error' in icmp) return `ICMP [${icmp.error}], length ${payload.length}`;
  const echo = icmp.type === icmpType.echoRequest || icmp.type === icmpType.echoReply;
  const detail = echo
    ? ` id ${icmp.restOfHeader >>> 16}, seq ${icmp.restOfHeader & 0xffff}`
    : icmp.code > 0
      ? ` code ${icmp.code}`
      : '';
  return `ICMP ${codeName(icmpType, icmp.type) ?? `type ${icmp.type}`}${detail}, length ${icmp.payload.length}`;
}

function describeTcp(segment: TcpSegment): string {
  const { flags, payload } = segment;
  const sequence = segment.sequence >>> 0;
  const parts = [`Flags [${describeFlags(flags)}]`];
  if (payload.length > 0) parts.push(`seq ${sequence}:${(sequence + payload.length) >>> 0}`);
  else parts.push(`seq ${sequence}`);
  if (flags & tcpFlag.ack) parts.push(`ack ${segment.acknowledgment >>> 0}`);
  parts.push(`win ${segment.window}`);
  if (flags & tcpFlag.urg) parts.push(`urg ${segment.urgentPointer}`);
  const options = describeOptions(segment.options);
  if (options) parts.push(`options [${options}]`);
  parts.push(`length ${payload.length}`);
  return parts.join(', ');
}

function describeFlags(flags: number): string {
  const letters: [number, string][] = [
    [tcpFlag.syn, 'S'],
    [tcpFlag.fin, 'F'],
    [tcpFlag.rst, 'R'],
    [tcpFlag.psh, 'P'],
    [tcpFlag.urg, 'U'],
    [tcpFlag.ece, 'E'],
    [tcpFlag.cwr, 'W'],
    [tcpFlag.ack, '.'],
  ];
  return letters.map(([bit, letter]) => (flags & bit ? letter : '')).join('') || 'none';
}

function describeOptions(options: TcpOptionValues): string {
  const { mssBytes, windowScale, sackPermitted, timestamp, sack } = options;
  const parts: string[] = [];
  if (mssBytes !== undefined) parts.push(`mss ${mssBytes}`);
  if (sackPermitted) parts.push('sackOK');
  if (timestamp) parts.push(`TS val ${timestamp.value >>> 0} ecr ${timestamp.echo >>> 0}`);
  if (windowScale !== undefined) parts.push(`wscale ${windowScale}`);
  if (sack) parts.push(`sack ${sack.map(({ left, right }) => `{${left >>> 0}:${right >>> 0}}`).join('')}`);
  return parts.join(',');
}
