import { tcpFlag } from '@synos/wire';
import { check } from '../check.js';
import type { SeenSegment } from './peer.js';
import { type Situation, stateInside } from './situation.js';

export const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x62);
export const isReset = (segment: SeenSegment): boolean => (segment.flags & tcpFlag.rst) !== 0;

/** Fails when a look inside shows another state. */
export function expectState(situation: Situation, expected: string): void {
  const inside = stateInside(situation);
  check(inside === undefined || inside === expected, `the target is in ${inside}, expected ${expected}`);
}

export function read(situation: Situation): string {
  const got = situation.target.receive(situation.handle!, 100_000);
  check(typeof got !== 'string', `receive answered '${String(got)}'`);
  return String.fromCharCode(...got);
}

export function ascii(value: string): Uint8Array {
  return Uint8Array.from(value, (letter) => letter.charCodeAt(0));
}
