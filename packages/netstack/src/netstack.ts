import type {
  BlockPool,
  Clock,
  Entropy,
  NetDevice,
  PacketPool,
  Pollable,
  Result,
  SocketKind,
  SocketProvider,
  TransportEndpoint,
  TransportFactory,
  TransportProtocol,
} from '@synos/interfaces';
import { failure } from '@synos/interfaces';
import { createTcp } from '@synos/tcp';

// In the order of a bundle: what is alike lies near one another, and compresses better. TCP is before these,

import { createSockets, errnoOfFailure, type Sockets } from '@synos/socket';
import { createUdp } from '@synos/udp';

// and what lies below them is last.

import { createIp, createPortTable, type Forwarding, type Ip } from '@synos/ip';
import { createStackMemory, ipv4Any } from '@synos/wire';
import { defaultRoute, parseInterface } from './configuration.js';
import { invalidArgument, networkError } from './errors.js';

/** Packets and ring memory that a stack lives on. Two stacks may share one; then frames pass between them uncopied. */
export interface StackMemory {
  readonly packets: PacketPool;
  readonly blocks: BlockPool;
}

/** A network card and what it is called on its network. */
export interface InterfaceOptions {
  readonly device: NetDevice;
  /** Addresses with their prefix: `'10.0.0.2/24'`. */
  readonly addresses: readonly string[];
  /** The way to everywhere else: `'10.0.0.1'`. */
  readonly gateway?: string;
}

/** What a stack is made of. */
export interface NetstackOptions {
  readonly clock: Clock;
  /** Unpredictable bytes; a stack without them refuses to start. */
  readonly entropy: Entropy;
  readonly interfaces?: readonly InterfaceOptions[];
  /** The transports; TCP and UDP by default. The first that fits a kind of socket serves it. */
  readonly transports?: readonly TransportFactory[];
  /** By default 8 MB of small packets, 4 MB of large ones, and rings of 16 MB growing to 256 MB. */
  readonly memory?: StackMemory;
  /**
   * Whether the stack's own loopback, `lo` with the index 1, gets 127.0.0.1/8; `true` by default. `false` is for who
   * attaches a loopback device of his own.
   */
  readonly loopback?: boolean;
  /** Makes it a router between its interfaces: `createForwarding()` of `@synos/ip`. Later: `ip.setForwarding`. */
  readonly forwarding?: Forwarding;
}

/** A host on the network: a socket provider that wants to be polled. */
export interface Netstack extends SocketProvider, Pollable {
  readonly ip: Ip;
  readonly transports: readonly TransportProtocol[];
  /** POSIX sockets over this stack alone. */
  readonly sockets: Sockets;
  readonly memory: StackMemory;
  /** Adds a card at run time; answers the device's index. */
  addInterface(options: InterfaceOptions): number;
  /** Every drop and event, as `<layer>.<name>`. */
  counters(): Record<string, number>;
  /** Ends every connection without a word and returns every packet and block. Nothing may be called after it. */
  dispose(): void;
}

/**
 * Wires devices, IP and transports into sockets. Synchronous: it does nothing until polled; see `drive` for a host's
 * event loop, or `@synos/netstack/streams` for promises.
 *
 * @throws TypeError when there is no entropy or an address does not parse; {@link NetworkFailure} when the stack
 *   refuses one, with the address (or the device's name) as `address`
 * @example
 * ```ts
 * const stack = createNetstack({
 *   clock, entropy, interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }],
 * });
 * const socket = stack.sockets.socket(AF_INET, SOCK_STREAM, 0);
 * ```
 */
export function createNetstack(options: NetstackOptions): Netstack {
  return new ComposedStack(options);
}

class ComposedStack implements Netstack {
  readonly name = 'synos';
  readonly lacks: readonly string[] = ['inet6', 'unix', 'raw', 'urgent', 'pending', 'stream broadcast'];
  readonly ip: Ip;
  readonly transports: readonly TransportProtocol[];
  readonly sockets: Sockets;
  readonly memory: StackMemory;
  onWork: (() => void) | null = null;

  constructor(options: NetstackOptions) {
    const { clock, entropy, transports = [createTcp(), createUdp()] } = options;
    if (typeof entropy?.fill !== 'function') throw invalidArgument('a stack needs entropy: pass { fill(bytes) }');
    this.memory = options.memory ?? createStackMemory();
    const { packets, blocks } = this.memory;
    const ip = createIp({ packets, blocks, clock, entropy, ports: createPortTable({ entropy }), transports: [] });
    const onWork = (): void => this.onWork?.();
    ip.onWork = onWork;
    this.ip = ip;
    this.transports = transports.map((make) => make(ip.host));
    for (const each of this.transports) ip.attach(each);
    this.sockets = createSockets({ providers: [this], clock, onWork });
    if (options.loopback !== false) ip.addAddress(1, { ...ipv4Any, w3: 0x7f000001 }, 104);
    for (const each of options.interfaces ?? []) this.addInterface(each);
    if (options.forwarding) ip.setForwarding(options.forwarding);
  }

  addInterface({ device, addresses, gateway }: InterfaceOptions): number {
    if (!device) throw invalidArgument('an interface needs a device', 'ERR_INVALID_ARG_TYPE');
    const parsed = addresses.map(parseInterface);
    const route = gateway === undefined ? undefined : defaultRoute(gateway);
    const index = done(this.ip.addDevice(device), device.name);
    parsed.forEach(({ address, bits }, nth) => {
      done(this.ip.addAddress(index, address, bits), addresses[nth]);
    });
    if (route) done(this.ip.addRoute({ ...route, device: index }), gateway);
    return index;
  }

  supports(kind: SocketKind): boolean {
    return this.transportFor(kind) !== undefined;
  }

  open(kind: SocketKind): TransportEndpoint | Result {
    return this.transportFor(kind)?.open() ?? failure.notSupported;
  }

  deviceIndex(name: string): Result {
    return this.ip.deviceIndex(name);
  }

  poll(nowMs: number, budgetPackets: number): boolean {
    const more = this.ip.poll(nowMs, budgetPackets);
    this.sockets.advance(nowMs);
    return more;
  }

  nextDeadline(): number {
    return Math.min(this.ip.nextDeadline(), this.sockets.nextDeadline());
  }

  counters(): Record<string, number> {
    const all: Record<string, number> = {};
    for (const layer of [this.ip, ...this.transports]) {
      const name = 'protocol' in layer ? layer.name : 'ip';
      for (const [event, count] of Object.entries(layer.counters)) all[`${name}.${event}`] = count;
    }
    return all;
  }

  dispose(): void {
    this.onWork = null;
    this.ip.dispose();
  }

  private transportFor(kind: SocketKind): TransportProtocol | undefined {
    if (kind.domain !== 'inet') return undefined;
    return this.transports.find(
      (each) => each.kind === kind.type && (kind.protocol === 0 || kind.protocol === each.protocol),
    );
  }
}

/** A result that must not be a failure: configuration is wrong loudly. */
function done(result: Result, address: string | undefined): Result {
  if (result < 0) throw networkError(errnoOfFailure(result), 'addInterface', { address });
  return result;
}
