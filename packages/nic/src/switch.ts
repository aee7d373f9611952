import { assert, type DeviceFeatures, type Packet, type PacketPool } from '@synos/interfaces';
import { plainFeatures, vouchingFeatures } from './features.js';
import { macFromSeed } from './mac.js';
import { copyFrame } from './packet-copy.js';
import { QueuedDevice, type VirtualDevice } from './queued-device.js';
import { noPort, StationTable } from './station-table.js';

/** One port of a switch. */
export interface SwitchPortOptions {
  /** Default: the switch's name, a dash and the port's index. */
  readonly name?: string;
  /** The host's hardware address; default: made from the name by {@link macFromSeed}. */
  readonly address?: Uint8Array<ArrayBuffer>;
  /** The pool of the stack at this port; see {@link CableEndOptions.pool}. */
  readonly pool?: PacketPool;
}

/** Options of {@link createSwitch}. */
export interface SwitchOptions {
  /** How many ports, or a name or options for each; 1 to 1,024. */
  readonly ports: number | readonly (string | SwitchPortOptions)[];
  /** Default `switch`. */
  readonly name?: string;
  /** How long an address stays known that is not heard, default 300,000 ms (IEEE 802.1D §7.9.2). */
  readonly ageMs?: number;
  /** Addresses that can be known, default 1,024. Further ones are not learned: their frames are flooded. */
  readonly tableSize?: number;
  /** Frames that may wait at each port to be received, default 256. At a full one frames are dropped (`rxQueueFull`). */
  readonly queueLength?: number;
  /** Longest packet, 68 to 65,535, default 1,500. */
  readonly mtuBytes?: number;
  /** As at a cable: no checksums, super-segments whole. Default false. */
  readonly vouches?: boolean;
}

/** Counts of the switch itself; each port counts its own frames. */
export type SwitchCounters = {
  /** Frames to one known port. */
  forwarded: number;
  /** Frames to all other ports: broadcast, multicast, unknown. */
  flooded: number;
  /** Dropped: the destination is at the port it came from. */
  filtered: number;
  /** Dropped: the sender's address was a group address (IEEE 802.3 §3.2.3). */
  groupSource: number;
  /** Copies that no pool had a packet for. */
  noPacket: number;
  /** Addresses not learned because the table was full. */
  tableFull: number;
  /** Addresses that moved to another port. */
  moved: number;
};

/** A learning switch. */
export interface Switch {
  readonly portCount: number;
  /** The host's side of a port: the device to give to a stack. */
  port(index: number): VirtualDevice;
  readonly counters: Readonly<SwitchCounters>;
  /** Addresses in the table. */
  readonly stationCount: number;
  /** Closes all ports. */
  close(): void;
}

/**
 * A learning switch (IEEE 802.1D without the spanning tree): it notes at which port an address was heard and sends
 * frames for it there alone; broadcast, multicast and unknown destinations go to all other ports. Nothing goes back to
 * the port it came from; an address heard elsewhere has moved. Time for aging comes by any port's `advance`.
 *
 * A port is never busy: as in a real switch, what does not fit the outgoing queue is dropped and counted there.
 *
 * @throws Error `ERR_ASSERTION` on counts or sizes out of range
 * @example
 * const lan = createSwitch({ ports: ['server', 'client'] });
 * const server = lan.port(0);
 * const client = lan.port(1);
 */
export function createSwitch(options: SwitchOptions): Switch {
  return new LearningSwitch(options);
}

class LearningSwitch implements Switch {
  readonly counters: SwitchCounters;
  readonly #ports: SwitchPort[];
  readonly #stations: StationTable;
  #nowMs: number;

  constructor(options: SwitchOptions) {
    const ports = typeof options.ports === 'number' ? unnamedPorts(options.ports) : options.ports;
    assert(ports.length >= 1 && ports.length <= 1024, 'a switch has 1 to 1,024 ports');
    const name = options.name ?? 'switch';
    const features = options.vouches === true ? vouchingFeatures : plainFeatures;
    this.counters = { forwarded: 0, flooded: 0, filtered: 0, groupSource: 0, noPacket: 0, tableFull: 0, moved: 0 };
    this.#stations = new StationTable(options.tableSize ?? 1024, options.ageMs ?? 300_000);
    this.#nowMs = 0;
    this.#ports = ports.map((port, index) => {
      const portOptions = typeof port === 'string' ? { name: port } : port;
      return new SwitchPort(this, index, `${name}-${index}`, portOptions, options, features);
    });
  }

  get portCount(): number {
    return this.#ports.length;
  }

  get stationCount(): number {
    return this.#stations.size;
  }

  port(index: number): VirtualDevice {
    const port = this.#ports[index];
    assert(port !== undefined, 'the switch has no such port');
    return port;
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }

  advance(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
  }

  unplugged(port: number): void {
    this.#stations.forgetPort(port);
  }

  forward(packet: Packet, from: number): void {
    const bytes = packet.memory.bytes;
    const at = packet.start;
    if (((bytes[at + 6] as number) & 1) !== 0) {
      this.counters.groupSource++;
      packet.pool.release(packet);
      return;
    }
    this.#learn(bytes, at + 6, from);
    const isGroup = ((bytes[at] as number) & 1) !== 0;
    const to = isGroup ? noPort : this.#stations.lookUp(bytes, at, this.#nowMs);
    if (to === noPort) {
      this.counters.flooded++;
      this.#flood(packet, from);
    } else if (to === from) {
      this.counters.filtered++;
      packet.pool.release(packet);
    } else {
      this.counters.forwarded++;
      (this.#ports[to] as SwitchPort).arrive(packet);
    }
  }

  #learn(bytes: Uint8Array, at: number, from: number): void {
    const before = this.#stations.lookUp(bytes, at, this.#nowMs);
    if (!this.#stations.learn(bytes, at, from, this.#nowMs)) this.counters.tableFull++;
    else if (before !== noPort && before !== from) this.counters.moved++;
  }

  #flood(packet: Packet, from: number): void {
    // The last port gets the packet itself, the others a copy: between two hosts nothing is copied.
    let last: SwitchPort | null = null;
    for (let index = 0; index < this.#ports.length; index++) {
      const port = this.#ports[index] as SwitchPort;
      if (index === from || !port.linkUp) continue;
      if (last !== null) this.#deliverCopy(packet, last);
      last = port;
    }
    if (last === null) packet.pool.release(packet);
    else last.arrive(packet);
  }

  #deliverCopy(packet: Packet, port: SwitchPort): void {
    const copy = copyFrame(packet, port.pool ?? packet.pool);
    if (copy === null) this.counters.noPacket++;
    else port.arrive(copy);
  }
}

class SwitchPort extends QueuedDevice {
  readonly #switch: LearningSwitch;
  readonly #index: number;

  constructor(
    owner: LearningSwitch,
    index: number,
    defaultName: string,
    port: SwitchPortOptions,
    options: SwitchOptions,
    features: DeviceFeatures,
  ) {
    const name = port.name ?? defaultName;
    super({
      name,
      address: port.address ?? macFromSeed(name),
      isLoopback: false,
      mtuBytes: options.mtuBytes ?? 1500,
      queueLength: options.queueLength ?? 256,
      features,
      pool: port.pool ?? null,
    });
    this.#switch = owner;
    this.#index = index;
  }

  transmit(packet: Packet): boolean {
    if (!this.admits(packet)) return true;
    this.countSent(packet);
    this.#switch.forward(packet, this.#index);
    return true;
  }

  override advance(nowMs: number): void {
    this.#switch.advance(nowMs);
  }

  protected refreshLink(): void {
    const isUp = this.isPlugged && !this.isClosed;
    if (!isUp) this.#switch.unplugged(this.#index);
    this.applyLink(isUp);
  }
}

function unnamedPorts(count: number): SwitchPortOptions[] {
  assert(Number.isInteger(count) && count >= 1, 'a switch has 1 to 1,024 ports');
  return Array.from({ length: count }, () => ({}));
}
