import type { NetDevice, PacketPool } from '@synos/interfaces';
import { type Cable, createCable, createImpairedLink, type ImpairedLink, type ImpairmentOptions } from '@synos/nic';
import { faultsFrom, type LinkFault, type Side } from './link-fault.js';
import type { SeededRandom } from './random.js';
import { createTranscript, type Transcript } from './transcript.js';
import type { VirtualClock } from './virtual-clock.js';

/** How bad one direction of a link is: the plain-data part of nic's impairments. */
export type LinkProfile = Pick<
  ImpairmentOptions,
  | 'lossRate'
  | 'duplicateRate'
  | 'reorderRate'
  | 'reorderMs'
  | 'corruptRate'
  | 'delayMs'
  | 'jitterMs'
  | 'rateBytesPerMs'
  | 'queueLength'
  | 'flightLength'
>;

/** Options of {@link createSimulatedLink}. */
export interface SimulatedLinkOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** Both directions, where {@link aToB} or {@link bToA} does not say otherwise. Default: a perfect link. */
  readonly profile?: LinkProfile;
  readonly aToB?: LinkProfile;
  readonly bToA?: LinkProfile;
  /** Listed faults; frames that are listed are left alone by chance. */
  readonly faults?: readonly LinkFault[];
  /** Default 1,500. */
  readonly mtuBytes?: number;
  /** Frames that wait at each end to be received, default 256. 1 makes a network card with a single slot. */
  readonly queueLength?: number;
  /** The pools of the stacks at the ends; see nic's cable. */
  readonly pools?: { readonly a: PacketPool; readonly b: PacketPool };
  /** `none` records nothing; `hash` and `text` as for a transcript. Default `text`. */
  readonly detail?: 'none' | 'hash' | 'text';
}

/** Two ends with something bad between them. */
export interface SimulatedLink {
  /** The devices to give to the stacks. */
  readonly a: NetDevice;
  readonly b: NetDevice;
  readonly cable: Cable;
  /** The impairments of what `a` sends, and of what `b` sends. */
  readonly aToB: ImpairedLink;
  readonly bToA: ImpairedLink;
  readonly transcript: Transcript;
  /** What chance did, as a list that does it again: give it as `faults` to a link with the rates left out. */
  readonly chanceFaults: readonly LinkFault[];
  /** Closes both ends; every packet inside is released. */
  close(): void;
}

/**
 * A cable with an impaired link at each end and a recorder before it.
 *
 * @throws Error `ERR_ASSERTION` on options out of range
 * @example
 * const link = createSimulatedLink({ clock, random: createRandom(1), profile: { lossRate: 0.1, delayMs: 10 } });
 */
export function createSimulatedLink(options: SimulatedLinkOptions): SimulatedLink {
  const { clock, random } = options;
  const cable = createCable({
    a: { name: 'a', ...(options.pools === undefined ? {} : { pool: options.pools.a }) },
    b: { name: 'b', ...(options.pools === undefined ? {} : { pool: options.pools.b }) },
    mtuBytes: options.mtuBytes ?? 1500,
    queueLength: options.queueLength ?? 256,
  });
  const chanceFaults: LinkFault[] = [];
  const impair = (device: NetDevice, from: Side, profile: LinkProfile | undefined): ImpairedLink =>
    createImpairedLink(device, {
      ...options.profile,
      ...profile,
      clock,
      random: random.fork(`from ${from}`),
      faults: faultsFrom(options.faults ?? [], from),
      onFault: (fault) => chanceFaults.push({ from, ordinal: fault.ordinal, action: fault.action }),
    });
  const aToB = impair(cable.a, 'a', options.aToB);
  const bToA = impair(cable.b, 'b', options.bToA);
  const detail = options.detail ?? 'text';
  const transcript = createTranscript({ clock, detail: detail === 'none' ? 'hash' : detail });
  return {
    a: detail === 'none' ? aToB : transcript.watch(aToB, 'a'),
    b: detail === 'none' ? bToA : transcript.watch(bToA, 'b'),
    cable,
    aToB,
    bToA,
    transcript,
    chanceFaults,
    close() {
      aToB.close();
      bToA.close();
    },
  };
}
