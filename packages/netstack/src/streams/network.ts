import { AF_INET, ECONNABORTED, ENETDOWN, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from '@synos/abi';
import type { Socket } from '@synos/socket';
import { createTcp, headerPrediction } from '@synos/tcp';
import { createUdp } from '@synos/udp';
import { createStackMemory } from '@synos/wire';
import { createSimdMemory } from '@synos/wire/simd';
import { defaultBudgetPackets, drive } from '../drive.js';
import { invalidArgument, networkError } from '../errors.js';
import { createNetstack, type Netstack, type NetstackOptions, type StackMemory } from '../netstack.js';
import { Connection } from './connection.js';
import { Datagrams } from './datagrams.js';
import { createDefaultHost, type Host } from './host.js';
import { Listener } from './listener.js';
import { socketAddressOf } from './place.js';
import { blocked, onAborted, Turns } from './waiting.js';

/** What a network is made of: a stack's options, clock and entropy coming from the host. */
export interface NetworkOptions extends Omit<NetstackOptions, 'clock' | 'entropy' | 'memory' | 'transports'> {
  /** As a stack's own; by default TCP with `headerPrediction`, a short way for what comes most often, and UDP. */
  readonly transports?: NetstackOptions['transports'];
  /** As long as a stack's own; by default made by `createSimdMemory`, which sums faster where there is WebAssembly. */
  readonly memory?: StackMemory;
  /** Clock, timers and entropy; those of the engine at hand by default. */
  readonly host?: Host;
  /** Packets handled per turn of the event loop, and calls answered at once; 256 by default. */
  readonly budgetPackets?: number;
}

/** Where to connect to. */
export interface ConnectOptions {
  /** A numeric address, or `localhost`. */
  readonly host: string;
  readonly port: number;
  readonly localHost?: string;
  /** 0 (the default): any. */
  readonly localPort?: number;
  /** Gives up the attempt; afterwards it aborts the connection. */
  readonly signal?: AbortSignal;
}

/** Where to listen. */
export interface ListenOptions {
  /** 0 (the default): any free port; see {@link Listener.local}. */
  readonly port?: number;
  /** The local address; all of them by default. */
  readonly host?: string;
  /** Connections that may wait to be taken; 511 by default, as in Node. */
  readonly backlog?: number;
  readonly signal?: AbortSignal;
}

/** Where a datagram socket lives, and whom it talks to. */
export interface DatagramOptions {
  readonly port?: number;
  readonly host?: string;
  /** Talk to this peer alone: others are not heard, and its errors are. */
  readonly connect?: { readonly host: string; readonly port: number };
  readonly signal?: AbortSignal;
}

/** A host on the network, with promises and Web Streams. */
export interface Network {
  /** The stack underneath, to add interfaces, read counters, or use sockets directly. */
  readonly stack: Netstack;
  /** Opens a connection. Rejects with a NetworkFailure (`ECONNREFUSED`, …) or the signal's reason. */
  connect(options: ConnectOptions): Promise<Connection>;
  /** Listens. Throws NetworkFailure EADDRINUSE, EADDRNOTAVAIL. */
  listen(options?: ListenOptions): Listener;
  /** Opens a datagram socket. Throws NetworkFailure EADDRINUSE, EADDRNOTAVAIL. */
  datagrams(options?: DatagramOptions): Datagrams;
  /**
   * Ends the loops of listeners and datagram sockets, aborts connections, gives all memory back. Idempotent. Until then
   * the stack's timers keep a process alive.
   */
  close(): void;
}

/**
 * Brings up a stack on this engine's clock, timers and entropy.
 *
 * @example
 * ```ts
 * const network = createNetwork({ interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }] });
 * const connection = await network.connect({ host: '10.0.0.2', port: 80 });
 * ```
 */
export function createNetwork(options: NetworkOptions = {}): Network {
  const { host = createDefaultHost(), budgetPackets = defaultBudgetPackets, ...rest } = options;
  const { memory = createStackMemory({ allocate: createSimdMemory }) } = options;
  const { transports = [createTcp({ fastPath: headerPrediction }), createUdp()] } = options;
  const stack = createNetstack({ ...rest, memory, transports, clock: host.loop, entropy: host.entropy });
  const stop = drive(stack, host.loop, { budgetPackets });
  return new DrivenNetwork(stack, new Turns(host.loop, budgetPackets), stop);
}

/** What a close of the network ends; a socket while it connects. */
type Open = Connection | Listener | Datagrams | Socket;

class DrivenNetwork implements Network {
  readonly stack: Netstack;
  private readonly turns: Turns;
  private readonly stop: () => void;
  /** With what forgets its signal. */
  private readonly open = new Map<Open, () => void>();
  private readonly forget = (what: Open): void => {
    this.open.get(what)?.();
    this.open.delete(what);
  };
  private isClosed = false;

  constructor(stack: Netstack, turns: Turns, stop: () => void) {
    this.stack = stack;
    this.turns = turns;
    this.stop = stop;
  }

  async connect(options: ConnectOptions): Promise<Connection> {
    if (!options) throw invalidArgument('connect needs { host, port }', 'ERR_INVALID_ARG_TYPE');
    const { host, port, signal } = options;
    signal?.throwIfAborted();
    const remote = socketAddressOf(host, port);
    const socket = this.socket(SOCK_STREAM, 'connect');
    if (options.localHost !== undefined || options.localPort !== undefined) {
      this.bind(socket, options.localHost, options.localPort, 'bind');
    }
    this.open.set(
      socket,
      onAborted(signal, () => socket.close()),
    );
    const result = await blocked(socket, this.turns, { call: 'connect', name: remote });
    this.forget(socket);
    signal?.throwIfAborted();
    if (result < 0) {
      socket.close();
      throw networkError(this.isClosed ? -ECONNABORTED : result, 'connect', { address: host, port });
    }
    return this.admit(socket, signal);
  }

  listen(options: ListenOptions = {}): Listener {
    const { signal } = options;
    signal?.throwIfAborted();
    const socket = this.socket(SOCK_STREAM, 'listen');
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    this.bind(socket, options.host, options.port, 'listen');
    this.check(socket, socket.listen(options.backlog ?? 511), 'listen', options.host, options.port);
    const listener = new Listener(socket, (accepted) => this.admit(accepted), this.forget);
    this.keep(listener, signal);
    return listener;
  }

  datagrams(options: DatagramOptions = {}): Datagrams {
    const { signal, connect } = options;
    signal?.throwIfAborted();
    const socket = this.socket(SOCK_DGRAM, 'bind');
    this.bind(socket, options.host, options.port, 'bind');
    if (connect) {
      const peer = socketAddressOf(connect.host, connect.port);
      this.check(socket, socket.connect(peer), 'connect', connect.host, connect.port);
    }
    const datagrams = new Datagrams(socket, this.turns, this.forget);
    this.keep(datagrams, signal);
    return datagrams;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const each of [...this.open.keys()]) {
      if (each instanceof Connection) each.abort(networkError(-ECONNABORTED, 'close'));
      else each.close();
    }
    this.stop();
    this.stack.dispose();
  }

  private socket(type: number, syscall: string): Socket {
    if (this.isClosed) throw networkError(-ENETDOWN, syscall);
    const socket = this.stack.sockets.socket(AF_INET, type, 0);
    if (typeof socket === 'number') throw networkError(socket, syscall);
    return socket;
  }

  private bind(socket: Socket, host = '0.0.0.0', port = 0, syscall: string): void {
    let name: ReturnType<typeof socketAddressOf>;
    try {
      name = socketAddressOf(host, port);
    } catch (error) {
      socket.close();
      throw error;
    }
    this.check(socket, socket.bind(name), syscall, host, port);
  }

  private check(socket: Socket, result: number, syscall: string, address?: string, port?: number): void {
    if (result >= 0) return;
    socket.close();
    throw networkError(result, syscall, { address, port });
  }

  private admit(socket: Socket, signal?: AbortSignal): Connection {
    const connection = new Connection(socket, this.turns, this.forget);
    this.keep(connection, signal);
    return connection;
  }

  private keep(what: Exclude<Open, Socket>, signal: AbortSignal | undefined): void {
    this.open.set(
      what,
      onAborted(signal, () => what.abort(signal?.reason)),
    );
  }
}
