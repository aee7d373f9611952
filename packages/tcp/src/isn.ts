import type { Address } from '@synos/interfaces';
import type { KeyedHash } from './keyed-hash.js';

const isnTweak = 1;
const timestampTweak = 2;

/**
 * An initial sequence number: a clock that ticks every 4 microseconds plus a keyed hash of the four-tuple
 * (RFC 6528 §3, RFC 9293 §3.4.1), so that one flow's numbers rise while another's tell nothing about them.
 *
 * @param nowMs - the time in milliseconds, fractions used
 */
export function initialSequence(
  hash: KeyedHash,
  nowMs: number,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): number {
  const ticks = Math.floor(nowMs * 250) % 0x1_0000_0000;
  return (ticks + hash.ofFlow(local, localPort, remote, remotePort, isnTweak)) | 0;
}

/**
 * What a connection adds to the millisecond clock in its timestamps (RFC 7323 §5.4): unrelated between flows, so
 * that the clock tells no uptime; the same for one four-tuple, so that it never steps back for a peer which is in
 * TIME-WAIT (RFC 6191).
 */
export function timestampOffset(
  hash: KeyedHash,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): number {
  return hash.ofFlow(local, localPort, remote, remotePort, timestampTweak);
}
