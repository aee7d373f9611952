import { POLLIN } from '@synos/abi';
import type { ByteMemory, Pollable } from '@synos/interfaces';
import { createPair, type LinkFault, type Pair, type Scenario } from '@synos/netsim';
import { createCable } from '@synos/nic';
import { type Socket, Waiter } from '@synos/socket';
import { createTcp } from '@synos/tcp';
import { ipv4 } from '@synos/wire';
import { createNetstack, type Netstack } from '../src/index.js';
import { createPing } from '../src/ping/index.js';
import { End, mustBe0, noise, openSocket } from './transfer.js';

const port = 4000;
const serverAddress = ipv4(10, 0, 0, 1);

/** What a scenario's run is made from. */
export interface ScenarioOptions {
  readonly scenario: Scenario;
  readonly seed: number | string;
  /** Instead of the scenario's chances. */
  readonly faults?: readonly LinkFault[];
  readonly startMs?: number;
  readonly detail?: 'hash' | 'text' | 'none';
  /** The TCP of both ends; ours by default. */
  readonly tcp?: typeof createTcp;
  /** A conversation: who connected says so much at a time, and the other end says it all back. */
  readonly wordBytes?: number;
  /** Makes the memory of each end; plain if not given. */
  readonly allocate?: (byteLength: number) => ByteMemory;
  /** Without the impaired link: the stacks sit right on the cable, which says busy instead of dropping. */
  readonly bareCable?: boolean;
  /** When to note what each end has received: when all have received so much in sum. By default at the first end. */
  readonly noteAtBytes?: number;
}

/** How it went. */
export interface ScenarioReport {
  readonly pair: Pair<Netstack>;
  /** Empty: every byte arrived. */
  readonly failures: readonly string[];
  readonly nowMs: number;
  /** Bytes received by each end when `noteAtBytes` was reached. */
  readonly noted: readonly number[];
  readonly transcriptHash: string;
  readonly faults: readonly LinkFault[];
}

/** All ends of all flows as one pollable: which of them has work is noted, not searched. */
export class Programs implements Pollable {
  onWork: (() => void) | null = null;
  readonly ends: End[] = [];
  private ready: End[] = [];
  private listener: Socket | null = null;
  private accepted: (socket: Socket) => void = () => {};

  /** Accepts whatever comes to a listener. */
  serve(listener: Socket, accepted: (socket: Socket) => void): void {
    this.listener = listener;
    this.accepted = accepted;
    listener.addWaiter(new Waiter(POLLIN, { woken: () => this.onWork?.() }));
  }

  add(end: End): void {
    this.ends.push(end);
    end.onWork = () => {
      if (!this.ready.includes(end)) this.ready.push(end);
      this.onWork?.();
    };
    end.onWork();
  }

  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const end of this.ends) next = Math.min(next, end.nextDeadline());
    return next;
  }

  poll(nowMs: number): boolean {
    for (let socket = this.listener?.accept(); typeof socket === 'object'; socket = this.listener?.accept()) {
      this.accepted(socket);
    }
    const due = this.ends.filter((end) => end.nextDeadline() <= nowMs && !this.ready.includes(end));
    const ready = this.ready;
    this.ready = [];
    for (const end of [...ready, ...due]) end.poll(nowMs);
    return this.ready.length > 0;
  }
}

/** Runs a scenario: `flows` connections, each carrying noise both ways at once, byte for byte. */
export function runScenario(options: ScenarioOptions): ScenarioReport {
  const { scenario, seed, faults, startMs = 0, detail = 'hash', tcp = createTcp, allocate, wordBytes } = options;
  const flows = scenario.flows ?? 1;
  const programs = new Programs();
  const bare = options.bareCable ? createCable({ queueLength: scenario.queueLength ?? 256 }) : null;
  const buffers = scenario.receiveBufferBytes === undefined ? {} : { receiveBufferBytes: scenario.receiveBufferBytes };
  const pair = createPair<Netstack>({
    seed,
    startMs,
    detail,
    programs: [programs],
    ...(allocate && { memory: { smallPackets: 2048, largePackets: 16, ringBytes: 1 << 22, allocate } }),
    scenario: faults ? { ...scenario, profile: withoutChance(scenario.profile) } : scenario,
    ...(faults ? { faults } : {}),
    createHost: ({ side, device, clock, entropy, packets, blocks }) =>
      createNetstack({
        clock,
        entropy,
        memory: { packets, blocks },
        transports: [tcp(buffers)],
        loopback: false,
        interfaces: [{ device: bare ? bare[side] : device, addresses: [side === 'a' ? '10.0.0.1/24' : '10.0.0.2/24'] }],
      }),
  });
  const upwards = noise('up', scenario.payloadBytes);
  const downwards = noise('down', scenario.payloadBytes);
  const pause = scenario.readerPauseMs === undefined ? {} : { pauseMs: scenario.readerPauseMs };
  const now = (): number => pair.clock.now();
  const start = (socket: Socket, outgoing: Uint8Array, incoming: Uint8Array, wordBytes?: number): void => {
    socket.nonblocking = true;
    const ahead = wordBytes === undefined ? {} : { aheadBytes: wordBytes };
    programs.add(new End({ socket, outgoing, incoming, now, ...pause, ...ahead }));
  };

  meetNeighbours(pair);
  const listener = openSocket(pair.a);
  mustBe0(listener.bind({ address: ipv4(0, 0, 0, 0), port }), 'bind');
  mustBe0(listener.listen(flows), 'listen');
  programs.serve(listener, (socket) => start(socket, downwards, upwards, wordBytes && 0));
  for (let flow = 0; flow < flows; flow += 1) {
    const socket = openSocket(pair.b);
    socket.connect({ address: serverAddress, port });
    start(socket, upwards, downwards, wordBytes);
  }

  let noted: number[] = [];
  const report = pair.run(() => {
    const { ends } = programs;
    if (noted.length === 0 && isNoteworthy(ends, options.noteAtBytes)) noted = ends.map((end) => end.received);
    return ends.length === 2 * flows && ends.every((end) => end.isDone);
  }, startMs + scenario.limitMs);
  const failures = programs.ends.flatMap((end) => (end.failure === null ? [] : [end.failure]));
  if (report.end !== 'done') {
    const progress = programs.ends.map((end) => `${end.sent} sent, ${end.received} received`).join('; ');
    failures.push(`${report.end} at ${report.nowMs} ms (${progress})`);
  }
  return {
    pair,
    failures,
    nowMs: report.nowMs,
    noted,
    transcriptHash: pair.transcript.transcriptHash,
    faults: pair.link.chanceFaults,
  };
}

/**
 * Pings until an answer comes. Where a tenth of all frames is lost, one resolution in 150 fails all its attempts, and a
 * connect then fails with EHOSTUNREACH, as in Linux: that is not what these runs are about.
 */
function meetNeighbours(pair: Pair<Netstack>): void {
  const ping = createPing(pair.b.ip);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    let result: number | null = null;
    mustBe0(
      ping(serverAddress, 0, 5000, (answer) => {
        result = answer;
      }),
      'ping',
    );
    pair.run(() => result !== null);
    if (result !== null && result >= 0) return;
  }
  throw new Error('the hosts never met');
}

function isNoteworthy(ends: readonly End[], atBytes: number | undefined): boolean {
  if (atBytes === undefined) return false;
  return ends.reduce((sum, end) => sum + end.received, 0) >= atBytes;
}

function withoutChance(profile: Scenario['profile']): Scenario['profile'] {
  const { lossRate, duplicateRate, reorderRate, corruptRate, ...rest } = profile;
  return rest;
}

/** Ends a run: everything must come back to the pools. Answers what did not. */
export function leftOver(pair: Pair<Netstack>): string[] {
  pair.a.dispose();
  pair.b.dispose();
  pair.link.close();
  const left: string[] = [];
  for (const side of ['a', 'b'] as const) {
    const { packets, blocks } = pair[side].memory;
    if (packets.used !== 0) left.push(`${side}: ${packets.used} packets`);
    if (blocks.usedBytes !== 0) left.push(`${side}: ${blocks.usedBytes} bytes of rings`);
  }
  return left;
}
