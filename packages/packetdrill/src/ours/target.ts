import { errnoName } from '@synos/abi';
import {
  createSeededEntropy,
  type Ipv4Text,
  type TcpConnectionConfig,
  type TcpConnectionView,
  type TcpFlow,
  type TcpHandle,
  type TcpKnobAnswer,
  type TcpListenRequest,
  type TcpOpenRequest,
  type TcpStateView,
  type TcpSyscallAnswer,
  type TcpSyscallArgument,
  type TcpSyscallCompletion,
  type TcpTargetError,
  type TcpTargetEvent,
  type TcpTargetPacket,
  type TcpTargetSettings,
  type TcpTargetWithSockets,
} from '@synos/compliance';
import { type Address, addressEquals, type Entropy, isUnspecified } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { type ConnectionView, configure, connections, type TcpSettings } from '@synos/tcp';
import { formatAddress, parseAddress } from '@synos/wire';
import { Refusal } from './arguments.js';
import { knobEffect } from './knobs.js';
import { Machine } from './machine.js';
import { Process } from './process.js';
import { tcpInfoOf } from './tcp-info.js';
import { honours, WireLevel } from './wire-level.js';

/** What {@link createStackTarget} may be told. */
export interface StackTargetSettings extends TcpTargetSettings {
  /** Where the stack draws from; by default a generator made of `seed`, so that a run can be repeated. */
  readonly entropy?: Entropy;
  /** What is to differ from the defaults of `@synos/tcp`. */
  readonly tcp?: Partial<TcpSettings>;
}

/** Our whole stack as a target: wire and sockets, and a look inside. */
export interface StackTarget extends TcpTargetWithSockets {
  /** The stack itself, for what no door has. Whoever calls it lets it run by `advanceTo`. */
  readonly stack: Netstack;
  /** What stands behind a flow; `null` where there is nothing. */
  state(flow: TcpFlow): TcpStateView | null;
}

/**
 * The stack of SynOS, from raw IPv4 packets to system calls, as a `TcpTarget` in virtual time: `@synos/netstack`
 * with one network card that has no neighbours to ask for, and a process that makes calls on its sockets.
 *
 * What is no option of one connection (`iss`, `windowScale`, `timestamps`, `sackPermitted`, `delayedAckMs`, `mslMs`, and
 * every knob) holds for the whole stack from the call that names it on. Snapshots of a whole stack there are none.
 *
 * @throws RangeError when `localAddress` is no IPv4 address or the MTU no number from 68 to 65,535
 * @example
 * ```ts
 * const target = createStackTarget({ startMs: 0, seed: 1 });
 * const opened = target.syscall('socket', [AF_INET, SOCK_STREAM, 0]); // { kind: 'result', value: 3, output: {} }
 * ```
 */
export function createStackTarget(settings: StackTargetSettings = {}): StackTarget {
  return new OurTarget(settings);
}

class OurTarget implements StackTarget {
  readonly name = '@synos/netstack';
  readonly localAddress: Ipv4Text;
  readonly mtuBytes: number;
  readonly honours: readonly (keyof TcpConnectionConfig)[] = honours;
  private readonly machine: Machine;
  private readonly wire: WireLevel;
  private readonly process: Process;

  constructor(settings: StackTargetSettings) {
    const { localAddress = '192.0.2.1', mtuBytes = 1500, startMs = 0, seed = 1, tcp = {} } = settings;
    const address = parseAddress(localAddress);
    if (address === undefined || address.w2 !== 0xffff) throw new RangeError(`no IPv4 address: ${localAddress}`);
    if (!(mtuBytes >= 68 && mtuBytes <= 65_535)) throw new RangeError(`no MTU: ${mtuBytes}`);
    this.localAddress = localAddress;
    this.mtuBytes = mtuBytes;
    this.machine = new Machine({
      address,
      mtuBytes,
      startMs,
      entropy: settings.entropy ?? createSeededEntropy(seed),
      tcpSettings: tcp,
    });
    this.wire = new WireLevel(this.machine, address);
    this.process = new Process(this.machine);
    this.machine.onTurn = () => this.wire.observe();
  }

  get stack(): Netstack {
    return this.machine.stack;
  }

  open(request: TcpOpenRequest): TcpHandle | TcpTargetError {
    return this.wire.open(request);
  }

  listen(request: TcpListenRequest): TcpHandle | TcpTargetError {
    return this.wire.listen(request);
  }

  accept(listener: TcpHandle): TcpHandle | TcpTargetError {
    return this.wire.accept(listener);
  }

  send(connection: TcpHandle, bytes: Uint8Array): number | TcpTargetError {
    return this.wire.send(connection, bytes);
  }

  receive(connection: TcpHandle, maximumBytes: number): Uint8Array | TcpTargetError {
    return this.wire.receive(connection, maximumBytes);
  }

  close(handle: TcpHandle): 0 | TcpTargetError {
    return this.wire.close(handle);
  }

  abort(handle: TcpHandle): 0 | TcpTargetError {
    return this.wire.abort(handle);
  }

  deliver(bytes: Uint8Array): void {
    this.machine.deliver(bytes);
  }

  drain(): TcpTargetPacket[] {
    return this.machine.takeSent();
  }

  events(): TcpTargetEvent[] {
    return this.wire.events();
  }

  now(): number {
    return this.machine.now();
  }

  nextDeadline(): number {
    return this.machine.nextDeadline();
  }

  advanceTo(timeMs: number): void {
    this.machine.advanceTo(timeMs);
  }

  state({ localPort, remoteAddress, remotePort = 0 }: TcpFlow): TcpStateView | null {
    const remote = remoteAddress === undefined ? null : parseAddress(remoteAddress);
    if (remote === undefined) return null;
    for (const one of connections(this.machine.tcp)) {
      if (one.localPort !== localPort || one.remotePort !== remotePort) continue;
      const isIt = remote === null ? one.remote === null : one.remote !== null && addressEquals(one.remote, remote);
      if (isIt) return stateOf(one);
    }
    return null;
  }

  syscall(name: string, args: readonly TcpSyscallArgument[]): TcpSyscallAnswer {
    return this.process.syscall(name, args);
  }

  completions(): TcpSyscallCompletion[] {
    return this.process.completions();
  }

  configure(knob: string, value: string | number): TcpKnobAnswer {
    const { answer, settings } = knobEffect(String(knob), value);
    configure(this.machine.tcp, settings);
    return answer;
  }

  tcpInfo(fd: number): Readonly<Record<string, number>> | string {
    try {
      return tcpInfoOf(this.process.socket(fd));
    } catch (error) {
      if (error instanceof Refusal) return errnoName(error.errno) ?? 'EINVAL';
      throw error;
    }
  }

  connections(): TcpConnectionView[] {
    return connections(this.machine.tcp).map((one) => {
      const own = { ...stateOf(one), localAddress: textOf(one.local), localPort: one.localPort };
      if (one.remote === null) return own;
      return { ...own, remoteAddress: textOf(one.remote), remotePort: one.remotePort };
    });
  }
}

/** "Any" is said in the words of IPv4, whatever the transport's are. */
function textOf(address: Address): Ipv4Text {
  return isUnspecified(address) ? '0.0.0.0' : formatAddress(address);
}

function stateOf(view: ConnectionView): TcpStateView {
  const { local: _, localPort: _port, remote: _remote, remotePort: _remotePort, ...state } = view;
  return state;
}
