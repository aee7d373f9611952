import { type Arrival, checksumState, type Packet } from '@synos/interfaces';
import {
  checkIpv4,
  icmpUnreachableCode,
  ipv4Destination,
  ipv4Fault,
  ipv4FlagsAndOffset,
  ipv4FromWord,
  ipv4HeaderBytes,
  ipv4MinHeaderBytes,
  ipv4Source,
  ipv4TotalBytes,
  protocolNumber,
} from '@synos/wire';
import type { Context } from '../context.js';
import type { IcmpErrors } from '../icmp/icmp-errors.js';
import type { IcmpInput } from '../icmp/icmp-input.js';
import { type InterfaceTable, isLoopbackWord, isMulticastWord } from '../interface-table.js';
import type { NetInterface } from '../net-interface.js';
import { localKind } from '../routing/local-addresses.js';
import type { Transports } from '../transports.js';
import { optionsVerdict, readIpv4Options } from './options.js';
import { fragmentBits, type Reassembly } from './reassembly.js';

/** 224.0.0.1: every host's group. */
const allHosts = 0xe0000001 | 0;

/** What a destination address is to this host. */
const target = { unicast: 0, group: 1, refused: 2, transit: 3 } as const;

/** IPv4 inwards: is it whole, may it be believed, is it ours, whose is it. */
export class Ipv4Input {
  private readonly context: Context;
  private readonly interfaces: InterfaceTable;
  private readonly transports: Transports;
  private readonly reassembly: Reassembly;
  private readonly icmp: IcmpInput;
  private readonly errors: IcmpErrors;
  private readonly arrival: Arrival;
  /** The last addresses that were found plausible and ours, on which device, and at which generation: packets come in trains. */
  private trainSource: number;
  private trainDestination: number;
  private trainDevice: NetInterface | null;
  private trainGeneration: number;

  constructor(
    context: Context,
    interfaces: InterfaceTable,
    transports: Transports,
    reassembly: Reassembly,
    icmp: IcmpInput,
    errors: IcmpErrors,
  ) {
    this.context = context;
    this.interfaces = interfaces;
    this.transports = transports;
    this.reassembly = reassembly;
    this.icmp = icmp;
    this.errors = errors;
    this.trainSource = 0;
    this.trainDestination = 0;
    this.trainDevice = null;
    this.trainGeneration = 0;
    this.arrival = {
      source: ipv4FromWord(0),
      destination: ipv4FromWord(0),
      isGroup: false,
      ttl: 0,
      tos: 0,
      device: 0,
    };
  }

  /** Takes a packet, `start` at its header. `linkGroup`: it came in a broadcast or multicast frame. */
  receive(from: NetInterface, packet: Packet, linkGroup: boolean): void {
    const counters = this.context.counters;
    counters.ipv4In++;
    const memory = packet.memory;
    const view = memory.view;
    const at = packet.start;
    const vouched = packet.checksum !== checksumState.none;
    const fault = checkIpv4(memory, at, packet.end, !vouched);
    if (fault !== 0) {
      this.countFault(fault);
      packet.pool.release(packet);
      return;
    }
    // What follows the total length is padding of the link (RFC 1122 §3.2.1.2 leaves no doubt: it is no data).
    packet.end = at + ipv4TotalBytes(view, at);
    const headerBytes = ipv4HeaderBytes(view, at);
    if (headerBytes > ipv4MinHeaderBytes && !this.optionsAreHarmless(view, at, headerBytes)) {
      packet.pool.release(packet);
      return;
    }
    const source = ipv4Source(view, at);
    const destination = ipv4Destination(view, at);
    const kind = this.isOfTrain(from, source, destination, linkGroup)
      ? target.unicast
      : this.judge(from, source, destination, linkGroup);
    if (kind >= target.refused) {
      if (kind === target.transit) this.context.forwarder!.forward(from, packet);
      else packet.pool.release(packet);
      return;
    }
    // A sum left open by a sender on this machine is as good as verified.
    if (vouched) packet.checksum = checksumState.verified;
    if ((ipv4FlagsAndOffset(view, at) & fragmentBits) !== 0) {
      const whole = this.reassembly.add(packet, kind === target.group);
      if (whole !== null) this.deliver(from, whole, source, destination, kind === target.group);
      return;
    }
    this.deliver(from, packet, source, destination, kind === target.group);
  }

  private deliver(from: NetInterface, packet: Packet, source: number, destination: number, isGroup: boolean): void {
    const view = packet.memory.view;
    const at = packet.start;
    const arrival = this.arrival;
    arrival.source.w3 = source;
    arrival.destination.w3 = destination;
    arrival.isGroup = isGroup;
    // Header length and TOS, TTL and protocol: two loads in place of four.
    const first = view.getInt32(at);
    const life = view.getInt32(at + 8);
    arrival.ttl = life >>> 24;
    arrival.tos = (first >>> 16) & 0xff;
    arrival.device = from.index;
    packet.networkStart = at;
    packet.start = at + ((first >>> 22) & 0x3c);
    const protocol = (life >>> 16) & 0xff;
    const receiver = protocol === protocolNumber.icmp ? this.icmp : this.transports.get(protocol);
    if (receiver !== null) {
      this.context.counters.ipv4Delivered++;
      receiver.receive(packet, arrival);
      return;
    }
    this.context.counters.ipv4UnknownProtocol++;
    this.errors.unreachable(packet, arrival, icmpUnreachableCode.protocol);
    packet.pool.release(packet);
  }

  private optionsAreHarmless(view: DataView<ArrayBuffer>, at: number, headerBytes: number): boolean {
    const verdict = readIpv4Options(view, at + ipv4MinHeaderBytes, at + headerBytes);
    if (verdict === optionsVerdict.skip) return true;
    if (verdict === optionsVerdict.sourceRouted) this.context.counters.ipv4SourceRouted++;
    else this.context.counters.ipv4BadOptions++;
    return false;
  }

  private isOfTrain(from: NetInterface, source: number, destination: number, linkGroup: boolean): boolean {
    return (
      source === this.trainSource &&
      destination === this.trainDestination &&
      from === this.trainDevice &&
      this.context.generation === this.trainGeneration &&
      !linkGroup
    );
  }

  private judge(from: NetInterface, source: number, destination: number, linkGroup: boolean): number {
    if (!this.sourceIsPlausible(from, source, destination)) return target.refused;
    const kind = this.targetOf(from, destination, linkGroup);
    if (kind === target.unicast) {
      this.trainSource = source;
      this.trainDestination = destination;
      this.trainDevice = from;
      this.trainGeneration = this.context.generation;
    }
    return kind;
  }

  /** Martian rules for sources: RFC 1122 §3.2.1.3, RFC 1812 §5.3.7. */
  private sourceIsPlausible(from: NetInterface, source: number, destination: number): boolean {
    // RFC 1122 §3.2.1.3 (a): "this host on this network", who asks all for an address of its own (RFC 2131 §4.1).
    if (source === 0 && destination === -1) return true;
    const top = source >>> 24;
    const kind = this.interfaces.local.kind(source);
    const isOutside = !from.isLoopback;
    if (top === 0 || top >= 224 || kind === localKind.broadcast || (isOutside && top === 127)) {
      this.context.counters.ipv4MartianSource++;
      return false;
    }
    if (isOutside && kind === localKind.own) {
      this.context.counters.ipv4OwnSource++;
      return false;
    }
    return true;
  }

  private targetOf(from: NetInterface, destination: number, linkGroup: boolean): number {
    const counters = this.context.counters;
    // RFC 1122 §3.2.1.3 (g): never from a wire, though an address of ours may well be of 127/8.
    if (isLoopbackWord(destination) && !from.isLoopback) {
      counters.ipv4MartianDestination++;
      return target.refused;
    }
    const kind = this.interfaces.local.kind(destination);
    if (kind === localKind.own || isLoopbackWord(destination)) {
      if (!linkGroup) return target.unicast;
      // RFC 1122 §3.3.6: a frame to all with a packet to one is an error or an attack.
      counters.ipv4LinkBroadcast++;
      return target.refused;
    }
    if (destination === -1 || (kind === localKind.broadcast && isBroadcastOf(from, destination))) return target.group;
    if (isMulticastWord(destination)) {
      if (destination === allHosts || from.groups.has(destination)) return target.group;
      counters.ipv4GroupNotJoined++;
      return target.refused;
    }
    const top = destination >>> 24;
    if (top === 0 || top >= 240) {
      counters.ipv4MartianDestination++;
      return target.refused;
    }
    // RFC 1812 §5.3.4: what came in a frame to all is never passed on.
    if (!linkGroup) {
      if (this.interfaces.accepts(destination)) return target.unicast;
      if (this.context.forwarder !== null) return target.transit;
    }
    counters.ipv4NotForUs++;
    return target.refused;
  }

  private countFault(fault: number): void {
    const counters = this.context.counters;
    if (fault === ipv4Fault.truncated) counters.ipv4Truncated++;
    else if (fault === ipv4Fault.version) counters.ipv4BadVersion++;
    else if (fault === ipv4Fault.headerLength) counters.ipv4BadHeaderLength++;
    else if (fault === ipv4Fault.totalLength) counters.ipv4BadTotalLength++;
    else counters.ipv4BadChecksum++;
  }
}

function isBroadcastOf(from: NetInterface, destination: number): boolean {
  if (from.isLoopback) return true;
  const addresses = from.addresses;
  for (let i = 0; i < addresses.length; i++) if (addresses[i]!.broadcast === destination) return true;
  return false;
}
