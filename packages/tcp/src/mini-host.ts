import {
  type Address,
  addressEquals,
  failure,
  isUnspecified,
  type Packet,
  type PortOwner,
  type PortTable,
  type Route,
  type SendOptions,
  type TransportHost,
} from '@synos/interfaces';
import { addressSum, createStackMemory, fillChecksum, type StackMemory, type StackMemoryOptions } from '@synos/wire';

/** A segment that a {@link MiniHost} was given to send. */
export interface SentSegment {
  readonly timeMs: number;
  readonly source: Address;
  readonly destination: Address;
  readonly options: SendOptions;
  /** From the TCP header on, checksum complete. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a {@link MiniHost} is made from. */
export interface MiniHostSettings {
  readonly nowMs: number;
  /** The only address that is ours; null: every source is. */
  readonly address: Address | null;
  readonly mtuBytes: number;
  /** State of its generator. */
  readonly seed: number;
  readonly ringBytes: number;
  /** Makes its memory; plain if not given. */
  readonly allocate?: StackMemoryOptions['allocate'];
}

const firstEphemeralPort = 49_152;

/** The least that a TCP can run on: one address, a wire that is a list, time that is set by hand. */
export class MiniHost implements TransportHost {
  now: number;
  /** Each segment is an entry of its own. */
  readonly isPolling: boolean;
  sent: SentSegment[];
  readonly packets: StackMemory['packets'];
  readonly blocks: StackMemory['blocks'];
  readonly ports: MiniPorts;
  readonly entropy: { fill(bytes: Uint8Array<ArrayBuffer>): void };
  onUnclaimed: TransportHost['onUnclaimed'];
  seed: number;
  private readonly settings: MiniHostSettings;
  private readonly routes: Route[];

  constructor(settings: MiniHostSettings) {
    this.settings = settings;
    this.now = settings.nowMs;
    this.isPolling = false;
    this.sent = [];
    const memory = createStackMemory({
      smallPackets: 64,
      largePackets: 2,
      ringBytes: settings.ringBytes,
      ringLimitBytes: 1 << 24,
      ...(settings.allocate && { allocate: settings.allocate }),
    });
    this.packets = memory.packets;
    this.blocks = memory.blocks;
    this.seed = settings.seed;
    this.entropy = {
      fill: (bytes) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = this.draw();
      },
    };
    this.ports = new MiniPorts(() => this.draw());
    this.onUnclaimed = null;
    this.routes = [];
  }

  enter(): void {}
  wake(): void {}
  portUnreachable(): void {}
  confirmReachable(): void {}

  isLocalAddress(address: Address): boolean {
    return this.settings.address === null || addressEquals(address, this.settings.address);
  }

  route(source: Address, destination: Address): Route | number {
    const own = isUnspecified(source) ? (this.settings.address ?? source) : source;
    if (!this.isLocalAddress(own)) return failure.addressNotAvailable;
    for (const route of this.routes) {
      if (addressEquals(route.destination, destination) && addressEquals(route.source, own)) return route;
    }
    const { mtuBytes } = this.settings;
    const route: Route = {
      source: { ...own },
      destination: { ...destination },
      device: 0,
      isLocal: addressEquals(own, destination),
      isGroup: false,
      mtuBytes,
      deviceMtuBytes: mtuBytes,
      headerBytes: 20,
      addressSum: addressSum(own, destination),
      superSegmentBytes: 0,
      hasRoom: true,
    };
    this.routes.push(route);
    return route;
  }

  send(packet: Packet, route: Route, _protocol: number, options: SendOptions): number {
    fillChecksum(packet);
    const { source, destination } = route;
    const bytes = packet.memory.bytes.slice(packet.start, packet.end);
    this.sent.push({ timeMs: this.now, source, destination, options, bytes });
    packet.pool.release(packet);
    return 0;
  }

  /** The next byte of a linear congruential generator: reproducible, and nothing else. */
  private draw(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) | 0;
    return this.seed >>> 24;
  }
}

class MiniPorts implements PortTable {
  private readonly held: { readonly local: Address; readonly port: number; readonly owner: PortOwner }[];
  private readonly draw: () => number;

  constructor(draw: () => number) {
    this.held = [];
    this.draw = draw;
  }

  claim(_protocol: number, local: Address, port: number, owner: PortOwner): number {
    for (const other of this.held) {
      if (other.port !== port || !overlaps(local, other.local)) continue;
      if (owner.autobound && other.owner.autobound) continue;
      if (owner.reuseAddress && other.owner.reuseAddress && !other.owner.listening) continue;
      return failure.addressInUse;
    }
    this.held.push({ local, port, owner });
    return 0;
  }

  ephemeral(protocol: number, local: Address, owner: PortOwner): number {
    const count = 65_536 - firstEphemeralPort;
    const first = (this.draw() << 8) | this.draw();
    for (let i = 0; i < count; i++) {
      const port = firstEphemeralPort + ((first + i) % count);
      if (owner.acceptsPort(port) && this.claim(protocol, local, port, owner) === 0) return port;
    }
    return failure.addressInUse;
  }

  mayListen(_protocol: number, local: Address, port: number, owner: PortOwner): number {
    const taken = this.held.some(
      (other) => other.owner !== owner && other.port === port && other.owner.listening && overlaps(local, other.local),
    );
    return taken ? failure.addressInUse : 0;
  }

  release(_protocol: number, _local: Address, port: number, owner: PortOwner): void {
    const at = this.held.findIndex((other) => other.port === port && other.owner === owner);
    this.held.splice(at, 1);
  }
}

function overlaps(a: Address, b: Address): boolean {
  return isUnspecified(a) || isUnspecified(b) || addressEquals(a, b);
}
