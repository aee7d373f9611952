import type { BlockPool, Entropy, NetDevice, PacketPool, Pollable } from '@synos/interfaces';
import { createStackMemory } from '@synos/wire';
import type { LinkFault, Side } from './link-fault.js';
import { createRandom, createTestEntropy, type SeededRandom } from './random.js';
import { type RunOptions, type RunReport, runPollables } from './run-pollables.js';
import type { Scenario } from './scenario.js';
import { createSimulatedLink, type LinkProfile, type SimulatedLink } from './simulated-link.js';
import type { Transcript } from './transcript.js';
import { createVirtualClock, type VirtualClock } from './virtual-clock.js';

/** What a host of a pair is made from. */
export interface HostParts {
  readonly side: Side;
  /** Its end of the link. */
  readonly device: NetDevice;
  readonly clock: VirtualClock;
  /** Predictable, from the seed: the same ports and sequence numbers in each run. */
  readonly entropy: Entropy;
  readonly random: SeededRandom;
  readonly packets: PacketPool;
  readonly blocks: BlockPool;
}

/** Options of {@link createPair}. */
export interface PairOptions<Host extends Pollable> {
  readonly seed: number | string;
  /** Makes the stack at one end. */
  readonly createHost: (parts: HostParts) => Host;
  /** What the link does; default nothing bad. */
  readonly scenario?: Pick<Scenario, 'profile' | 'mtuBytes' | 'queueLength'>;
  /** Overrides the scenario's. */
  readonly profile?: LinkProfile;
  readonly faults?: readonly LinkFault[];
  /** Others to drive with the hosts: simulated programs. */
  readonly programs?: readonly Pollable[];
  readonly detail?: 'none' | 'hash' | 'text';
  /** The clock's first time, default 0. */
  readonly startMs?: number;
  /** Each host's memory; default 2,048 small and 16 large packets, 4 MB first for rings. */
  readonly memory?: Parameters<typeof createStackMemory>[0];
  /** Bounds and budget of runs. */
  readonly run?: Pick<RunOptions, 'budgetPackets' | 'maxPollsPerInstant' | 'maxPolls'>;
}

/** Two hosts, a link, and all the time in the world. */
export interface Pair<Host extends Pollable> {
  readonly seed: number | string;
  readonly a: Host;
  readonly b: Host;
  readonly clock: VirtualClock;
  readonly link: SimulatedLink;
  readonly transcript: Transcript;
  readonly pools: { readonly a: PacketPool; readonly b: PacketPool };
  /** Runs until a condition holds (or `deadlineMs` comes), or, without one, until nothing is left to do. */
  run(until?: () => boolean, deadlineMs?: number): RunReport;
  /** Runs for a duration. */
  runFor(durationMs: number): RunReport;
}

/**
 * Two stacks over a simulated link, driven together in virtual time. Everything follows from the seed: the same seed
 * gives the same transcript, byte for byte.
 *
 * @example
 * const pair = createPair({
 *   seed: 7,
 *   scenario: scenarioNamed('lossy'),
 *   createHost: (parts) => createStack(parts),
 * });
 * pair.run(() => received === 1_000_000);
 */
export function createPair<Host extends Pollable>(options: PairOptions<Host>): Pair<Host> {
  const clock = createVirtualClock(options.startMs ?? 0);
  const random = createRandom(options.seed);
  const memory = options.memory ?? {
    smallPackets: 2048,
    largePackets: 16,
    ringBytes: 4 * 1024 * 1024,
  };
  const memories = { a: createStackMemory(memory), b: createStackMemory(memory) };
  const pools = { a: memories.a.packets, b: memories.b.packets };
  const scenario = options.scenario;
  const link = createSimulatedLink({
    clock,
    random: random.fork('link'),
    profile: options.profile ?? scenario?.profile ?? {},
    faults: options.faults ?? [],
    mtuBytes: scenario?.mtuBytes ?? 1500,
    queueLength: scenario?.queueLength ?? 256,
    pools,
    detail: options.detail ?? 'text',
  });
  const host = (side: Side): Host =>
    options.createHost({
      side,
      device: link[side],
      clock,
      entropy: createTestEntropy(`${options.seed}/entropy ${side}`),
      random: random.fork(`host ${side}`),
      packets: memories[side].packets,
      blocks: memories[side].blocks,
    });
  const a = host('a');
  const b = host('b');
  const pollables = [a, b, ...(options.programs ?? [])];
  return {
    seed: options.seed,
    a,
    b,
    clock,
    link,
    transcript: link.transcript,
    pools,
    run(until, deadlineMs) {
      return runPollables({
        pollables,
        clock,
        ...options.run,
        ...(until === undefined ? {} : { until }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      });
    },
    runFor(durationMs) {
      return runPollables({ pollables, clock, ...options.run, until: clock.now() + durationMs });
    },
  };
}
