import type { TcpConnectionConfig, TcpHandle, TcpTarget, TcpTargetState, TcpTargetWithState } from '@synos/compliance';
import type { ByteMemory } from '@synos/interfaces';
import {
  createTcpOptions,
  emitIpv4,
  emitTcp,
  ipv4HeaderBytes,
  ipv4TotalBytes,
  parseAddress,
  parseTcp,
  protocolNumber,
  type TcpOptions,
  type TcpSegment,
  tcpFlag,
} from '@synos/wire';
import type { TcpSettings } from '../src/settings.js';
import { createTcpTarget, type PeerView } from '../src/testing/index.js';

export const { fin, syn, rst, psh, ack } = tcpFlag;

export interface Said extends TcpSegment {
  readonly timeMs: number;
}

export interface Saying {
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly text?: Uint8Array | number;
  readonly options?: Partial<TcpOptions>;
  readonly urgent?: number;
}

const ourPort = 80;
const theirPort = 4000;
const theirAddress = '192.0.2.2';

export interface ConversationOptions extends TcpConnectionConfig {
  readonly settings?: Partial<TcpSettings>;
  readonly startMs?: number;
  /** Options of the peer's SYN. */
  readonly peerOptions?: Partial<TcpOptions>;
  readonly peerWindow?: number;
  readonly peerIss?: number;
  readonly backlog?: number;
  readonly mtuBytes?: number;
  /** Makes the target's memory. */
  readonly allocate?: (byteLength: number) => ByteMemory;
}

/** A peer made by hand, which talks to one target byte by byte. Sequence numbers are absolute, as int32. */
export class Conversation {
  readonly target: TcpTargetWithState;
  readonly options: ConversationOptions;
  handle: TcpHandle = -1;
  listener: TcpHandle = -1;
  localPort = ourPort;
  remotePort = theirPort;
  /** The peer's next sequence number and what it has seen of ours. */
  seq: number;
  acked = 0;
  window: number;
  withTimestamps: boolean;

  constructor(options: ConversationOptions = {}) {
    this.options = options;
    this.target = createTcpTarget(
      { startMs: options.startMs ?? 1000, mtuBytes: options.mtuBytes ?? 1500 },
      options.settings,
      options.allocate,
    );
    this.seq = options.peerIss ?? 5000;
    this.window = options.peerWindow ?? 65_535;
    this.withTimestamps = options.peerOptions?.hasTimestamp ?? false;
  }

  get now(): number {
    return this.target.now();
  }

  /** Sends a segment to the target: by default a bare acknowledgement of everything so far. */
  say(saying: Saying = {}): void {
    const { text = 0 } = saying;
    const payload = typeof text === 'number' ? new Uint8Array(text).map((_, i) => i) : text;
    const flags = saying.flags ?? ack;
    const source = parseAddress(theirAddress)!;
    const destination = parseAddress(this.target.localAddress)!;
    const stamp = this.withTimestamps
      ? { hasTimestamp: true, timestampValue: Math.floor(this.now) | 0, timestampEcho: 0 }
      : {};
    const segment: TcpSegment = {
      sourcePort: this.remotePort,
      destinationPort: this.localPort,
      sequence: (saying.seq ?? this.seq) | 0,
      acknowledgment: (flags & ack) === 0 ? 0 : (saying.ack ?? this.acked) | 0,
      flags,
      window: saying.window ?? this.window,
      urgentPointer: saying.urgent ?? 0,
      options: { ...createTcpOptions(), ...stamp, ...saying.options },
      payload,
    };
    this.target.deliver(
      emitIpv4({
        source,
        destination,
        protocol: protocolNumber.tcp,
        identification: 0,
        ttl: 64,
        tos: 0,
        dontFragment: true,
        moreFragments: false,
        fragmentOffsetBytes: 0,
        options: new Uint8Array(0),
        payload: emitTcp(segment, source, destination),
      }),
    );
  }

  /** As {@link say}, and the peer's sequence number moves on. */
  tell(saying: Saying = {}): void {
    const { text = 0 } = saying;
    const flags = saying.flags ?? ack;
    this.say(saying);
    const length = typeof text === 'number' ? text : text.length;
    this.seq = (this.seq + length + ((flags & fin) !== 0 ? 1 : 0) + ((flags & syn) !== 0 ? 1 : 0)) | 0;
  }

  /** What the target has said since the last time; each segment's checksum is verified. */
  heard(): Said[] {
    return this.target.drain().map(({ bytes, timeMs }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const from = ipv4HeaderBytes(view, 0);
      const own = parseAddress(this.target.localAddress)!;
      const segment = parseTcp(bytes, from, ipv4TotalBytes(view, 0), own, parseAddress(theirAddress)!);
      if ('error' in segment) throw new Error(`the target sent a bad segment: ${segment.error}`);
      return { ...segment, timeMs };
    });
  }

  /** The one segment that the target has said, or an error. */
  heardOne(): Said {
    const all = this.heard();
    if (all.length !== 1) throw new Error(`expected one segment, heard ${JSON.stringify(all.map(brief))}`);
    return all[0]!;
  }

  wait(ms: number): void {
    this.target.advanceTo(this.now + ms);
  }

  get state(): TcpTargetState | null {
    return this.view()?.state ?? null;
  }

  view(): ReturnType<TcpTargetWithState['state']> {
    const { localPort, remotePort } = this;
    return this.target.state({ localPort, remoteAddress: theirAddress, remotePort });
  }

  peerView(): PeerView {
    const view = this.view();
    return {
      localAddress: this.target.localAddress,
      localPort: this.localPort,
      remoteAddress: theirAddress,
      remotePort: this.remotePort,
      rcvNxt: view?.rcvNxt ?? this.seq,
      rcvWnd: view?.rcvWndBytes ?? 0,
      sndUna: view?.sndUna ?? this.acked,
      sndNxt: view?.sndNxt ?? this.acked,
    };
  }

  /** The target opens; its SYN is taken. */
  open(): Said {
    const { settings: _, ...config } = this.options;
    const opened = this.target.open({
      localPort: ourPort,
      remoteAddress: theirAddress,
      remotePort: theirPort,
      ...config,
    });
    if (typeof opened !== 'number') throw new Error(`open answered ${opened}`);
    this.handle = opened;
    const first = this.heardOne();
    this.acked = (first.sequence + 1) | 0;
    return first;
  }

  listen(): this {
    const { settings: _, ...config } = this.options;
    const listener = this.target.listen({ localPort: ourPort, ...config });
    if (typeof listener !== 'number') throw new Error(`listen answered ${listener}`);
    this.listener = listener;
    return this;
  }

  /** The peer's SYN at a listener; the SYN-ACK is taken. */
  knock(): Said {
    this.tell({ flags: syn, options: { mssBytes: 1460, ...this.options.peerOptions, ...this.stampNow() } });
    const answer = this.heardOne();
    this.acked = (answer.sequence + 1) | 0;
    return answer;
  }

  private stampNow(): Partial<TcpOptions> {
    return this.withTimestamps
      ? { hasTimestamp: true, timestampValue: Math.floor(this.now) | 0, timestampEcho: 0 }
      : {};
  }

  /** ESTABLISHED by an active open. */
  connected(): this {
    this.open();
    this.tell({ flags: syn | ack, options: { mssBytes: 1460, ...this.options.peerOptions, ...this.stampNow() } });
    this.heardOne();
    return this;
  }

  /** ESTABLISHED by a passive open, and accepted. */
  accepted(): this {
    this.listen();
    this.knock();
    this.say();
    const handle = this.target.accept(this.listener);
    if (typeof handle !== 'number') throw new Error(`accept answered ${handle}`);
    this.handle = handle;
    return this;
  }

  send(bytes: Uint8Array | number): ReturnType<TcpTarget['send']> {
    const data = typeof bytes === 'number' ? new Uint8Array(bytes).map((_, i) => i) : bytes;
    return this.target.send(this.handle, data);
  }

  receive(maximumBytes = 65_536): ReturnType<TcpTarget['receive']> {
    return this.target.receive(this.handle, maximumBytes);
  }

  close(): void {
    const result = this.target.close(this.handle);
    if (result !== 0) throw new Error(`close answered ${result}`);
  }

  /** The target's FIN is taken: everything it has said is acknowledged by the peer's next segments. */
  hearAll(): Said[] {
    const all = this.heard();
    for (const said of all) {
      const length = said.payload.length + ((said.flags & fin) !== 0 ? 1 : 0) + ((said.flags & syn) !== 0 ? 1 : 0);
      const end = (said.sequence + length) | 0;
      if (((end - this.acked) | 0) > 0) this.acked = end;
    }
    return all;
  }

  /** Brings a fresh conversation to a state by the wire alone. */
  reach(name: TcpTargetState): this {
    switch (name) {
      case 'CLOSED':
        return this;
      case 'LISTEN':
        return this.listen();
      case 'SYN_SENT':
        this.open();
        return this;
      case 'SYN_RECEIVED':
        this.open();
        this.tell({ flags: syn, options: { mssBytes: 1460, ...this.options.peerOptions, ...this.stampNow() } });
        this.heard();
        return this;
      case 'ESTABLISHED':
        return this.connected();
      case 'CLOSE_WAIT':
        this.connected().tell({ flags: fin | ack });
        this.heard();
        return this;
      case 'LAST_ACK':
        this.reach('CLOSE_WAIT').close();
        this.hearAll();
        return this;
      case 'FIN_WAIT_1':
        this.connected().close();
        // Its FIN is heard and deliberately not acknowledged yet.
        this.heard();
        return this;
      case 'FIN_WAIT_2':
        this.connected().close();
        this.hearAll();
        this.say();
        return this;
      case 'CLOSING':
        this.reach('FIN_WAIT_1').tell({ flags: fin | ack });
        this.heard();
        return this;
      default:
        this.reach('FIN_WAIT_2').tell({ flags: fin | ack });
        this.heard();
        return this;
    }
  }
}

export function brief(said: TcpSegment): Record<string, number> {
  const { sequence, acknowledgment, flags, window, payload } = said;
  return { sequence, acknowledgment, flags, window, text: payload.length };
}

export const allStates: readonly TcpTargetState[] = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
];
