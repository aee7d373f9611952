import type { TcpSyscallArgument, TcpSyscallCompletion, TcpSyscallOutput } from '@synos/compliance';
import { emitIpv4, emitTcp, ipv4, parseIpv4, parseTcp, protocolNumber, type TcpOptions, tcpFlag } from '@synos/wire';
import { createStackTarget, type StackTarget, type StackTargetSettings } from '../src/ours/index.js';

const remote = ipv4(192, 0, 2, 77);
const local = ipv4(192, 0, 2, 1);
/** The program's own port in what it begins; the peer's in what the peer begins. */
const remotePort = 8080;
const peerIss = 0;

/** A segment as a script writes it: relative numbers, as `tcpdump` and packetdrill have them. */
export interface Injected {
  readonly flags: string;
  readonly from: number;
  readonly bytes?: number;
  readonly ack?: number;
  readonly win?: number;
  readonly options?: Partial<TcpOptions>;
}

/** A target and a peer that counts as a script does: both sides' numbers begin with 0 at their SYN. */
export class Script {
  readonly target: StackTarget;
  /** The target's port of this conversation. */
  localPort: number;
  private targetIss: number | null = null;

  constructor(localPort: number, settings: StackTargetSettings = {}) {
    this.localPort = localPort;
    // No timestamps: their values are nobody's business here.
    this.target = createStackTarget({ tcp: { timestamps: false }, ...settings });
  }

  /** Makes a call; answers its result or its errno, or `pending`. */
  call(name: string, ...args: TcpSyscallArgument[]): number | string {
    const answer = this.target.syscall(name, args);
    if (answer.kind === 'pending') return 'pending';
    return answer.kind === 'result' ? answer.value : answer.errno;
  }

  /** Makes a call that succeeds; answers what it fills in. */
  output(name: string, ...args: TcpSyscallArgument[]): TcpSyscallOutput {
    const answer = this.target.syscall(name, args);
    if (answer.kind !== 'result') throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer.output;
  }

  /** The ends of calls since the last look: `250 EAGAIN`. */
  ends(): string[] {
    return this.target.completions().map(({ timeMs, outcome }: TcpSyscallCompletion) => {
      return `${timeMs} ${outcome.kind === 'result' ? outcome.value : outcome.errno}`;
    });
  }

  inject({ flags, from, bytes = 0, ack, win = 65_535, options }: Injected): void {
    const bits =
      (flags.includes('S') ? tcpFlag.syn : 0) |
      (flags.includes('F') ? tcpFlag.fin : 0) |
      (flags.includes('R') ? tcpFlag.rst : 0) |
      (ack === undefined ? 0 : tcpFlag.ack);
    const segment = {
      sourcePort: remotePort,
      destinationPort: this.localPort,
      sequence: (peerIss + from) | 0,
      acknowledgment: ack === undefined ? 0 : ((this.targetIss ?? 0) + ack) | 0,
      flags: bits,
      window: win,
      urgentPointer: 0,
      payload: new Uint8Array(bytes).fill(0x78),
      ...(options && { options }),
    };
    this.target.deliver(
      emitIpv4({
        tos: 0,
        identification: 0,
        dontFragment: true,
        moreFragments: false,
        fragmentOffsetBytes: 0,
        ttl: 64,
        protocol: protocolNumber.tcp,
        source: remote,
        destination: local,
        options: new Uint8Array(0),
        payload: emitTcp(segment, remote, local),
      }),
    );
  }

  /** What the target has sent since the last look, a line each: `100 S. 0:0(0) ack 1`. */
  sent(): string[] {
    return this.target.drain().map(({ timeMs, bytes }) => {
      const packet = parseIpv4(bytes);
      if ('error' in packet) throw new Error(packet.error);
      const segment = parseTcp(packet.payload, undefined, undefined, packet.source, packet.destination);
      if ('error' in segment) throw new Error(segment.error);
      const { flags, sequence, acknowledgment, payload } = segment;
      if ((flags & tcpFlag.syn) !== 0) {
        this.targetIss ??= sequence;
        this.localPort = segment.sourcePort;
      }
      const at = (sequence - (this.targetIss ?? 0)) | 0;
      const letters =
        ((flags & tcpFlag.syn) !== 0 ? 'S' : '') +
        ((flags & tcpFlag.fin) !== 0 ? 'F' : '') +
        ((flags & tcpFlag.rst) !== 0 ? 'R' : '') +
        ((flags & tcpFlag.ack) !== 0 ? '.' : '');
      const ack = (flags & tcpFlag.ack) !== 0 ? ` ack ${(acknowledgment - peerIss) >>> 0}` : '';
      return `${timeMs} ${letters} ${at}:${at + payload.length}(${payload.length})${ack}`;
    });
  }

  /** Lets so many milliseconds pass. */
  wait(ms: number): void {
    this.target.advanceTo(this.target.now() + ms);
  }
}

/** A listener on port 80, descriptor 3. */
export function listening(settings?: StackTargetSettings): Script {
  const script = new Script(80, settings);
  script.call('socket', 2, 1, 0);
  script.call('bind', 3, { address: '0.0.0.0', port: 80 });
  script.call('listen', 3, 1);
  return script;
}

/** A connection that came to it, descriptor 4. */
export function accepted(settings?: StackTargetSettings): Script {
  const script = listening(settings);
  script.inject({ flags: 'S', from: 0, options: { mssBytes: 1460 } });
  script.sent();
  script.inject({ flags: '.', from: 1, ack: 1 });
  script.call('accept', 3);
  return script;
}
