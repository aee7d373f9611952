import {
  type Address,
  type Arrival,
  assert,
  failure,
  isIpv4Mapped,
  type NetDevice,
  type Packet,
  type Result,
  type TransportHost,
  type TransportProtocol,
} from '@synos/interfaces';
import { icmpUnreachableCode, ipv4FromWord } from '@synos/wire';
import { Context } from './context.js';
import type { IpCounters } from './counters.js';
import { OwnLoopback } from './device-queue/own-loopback.js';
import { EthernetInput } from './ethernet/ethernet-input.js';
import { macHighOf, macLowOf } from './ethernet/header.js';
import type { ForwarderParts, Forwarding, PacketForwarder } from './forwarding/forwarding.js';
import { Host } from './host.js';
import { IcmpErrors } from './icmp/icmp-errors.js';
import { IcmpInput } from './icmp/icmp-input.js';
import { InterfaceTable, isUnicastWord, ownLoopbackIndex } from './interface-table.js';
import type { DeviceReference, Ip, IpParts, NeighbourInfo, Unreachable } from './ip.js';
import { Ipv4Input } from './ipv4/ipv4-input.js';
import { Ipv4Output } from './ipv4/ipv4-output.js';
import { Reassembly } from './ipv4/reassembly.js';
import { ArpInput } from './neighbour/arp-input.js';
import { ArpOutput } from './neighbour/arp-output.js';
import { describeNeighbour } from './neighbour/neighbour.js';
import { NeighbourTable } from './neighbour/neighbour-table.js';
import type { InterfaceAddress, NetInterface } from './net-interface.js';
import { Pump } from './pump.js';
import { PathMtuCache } from './routing/path-mtu.js';
import { type RouteRecord, type RouteSpecification, RouteTable } from './routing/route-table.js';
import { Router } from './routing/router.js';
import { Transports } from './transports.js';

/**
 * IPv4 over Ethernet: the network under transports, and a host for them.
 *
 * Nothing here owns a timer: call `poll` when `onWork` asks for it and when `nextDeadline()` has come. Packets to the
 * host itself take an attached loopback device, or the host's own (index 1) while there is none.
 *
 * @example
 * const { packets, blocks } = createStackMemory({});
 * const ports = createPortTable({ entropy });
 * const ip = createIp({ packets, blocks, clock, entropy, ports, transports: [udp] });
 * const eth0 = ip.addDevice(device);
 * ip.addAddress(eth0, ipv4(10, 0, 0, 1), 120);
 * ip.addRoute({ prefix: ipv4(0, 0, 0, 0), bits: 96, gateway: ipv4(10, 0, 0, 254) });
 * ip.poll(clock.now(), 64);
 */
export function createIp(parts: IpParts): Ip {
  return new IpStack(parts);
}

const codeOf: Readonly<Record<Unreachable, number>> = {
  network: icmpUnreachableCode.network,
  host: icmpUnreachableCode.host,
  port: icmpUnreachableCode.port,
  prohibited: icmpUnreachableCode.prohibited,
};

/** The wiring, in the order of a byte's way, and the management face. */
class IpStack implements Ip, ForwarderParts {
  readonly name = 'ipv4';
  readonly host: TransportHost;
  readonly counters: IpCounters;
  readonly context: Context;
  private readonly ownLoopback: OwnLoopback;
  readonly interfaces: InterfaceTable;
  readonly table: RouteTable;
  readonly neighbourTable: NeighbourTable;
  readonly errors: IcmpErrors;
  private readonly reassembly: Reassembly;
  private readonly transports: Transports;
  private readonly pump: Pump;
  private isDisposed: boolean;

  constructor(parts: IpParts) {
    const context = new Context(parts);
    const ownLoopback = new OwnLoopback();
    const interfaces = new InterfaceTable(ownLoopback, context);
    const transports = new Transports();

    const table = new RouteTable(context, interfaces);
    const pathMtu = new PathMtuCache(context);
    const router = new Router(context, interfaces, table, pathMtu);
    const arpOutput = new ArpOutput(context);
    const neighbours = new NeighbourTable(context, interfaces, arpOutput, transports);
    const output = new Ipv4Output(context, neighbours);

    const errors = new IcmpErrors(context, router, output);
    const icmp = new IcmpInput(context, router, output, transports, pathMtu);
    const reassembly = new Reassembly(context, errors);
    const ipv4 = new Ipv4Input(context, interfaces, transports, reassembly, icmp, errors);
    const ethernet = new EthernetInput(context, new ArpInput(context, neighbours, arpOutput), ipv4);

    this.counters = context.counters;
    this.context = context;
    this.ownLoopback = ownLoopback;
    this.interfaces = interfaces;
    this.table = table;
    this.neighbourTable = neighbours;
    this.errors = errors;
    this.reassembly = reassembly;
    this.transports = transports;
    this.pump = new Pump(context, interfaces, ethernet, neighbours, reassembly, pathMtu, transports);
    this.isDisposed = false;
    this.host = new Host(context, parts, router, interfaces, output, neighbours, errors);
    this.host.enter();
    for (const factory of parts.transports) this.attach(factory(this.host));
  }

  get onWork(): (() => void) | null {
    return this.context.onWork;
  }

  set onWork(callee: (() => void) | null) {
    this.context.onWork = callee;
  }

  poll(nowMs: number, budgetPackets: number): boolean {
    return this.pump.poll(nowMs, budgetPackets);
  }

  nextDeadline(): number {
    return this.pump.nextDeadline();
  }

  attach(transport: TransportProtocol): void {
    this.transports.add(transport);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    for (const transport of this.transports.all) transport.dispose();
    this.reassembly.dispose();
    for (const one of this.interfaces.attached) {
      this.neighbourTable.flush(one, true);
      this.interfaces.remove(one);
    }
    this.ownLoopback.close();
  }

  addDevice(device: NetDevice): Result {
    assert(device.address.length === 6, 'no Ethernet address');
    return this.interfaces.add(device);
  }

  deviceIndex(name: string): Result {
    // Of two of the name `lo` the attached one is in use.
    const [own, ...others] = this.interfaces.attached;
    return [...others, own].find((each) => each?.device.name === name)?.index ?? failure.noSuchDevice;
  }

  removeDevice(device: DeviceReference): Result {
    const found = this.interfaces.find(device);
    if (found === undefined || found.index === ownLoopbackIndex) return failure.invalid;
    this.table.removeDevice(found.index);
    this.neighbourTable.flush(found, true);
    this.interfaces.remove(found);
    this.pump.deviceRemoved(found.index);
    return 0;
  }

  addAddress(device: DeviceReference, address: Address, prefixBits: number): Result {
    const found = this.interfaces.find(device);
    if (found === undefined) return failure.invalid;
    const added = this.interfaces.addAddress(found, address, prefixBits);
    if (typeof added === 'number') return added;
    const result = this.table.add(linkRoute(found, added));
    // A second address of the same network finds the route there.
    if (result !== 0 && result !== failure.addressInUse) {
      this.interfaces.removeAddress(found, address);
      return result;
    }
    return 0;
  }

  removeAddress(device: DeviceReference, address: Address): Result {
    const found = this.interfaces.find(device);
    const removed = found === undefined ? undefined : this.interfaces.removeAddress(found, address);
    if (found === undefined || removed === undefined) return failure.addressNotAvailable;
    const { word, bits, mask } = removed;
    const heir = found.addresses.find((own) => own.bits === bits && ((own.word ^ word) & mask) === 0);
    this.table.remove(linkRoute(found, removed));
    if (heir !== undefined) this.table.add(linkRoute(found, heir));
    return 0;
  }

  addresses(device: DeviceReference): readonly { readonly address: Address; readonly prefixBits: number }[] {
    const own = this.interfaces.find(device)?.addresses ?? [];
    return own.map(({ address, bits }) => ({ address, prefixBits: bits + 96 }));
  }

  addRoute(route: RouteSpecification): Result {
    return this.table.add(route);
  }

  removeRoute(route: RouteSpecification): Result {
    return this.table.remove(route);
  }

  routes(): readonly RouteRecord[] {
    return this.table.all();
  }

  neighbours(): readonly NeighbourInfo[] {
    return this.neighbourTable.all().map((entry) => describeNeighbour(entry, this.context.now));
  }

  addNeighbour(device: DeviceReference, address: Address, mac: Uint8Array): Result {
    const found = this.interfaces.find(device);
    if (found === undefined || !isIpv4Mapped(address) || !isUnicastWord(address.w3)) return failure.invalid;
    if (mac.length !== 6 || (mac[0]! & 1) !== 0) return failure.invalid;
    return this.neighbourTable.setPermanent(found, address.w3, macHighOf(mac), macLowOf(mac));
  }

  removeNeighbour(device: DeviceReference, address: Address): Result {
    const found = this.interfaces.find(device);
    const entry =
      found === undefined || !isIpv4Mapped(address) ? undefined : this.neighbourTable.find(found, address.w3);
    if (entry === undefined) return failure.addressNotAvailable;
    this.neighbourTable.remove(entry);
    return 0;
  }

  joinGroup(device: DeviceReference, group: Address): Result {
    const found = this.interfaces.find(device);
    return found === undefined ? failure.invalid : this.interfaces.joinGroup(found, group);
  }

  leaveGroup(device: DeviceReference, group: Address): Result {
    const found = this.interfaces.find(device);
    return found === undefined ? failure.invalid : this.interfaces.leaveGroup(found, group);
  }

  acceptPrefix(prefix: Address, prefixBits: number): Result {
    return this.interfaces.acceptPrefix(prefix, prefixBits);
  }

  unreachable(packet: Packet, arrival: Arrival, why: Unreachable): void {
    this.host.enter();
    this.errors.unreachable(packet, arrival, codeOf[why]);
    this.context.notify();
  }

  setForwarding(forwarding: Forwarding | null): void {
    const make = forwarding as ((parts: ForwarderParts) => PacketForwarder) | null;
    this.context.forwarder = make?.(this) ?? null;
  }
}

/** The route that an address brings: its network is on the link. */
function linkRoute({ index }: NetInterface, { address, word, bits, mask }: InterfaceAddress): RouteSpecification {
  return { prefix: ipv4FromWord(word & mask), bits: bits + 96, device: index, metric: 0, source: address };
}
