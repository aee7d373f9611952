import { ComplianceError, check, equal } from '../check.js';
import { type SeenSegment, TcpPeer } from '../tcp-model/peer.js';
import type { TcpTarget, TcpTargetWithSockets } from '../tcp-target.js';
import type {
  TcpCallId,
  TcpSyscallArgument,
  TcpSyscallCompletion,
  TcpSyscallOutcome,
  TcpSyscallOutput,
} from '../tcp-target-sockets.js';
import { AF_INET, SOCK_STREAM } from './numbers.js';

const peerIss = 5000;

/** A program of one test: makes calls, and says what it did not get. */
export class Program {
  readonly target: TcpTargetWithSockets;
  private readonly ended: TcpSyscallCompletion[] = [];

  constructor(target: TcpTarget) {
    for (const member of ['syscall', 'completions', 'configure', 'tcpInfo', 'connections'] as const) {
      check(typeof target[member] === 'function', `the target has ${member}()`);
    }
    this.target = target as TcpTargetWithSockets;
  }

  /** A call that succeeds at once; answers its result. */
  value(name: string, ...args: TcpSyscallArgument[]): number {
    return this.done(name, ...args).value;
  }

  /** A call that succeeds at once; answers all it says. */
  done(name: string, ...args: TcpSyscallArgument[]): { value: number; output: TcpSyscallOutput } {
    const answer = this.target.syscall(name, args);
    if (answer.kind === 'result') return answer;
    throw new ComplianceError(`${name} ${describe(answer)}, expected to succeed`, answer.kind, 'result');
  }

  /** A call that fails at once. */
  fails(errno: string, name: string, ...args: TcpSyscallArgument[]): void {
    const answer = this.target.syscall(name, args);
    equal(answer.kind === 'errno' ? answer.errno : describe(answer), errno, name);
  }

  /** A call that waits. */
  starts(name: string, ...args: TcpSyscallArgument[]): TcpCallId {
    const answer = this.target.syscall(name, args);
    if (answer.kind === 'pending') return answer.call;
    throw new ComplianceError(`${name} ${describe(answer)}, expected to wait`, answer.kind, 'pending');
  }

  /** What became of a call that waited. */
  completion(call: TcpCallId): TcpSyscallCompletion | undefined {
    this.ended.push(...this.target.completions());
    const at = this.ended.findIndex((one) => one.call === call);
    return at < 0 ? undefined : this.ended.splice(at, 1)[0];
  }

  /** Fails when the call has ended. */
  stillWaits(call: TcpCallId, when: string): void {
    const completion = this.completion(call);
    check(completion === undefined, `the call waits still ${when}, but ${describe(completion?.outcome)}`);
  }

  /** Fails unless the call has succeeded at this time; answers all it says. */
  succeeded(call: TcpCallId, timeMs: number): { value: number; output: TcpSyscallOutput } {
    const outcome = this.endedAt(call, timeMs);
    if (outcome.kind === 'result') return outcome;
    throw new ComplianceError(`the call ${describe(outcome)}, expected to succeed`, outcome.errno, 'result');
  }

  /** Fails unless the call has failed so at this time. */
  failed(call: TcpCallId, errno: string, timeMs: number): void {
    const outcome = this.endedAt(call, timeMs);
    equal(outcome.kind === 'errno' ? outcome.errno : describe(outcome), errno, 'how the call ended');
  }

  socket(flags = 0): number {
    return this.value('socket', AF_INET, SOCK_STREAM | flags, 0);
  }

  /** A listener, and whoever may come to it. */
  listener(port: number, flags = 0): { fd: number; peer: WirePeer } {
    const fd = this.socket(flags);
    this.value('bind', fd, { address: this.target.localAddress, port });
    this.value('listen', fd, 8);
    return { fd, peer: new WirePeer(this.target, port) };
  }

  /** A connection that came to a listener. */
  accepted(port = 7007): { listener: number; fd: number; peer: WirePeer } {
    const { fd: listener, peer } = this.listener(port);
    peer.connect();
    return { listener, fd: this.value('accept', listener), peer };
  }

  /** A connect that waits for its answer. */
  connecting(fd: number): { call: TcpCallId; peer: WirePeer } {
    const call = this.starts('connect', fd, { address: '192.0.2.77', port: 50_000 });
    return { call, peer: this.peerOf(fd) };
  }

  /** The peer that a connect has sent its SYN to. */
  peerOf(fd: number): WirePeer {
    const peer = new WirePeer(this.target, this.portOf(fd));
    peer.takeSyn();
    return peer;
  }

  portOf(fd: number): number {
    return this.done('getsockname', fd).output.address?.port ?? 0;
  }

  private endedAt(call: TcpCallId, timeMs: number): TcpSyscallOutcome {
    const completion = this.completion(call);
    if (completion === undefined) throw new ComplianceError('the call has ended, but waits still', 'pending', 'ended');
    equal(completion.timeMs, timeMs, 'when the call ended, in ms');
    return completion.outcome;
  }
}

/** The other end, with its sequence numbers kept. */
export class WirePeer {
  readonly wire: TcpPeer;
  private sequence = peerIss;
  private acknowledgment = 0;

  constructor(target: TcpTarget, localPort: number) {
    this.wire = new TcpPeer(target, localPort);
  }

  /** Opens a connection to the target's listener. */
  connect(): void {
    this.wire.deliver({ syn: true, sequence: this.sequence, options: { mssBytes: 1460 } });
    const synAck = this.wire.one('the answer to a SYN');
    this.sequence += 1;
    this.acknowledgment = (synAck.sequence + 1) | 0;
    this.ack();
  }

  /** Takes the SYN of the target's connect. */
  takeSyn(): void {
    this.acknowledgment = (this.wire.one('connect').sequence + 1) | 0;
  }

  /** Answers the SYN. */
  synAck(): void {
    const { acknowledgment } = this;
    this.wire.deliver({ syn: true, ack: true, sequence: this.sequence, acknowledgment, options: { mssBytes: 1460 } });
    this.sequence += 1;
    this.wire.take();
  }

  refuse(): void {
    this.wire.deliver({ rst: true, ack: true, sequence: 0, acknowledgment: this.acknowledgment });
  }

  ack(window = 60_000): void {
    this.wire.deliver({ ack: true, sequence: this.sequence, acknowledgment: this.acknowledgment, window });
  }

  send(text: Uint8Array): void {
    const { sequence, acknowledgment } = this;
    this.wire.deliver({ ack: true, sequence, acknowledgment, text });
    this.sequence += text.length;
  }

  fin(): void {
    this.wire.deliver({ fin: true, ack: true, sequence: this.sequence, acknowledgment: this.acknowledgment });
    this.sequence += 1;
  }

  reset(): void {
    this.wire.deliver({ rst: true, ack: true, sequence: this.sequence, acknowledgment: this.acknowledgment });
  }

  /** What the target has sent; its text and FIN count as received, and are acknowledged by the next {@link ack}. */
  take(): SeenSegment[] {
    const seen = this.wire.take();
    for (const { sequence, payload, flags } of seen) {
      const end = (sequence + payload.length + (flags & 1)) | 0;
      if (((end - this.acknowledgment) | 0) > 0) this.acknowledgment = end;
    }
    return seen;
  }
}

function describe(answer: TcpSyscallOutcome | { readonly kind: 'pending' } | undefined): string {
  if (answer === undefined) return 'has not ended';
  if (answer.kind === 'pending') return 'waits';
  return answer.kind === 'result' ? `answered ${answer.value}` : `failed with ${answer.errno}`;
}
