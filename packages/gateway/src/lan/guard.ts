import type { Clock, DeviceFeatures, DeviceListener, NetDevice, Packet } from '@synos/interfaces';
import { etherType, ipv4MinHeaderBytes, protocolNumber, udpDestinationPort, udpHeaderBytes } from '@synos/wire';
import { Claims } from './claims.js';

const ethernetBytes = 14;
const dhcpServerPort = 67;
/** Where a DHCP message has the client's hardware address (RFC 2131 §2). */
const chaddrOffset = 28;
/** DHCP messages of one guest: so many at once, and so many a second. A client in trouble sends one in four seconds. */
const dhcpBurst = 20;
const dhcpPerSecond = 10;
/** Hardware addresses and IPv4 addresses behind one guest's card: bridges and aliases have a few. */
const stationsPerGuest = 4;
const addressesPerGuest = 16;

/** Why a guest's frames did not get into the network. */
export type GuardCounters = {
  /** A hardware address that is another's (the gateway's, another guest's), a group's, or one too many. */
  station: number;
  /** An IPv4 address, of a packet or in ARP, that is another's, or one too many. */
  address: number;
  /** DHCP in another card's name. */
  dhcpStation: number;
  /** DHCP beyond 20 messages at once and 10 a second. */
  dhcpRate: number;
};

/** All zero. */
export function createGuardCounters(): GuardCounters {
  return { station: 0, address: 0, dhcpStation: 0, dhcpRate: 0 };
}

/** What the guards of one network share: who holds which addresses. */
export class GuardState {
  readonly counters: GuardCounters;
  readonly stations: Claims;
  readonly addresses: Claims;
  readonly clock: Clock;

  constructor(clock: Clock, gateway: { readonly station: Uint8Array; readonly address: number }) {
    this.counters = createGuardCounters();
    this.clock = clock;
    this.stations = new Claims(stationsPerGuest, this);
    this.addresses = new Claims(addressesPerGuest, this);
    this.stations.fix(stationOf(gateway.station, 0));
    this.addresses.fix(gateway.address);
  }
}

/**
 * A guest's device whose received frames are looked at: nobody speaks in another's name, or in more names than a few,
 * and nobody floods the DHCP server. What switches call port security, source guard and DHCP snooping.
 */
export class GuardedDevice implements NetDevice {
  readonly medium: 'ethernet';
  readonly #inner: NetDevice;
  readonly #state: GuardState;
  #dhcpTokens: number;
  #dhcpFilledMs: number;

  constructor(inner: NetDevice, state: GuardState) {
    this.medium = 'ethernet';
    this.#inner = inner;
    this.#state = state;
    this.#dhcpTokens = dhcpBurst;
    this.#dhcpFilledMs = state.clock.now();
  }

  get name(): string {
    return this.#inner.name;
  }

  get address(): Uint8Array<ArrayBuffer> {
    return this.#inner.address;
  }

  get isLoopback(): boolean {
    return this.#inner.isLoopback;
  }

  get mtuBytes(): number {
    return this.#inner.mtuBytes;
  }

  get linkUp(): boolean {
    return this.#inner.linkUp;
  }

  get features(): DeviceFeatures {
    return this.#inner.features;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#inner.counters;
  }

  transmit(packet: Packet): boolean {
    return this.#inner.transmit(packet);
  }

  receive(): Packet | null {
    for (;;) {
      const packet = this.#inner.receive();
      if (packet === null || this.#admits(packet)) return packet;
      packet.pool.release(packet);
    }
  }

  listen(listener: DeviceListener | null): void {
    this.#inner.listen(listener);
  }

  advance(nowMs: number): void {
    this.#inner.advance(nowMs);
  }

  nextDeadline(): number {
    return this.#inner.nextDeadline();
  }

  close(): void {
    this.#inner.close();
  }

  /** Gives up what was held in the guest's name. */
  release(): void {
    this.#state.stations.release(this);
    this.#state.addresses.release(this);
  }

  #admits(packet: Packet): boolean {
    const { counters, stations, clock } = this.#state;
    const { view, bytes } = packet.memory;
    const at = packet.start;
    const length = packet.end - at;
    // The devices below let nothing shorter pass.
    if (length < ethernetBytes) return false;
    const nowMs = clock.now();
    const isGroup = ((bytes[at + 6] as number) & 1) !== 0;
    if (isGroup || !stations.use(stationOf(bytes, at + 6), this, nowMs)) {
      counters.station += 1;
      return false;
    }
    const type = view.getUint16(at + 12);
    const body = at + ethernetBytes;
    if (type === etherType.arp && length >= ethernetBytes + 28) return this.#mayUse(view.getInt32(body + 14), nowMs);
    if (type !== etherType.ipv4 || length < ethernetBytes + ipv4MinHeaderBytes) return true;
    return this.#mayUse(view.getInt32(body + 12), nowMs) && this.#mayAskDhcp(packet, body, nowMs);
  }

  /** 0.0.0.0 is everybody's who has no address yet. */
  #mayUse(address: number, nowMs: number): boolean {
    if (address === 0 || this.#state.addresses.use(address, this, nowMs)) return true;
    this.#state.counters.address += 1;
    return false;
  }

  #mayAskDhcp(packet: Packet, ip: number, nowMs: number): boolean {
    const { view, bytes } = packet.memory;
    const udp = ip + (view.getUint8(ip) & 15) * 4;
    const isFirstFragment = (view.getUint16(ip + 6) & 0x1fff) === 0;
    if (view.getUint8(ip + 9) !== protocolNumber.udp || !isFirstFragment || packet.end < udp + udpHeaderBytes)
      return true;
    if (udpDestinationPort(view, udp) !== dhcpServerPort) return true;
    const { counters } = this.#state;
    const chaddr = udp + udpHeaderBytes + chaddrOffset;
    // A first fragment so short that the address is in the next one is somebody's trick.
    if (packet.end < chaddr + 6 || stationOf(bytes, chaddr) !== stationOf(bytes, packet.start + 6)) {
      counters.dhcpStation += 1;
      return false;
    }
    const filled = this.#dhcpTokens + ((nowMs - this.#dhcpFilledMs) * dhcpPerSecond) / 1000;
    this.#dhcpTokens = Math.min(dhcpBurst, filled);
    this.#dhcpFilledMs = nowMs;
    if (this.#dhcpTokens < 1) {
      counters.dhcpRate += 1;
      return false;
    }
    this.#dhcpTokens -= 1;
    return true;
  }
}

/** A hardware address as a number. */
export function stationOf(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 6; index += 1) value = value * 256 + (bytes[index] as number);
  return value;
}
