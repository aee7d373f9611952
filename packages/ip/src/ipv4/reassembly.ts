import { checksumState, type Packet } from '@synos/interfaces';
import {
  copyBytes,
  icmpTimeExceededCode,
  icmpType,
  ipv4Destination,
  ipv4FlagsAndOffset,
  ipv4FragmentOffsetBytes,
  ipv4HeaderBytes,
  ipv4Identification,
  ipv4MinHeaderBytes,
  ipv4MoreFragments,
  ipv4Protocol,
  ipv4Source,
  ipv4Tos,
  ipv4Ttl,
  protocolNumber,
  writeIpv4,
} from '@synos/wire';
import type { Context } from '../context.js';
import type { IcmpErrors } from '../icmp/icmp-errors.js';

const longestPacket = 65_535;
/** RFC 1858 §4: the first fragment must hold TCP's header up to its flags. */
const leastFirstTcpBytes = 16;

/** More fragments, and the fragment offset. */
export const fragmentBits = 0x3fff;

/** One datagram of which fragments have come. */
interface Assembly {
  readonly source: number;
  readonly destination: number;
  readonly identification: number;
  readonly protocol: number;
  readonly isGroup: boolean;
  readonly deadlineMs: number;
  /** In the order of their offsets, without overlaps; `start` at the IPv4 header. */
  readonly fragments: Packet[];
  payloadBytes: number;
  /** Bytes of the whole payload, -1 until the last fragment is here. */
  totalBytes: number;
  /** Its fragments contradicted one another: all that still come are dropped (RFC 5722 §4). */
  rejected: boolean;
}

/**
 * Puts fragments together (RFC 791 §3.2, RFC 815 in spirit). Bounded in datagrams, in packet memory and in time; the
 * oldest makes room.
 */
export class Reassembly {
  private readonly context: Context;
  private readonly errors: IcmpErrors;
  /** Oldest first; all have the same time to live, so this is the order of deadlines too. */
  private readonly assemblies: Assembly[];
  private heldBytes: number;

  constructor(context: Context, errors: IcmpErrors) {
    this.context = context;
    this.errors = errors;
    this.assemblies = [];
    this.heldBytes = 0;
  }

  /** Takes a fragment (`start` at the header, options checked, trimmed); answers the whole packet when this was the last. */
  add(packet: Packet, isGroup: boolean): Packet | null {
    const counters = this.context.counters;
    counters.fragmentsIn++;
    const view = packet.memory.view;
    const at = packet.start;
    const offset = ipv4FragmentOffsetBytes(view, at);
    const headerBytes = ipv4HeaderBytes(view, at);
    const bytes = packet.end - at - headerBytes;
    const more = ipv4MoreFragments(view, at);
    if (bytes === 0 || (more && (bytes & 7) !== 0)) {
      counters.fragmentMalformed++;
      return drop(packet);
    }
    if (
      ipv4Protocol(view, at) === protocolNumber.tcp &&
      (offset === 8 || (offset === 0 && bytes < leastFirstTcpBytes))
    ) {
      counters.fragmentTiny++;
      return drop(packet);
    }
    const assembly = this.find(packet, isGroup);
    if (assembly.rejected) {
      counters.fragmentOfRejected++;
      return drop(packet);
    }
    // The ping of death: no datagram reaches beyond 65,535 bytes.
    if (offset + bytes + ipv4MinHeaderBytes > longestPacket) {
      counters.fragmentTooLong++;
      this.reject(assembly);
      return drop(packet);
    }
    if (!this.insert(assembly, packet, offset, bytes, more)) return drop(packet);
    if (assembly.payloadBytes === assembly.totalBytes) return this.complete(assembly);
    while (this.heldBytes > this.context.limits.reassemblyBytes) this.evictOldest();
    return null;
  }

  get deadlineMs(): number {
    return this.assemblies.length === 0 ? Number.POSITIVE_INFINITY : this.assemblies[0]!.deadlineMs;
  }

  advance(): void {
    while (this.deadlineMs <= this.context.now) {
      const expired = this.assemblies[0]!;
      this.context.counters.fragmentTimeout++;
      const first = expired.fragments[0];
      // RFC 792: only if the first fragment has come. RFC 1122 §3.2.2: never for a group.
      if (first !== undefined && !expired.isGroup && fragmentOffset(first) === 0) {
        this.errors.send(first, first.start, true, icmpType.timeExceeded, icmpTimeExceededCode.reassembly, 0);
      }
      this.discard(expired);
    }
  }

  dispose(): void {
    while (this.assemblies.length > 0) this.discard(this.assemblies[0]!);
  }

  private find(packet: Packet, isGroup: boolean): Assembly {
    const view = packet.memory.view;
    const at = packet.start;
    const source = ipv4Source(view, at);
    const destination = ipv4Destination(view, at);
    const identification = ipv4Identification(view, at);
    const protocol = ipv4Protocol(view, at);
    for (let i = 0; i < this.assemblies.length; i++) {
      const one = this.assemblies[i]!;
      if (
        one.identification === identification &&
        one.source === source &&
        one.destination === destination &&
        one.protocol === protocol
      ) {
        return one;
      }
    }
    if (this.assemblies.length >= this.context.limits.reassemblyDatagrams) this.evictOldest();
    const made: Assembly = {
      source,
      destination,
      identification,
      protocol,
      isGroup,
      deadlineMs: this.context.now + this.context.limits.reassemblyTimeoutMs,
      fragments: [],
      payloadBytes: 0,
      totalBytes: -1,
      rejected: false,
    };
    this.assemblies.push(made);
    this.context.isDueAt(made.deadlineMs);
    return made;
  }

  /** Puts a fragment in its place. False: it is a duplicate, or contradicts others, and then all of the datagram goes. */
  private insert(assembly: Assembly, packet: Packet, offset: number, bytes: number, more: boolean): boolean {
    const fragments = assembly.fragments;
    const end = offset + bytes;
    let place = fragments.length;
    while (place > 0 && fragmentOffset(fragments[place - 1]!) >= offset) place--;
    const next = fragments[place];
    if (next !== undefined && isSame(next, packet)) {
      this.context.counters.fragmentDuplicate++;
      return false;
    }
    const before = place > 0 ? fragments[place - 1]! : undefined;
    const last = fragments[fragments.length - 1];
    const contradicts =
      (before !== undefined && fragmentEnd(before) > offset) ||
      (next !== undefined && fragmentOffset(next) < end) ||
      (assembly.totalBytes >= 0 && (end > assembly.totalBytes || !more)) ||
      (!more && last !== undefined && fragmentEnd(last) > end);
    if (contradicts) {
      this.context.counters.fragmentOverlap++;
      this.reject(assembly);
      return false;
    }
    fragments.splice(place, 0, packet);
    this.heldBytes += packet.slotEnd - packet.slotStart;
    assembly.payloadBytes += bytes;
    if (!more) assembly.totalBytes = end;
    return true;
  }

  /** Copies all fragments into one packet, under the first one's header without its options. */
  private complete(assembly: Assembly): Packet | null {
    const counters = this.context.counters;
    const whole = this.context.packets.take(assembly.totalBytes, false);
    if (whole === null) {
      counters.fragmentNoBuffers++;
      this.discard(assembly);
      return null;
    }
    for (const fragment of assembly.fragments) {
      const headerBytes = ipv4HeaderBytes(fragment.memory.view, fragment.start);
      copyBytes(
        whole.memory.bytes,
        whole.start + fragmentOffset(fragment),
        fragment.memory.bytes,
        fragment.start + headerBytes,
        fragment.end - fragment.start - headerBytes,
      );
    }
    whole.end = whole.start + assembly.totalBytes;
    whole.start -= ipv4MinHeaderBytes;
    whole.checksum = checksumState.none;
    const first = assembly.fragments[0]!;
    const view = first.memory.view;
    writeIpv4(
      whole.memory.view,
      whole.start,
      whole.end - whole.start,
      assembly.identification,
      0,
      ipv4Ttl(view, first.start),
      ipv4Tos(view, first.start),
      assembly.protocol,
      assembly.source,
      assembly.destination,
    );
    counters.fragmentsReassembled++;
    this.discard(assembly);
    return whole;
  }

  private evictOldest(): void {
    this.context.counters.fragmentEvicted++;
    this.discard(this.assemblies[0]!);
  }

  private reject(assembly: Assembly): void {
    this.releaseFragments(assembly);
    assembly.rejected = true;
  }

  private discard(assembly: Assembly): void {
    this.releaseFragments(assembly);
    this.assemblies.splice(this.assemblies.indexOf(assembly), 1);
  }

  private releaseFragments(assembly: Assembly): void {
    for (const fragment of assembly.fragments.splice(0)) {
      this.heldBytes -= fragment.slotEnd - fragment.slotStart;
      fragment.pool.release(fragment);
    }
  }
}

function fragmentOffset(packet: Packet): number {
  return ipv4FragmentOffsetBytes(packet.memory.view, packet.start);
}

function fragmentEnd(packet: Packet): number {
  const headerBytes = ipv4HeaderBytes(packet.memory.view, packet.start);
  return fragmentOffset(packet) + packet.end - packet.start - headerBytes;
}

/** Whether two fragments say the same: place, length, flag and bytes. */
function isSame(a: Packet, b: Packet): boolean {
  const aView = a.memory.view;
  const bView = b.memory.view;
  const marks = ipv4FlagsAndOffset(aView, a.start) ^ ipv4FlagsAndOffset(bView, b.start);
  if ((marks & fragmentBits) !== 0 || fragmentEnd(a) !== fragmentEnd(b)) return false;
  const from = a.start + ipv4HeaderBytes(aView, a.start);
  const other = b.start + ipv4HeaderBytes(bView, b.start);
  for (let i = 0; from + i < a.end; i++) if (a.memory.bytes[from + i] !== b.memory.bytes[other + i]) return false;
  return true;
}

function drop(packet: Packet): null {
  packet.pool.release(packet);
  return null;
}
