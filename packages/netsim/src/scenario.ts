import type { LinkProfile } from './simulated-link.js';

/** A situation that every transport must live through, as plain data: what the link does, and what a test does on it. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Of each direction. */
  readonly profile: LinkProfile;
  /** Default 1,500. */
  readonly mtuBytes?: number;
  /** Frames that wait at each network card, default 256. */
  readonly queueLength?: number;
  /** Bytes to carry each way. */
  readonly payloadBytes: number;
  /** Connections at once, default 1. */
  readonly flows?: number;
  /** The receive buffer that the test asks for, in bytes; default the stack's own. */
  readonly receiveBufferBytes?: number;
  /** Having received half, the receiver does not read for so long. */
  readonly readerPauseMs?: number;
  /**
   * The test lets sequence numbers begin so that they wrap during the transfer. Initial ones follow the clock (RFC 9293
   * §3.4.1: one in 4 µs): run once, read the number, and give the pair a `startMs` that brings it close to 2^32.
   */
  readonly isSequenceWrapped?: boolean;
  /** Virtual time by which everything must have arrived. */
  readonly limitMs: number;
}

const megabyte = 1_000_000;
const hour = 3_600_000;

// A little time on the way, so that order and time mean something.
const near: LinkProfile = { delayMs: 5 };

/** The table, in the order of growing trouble. */
export const scenarios: readonly Scenario[] = [
  { name: 'clean', about: 'nothing goes wrong', profile: near, payloadBytes: megabyte, limitMs: hour },
  {
    name: 'lossy',
    about: '10 % of all frames are lost',
    profile: { ...near, lossRate: 0.1 },
    payloadBytes: megabyte,
    limitMs: 24 * hour,
  },
  {
    name: 'reordering',
    about: '10 % of all frames come up to 20 ms late',
    profile: { ...near, reorderRate: 0.1, reorderMs: 20 },
    payloadBytes: megabyte,
    limitMs: hour,
  },
  {
    name: 'duplicating',
    about: '5 % of all frames come twice',
    profile: { ...near, duplicateRate: 0.05 },
    payloadBytes: megabyte,
    limitMs: hour,
  },
  {
    name: 'corrupting',
    about: 'bursts of up to 15 bits are flipped in 2 % of all IPv4 packets',
    profile: { ...near, corruptRate: 0.02 },
    payloadBytes: megabyte,
    limitMs: 24 * hour,
  },
  {
    name: 'everything',
    about: '10 % loss, 10 % reordering, 5 % duplication, 2 % corruption, all together',
    profile: { ...near, lossRate: 0.1, reorderRate: 0.1, reorderMs: 20, duplicateRate: 0.05, corruptRate: 0.02 },
    payloadBytes: megabyte,
    limitMs: 24 * hour,
  },
  {
    name: 'small-windows',
    about: 'receive buffers of 4 KB',
    profile: near,
    payloadBytes: megabyte,
    receiveBufferBytes: 4096,
    limitMs: 24 * hour,
  },
  {
    name: 'one-byte-windows',
    about: 'receive buffers of one byte, 10 KB',
    profile: near,
    payloadBytes: 10_000,
    receiveBufferBytes: 1,
    limitMs: 240 * hour,
  },
  {
    name: 'long-link',
    about: 'a second each way: longer than the first retransmission timeout (RFC 6298 §2.1)',
    profile: { delayMs: 1000 },
    payloadBytes: megabyte,
    limitMs: 24 * hour,
  },
  {
    name: 'paused-reader',
    about: 'a receiver that stops for a minute',
    profile: near,
    payloadBytes: megabyte,
    readerPauseMs: 60_000,
    limitMs: hour,
  },
  {
    name: 'sequence-wrap',
    about: 'sequence numbers pass 2^32 on the way (RFC 9293 §3.4)',
    profile: near,
    payloadBytes: megabyte,
    isSequenceWrapped: true,
    limitMs: hour,
  },
  {
    name: 'narrow',
    about: '1 MB/s with jitter and a queue of 16 frames',
    profile: { delayMs: 20, jitterMs: 2, rateBytesPerMs: 1000, queueLength: 16 },
    payloadBytes: megabyte,
    limitMs: 24 * hour,
  },
  {
    name: 'one-slot',
    about: 'network cards with a single slot, 100 flows',
    profile: {},
    queueLength: 1,
    payloadBytes: 20_000,
    flows: 100,
    limitMs: hour,
  },
];

/**
 * The scenario of a name.
 *
 * @returns it, or `undefined`
 */
export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
