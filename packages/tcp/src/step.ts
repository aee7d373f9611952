import type { Address, Direction, Result, SocketAddress } from '@synos/interfaces';
import type { TcpEndpoint } from './endpoint.js';
import { MiniHost } from './mini-host.js';
import { Tcp } from './protocol.js';
import { defaultSettings, type TcpSettings } from './settings.js';
import { restoreAll, snapshotAll, type TcpSnapshot } from './snapshot.js';

/** A call on the endpoint at a place in {@link TcpSnapshot.endpoints} (0 unless told). */
export type StepCall =
  | { readonly call: 'open' }
  | { readonly call: 'bind'; readonly endpoint?: number; readonly local: SocketAddress }
  | { readonly call: 'connect'; readonly endpoint?: number; readonly remote: SocketAddress }
  | { readonly call: 'listen'; readonly endpoint?: number; readonly backlog: number }
  | { readonly call: 'accept'; readonly endpoint?: number }
  | { readonly call: 'send'; readonly endpoint?: number; readonly bytes: readonly number[] }
  | { readonly call: 'receive'; readonly endpoint?: number; readonly length: number }
  | { readonly call: 'shutdown'; readonly endpoint?: number; readonly how: Direction }
  | { readonly call: 'close' | 'abort'; readonly endpoint?: number };

/** What can happen to a TCP: a segment arrives, time passes, a user calls (RFC 9293 §3.10). */
export type StepInput =
  | {
      readonly kind: 'segment';
      /** From the TCP header on. */
      readonly bytes: readonly number[];
      readonly source: Address;
      readonly destination: Address;
    }
  | { readonly kind: 'time'; readonly nowMs: number }
  | ({ readonly kind: 'call' } & StepCall);

/** What comes of it. */
export type StepOutput =
  | {
      readonly kind: 'segment';
      readonly timeMs: number;
      readonly bytes: readonly number[];
      readonly source: Address;
      readonly destination: Address;
    }
  /** What the call answered; of `open` and `accept` the new endpoint's place, of `accept` -1 when nobody waits. */
  | { readonly kind: 'result'; readonly result: Result; readonly bytes: readonly number[] };

/** A TCP in which nothing has happened yet: where {@link step} begins. */
export function emptySnapshot(nowMs: number, sequenceKey: readonly [number, number] = [0, 0]): TcpSnapshot {
  return {
    nowMs,
    epochMs: Math.floor(nowMs) - 1,
    sequenceKey,
    holds: [],
    endpoints: [],
    connections: [],
    halfOpen: [],
    timeWaits: [],
  };
}

/**
 * The machine as a pure function: what an input does to a TCP in some condition. Nothing is kept between two calls,
 * and the snapshot handed in is not changed.
 *
 * @param settings - what differs from the defaults; the same for each step of a run
 * @returns the condition after it, and what was sent and answered, in order
 * @example
 * ```ts
 * const begin = step(emptySnapshot(0), { kind: 'call', call: 'open' });
 * const next = step(begin.snapshot, { kind: 'call', call: 'connect', remote: { address: peer, port: 80 } });
 * next.outputs; // a SYN, and failure.inProgress
 * ```
 */
export function step(
  before: TcpSnapshot,
  input: StepInput,
  settings: Partial<TcpSettings> = {},
): { snapshot: TcpSnapshot; outputs: StepOutput[] } {
  const host = new MiniHost({
    nowMs: before.nowMs,
    address: null,
    mtuBytes: 1500,
    seed: Math.floor(before.nowMs),
    ringBytes: 1 << 20,
  });
  const tcp = new Tcp(host, { ...defaultSettings, ...settings });
  const restored = restoreAll(tcp.core, before);
  if (typeof restored === 'number') throw new RangeError(`the snapshot does not fit: ${restored}`);
  const endpoints: (TcpEndpoint | null)[] = restored;
  const outputs: StepOutput[] = [];
  let answer: StepOutput | null = null;
  if (input.kind === 'segment') deliver(tcp, host, input.bytes, input.source, input.destination);
  else if (input.kind === 'time') advance(tcp, host, input.nowMs);
  else answer = call(tcp, endpoints, input);
  for (const { timeMs, bytes, source, destination } of host.sent) {
    outputs.push({ kind: 'segment', timeMs, bytes: Array.from(bytes), source, destination });
  }
  if (answer !== null) outputs.push(answer);
  const live = endpoints.map((endpoint) => (endpoint !== null && endpoint.index >= 0 ? endpoint : null));
  return { snapshot: snapshotAll(tcp.core, live), outputs };
}

/** A packet arrives now. */
export function deliver(
  tcp: Tcp,
  host: MiniHost,
  bytes: ArrayLike<number>,
  source: Address,
  destination: Address,
): void {
  const packet = host.packets.take(bytes.length, true);
  if (packet === null) return;
  packet.memory.bytes.set(bytes, packet.start);
  packet.end = packet.start + bytes.length;
  tcp.receive(packet, {
    source: { ...source },
    destination: { ...destination },
    isGroup: false,
    ttl: 64,
    tos: 0,
    device: 0,
  });
}

/** Time moves on, each timer at its own time. */
export function advance(tcp: Tcp, host: MiniHost, nowMs: number): void {
  for (;;) {
    const due = tcp.nextDeadline();
    if (due > nowMs) break;
    if (due > host.now) host.now = due;
    tcp.advance(host.now);
  }
  if (nowMs > host.now) host.now = nowMs;
  tcp.advance(host.now);
}

function call(tcp: Tcp, endpoints: (TcpEndpoint | null)[], input: StepCall): StepOutput {
  const done = (result: Result, bytes: readonly number[] = []): StepOutput => ({ kind: 'result', result, bytes });
  if (input.call === 'open') {
    const opened = tcp.open();
    return done(typeof opened === 'number' ? opened : endpoints.push(opened as TcpEndpoint) - 1);
  }
  const endpoint = endpoints[input.endpoint ?? 0] ?? null;
  if (endpoint === null) throw new RangeError(`no endpoint ${input.endpoint ?? 0}`);
  switch (input.call) {
    case 'bind':
      return done(endpoint.bind(input.local));
    case 'connect':
      return done(endpoint.connect(input.remote));
    case 'listen':
      return done(endpoint.listen(input.backlog));
    case 'accept': {
      const accepted = endpoint.accept();
      return done(accepted === null ? -1 : endpoints.push(accepted as TcpEndpoint) - 1);
    }
    case 'send':
      return done(endpoint.send(Uint8Array.from(input.bytes), 0, input.bytes.length, 0, null));
    case 'receive': {
      const into = new Uint8Array(input.length);
      const result = endpoint.receive(into, 0, input.length, 0, null);
      return done(result, result > 0 ? Array.from(into.subarray(0, result)) : []);
    }
    case 'shutdown':
      return done(endpoint.shutdown(input.how));
    case 'close':
      endpoint.close();
      return done(0);
    default:
      endpoint.abort();
      return done(0);
  }
}
