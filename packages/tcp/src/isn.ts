import type { Address } from '@synos/interfaces';
import type { TcpCore } from './core.js';

const isnTweak = 1;
const timestampTweak = 2;

/**
 * An initial sequence number: a clock that ticks every 4 microseconds plus a keyed hash of the four-tuple
 * (RFC 6528 §3, RFC 9293 §3.4.1), so that one flow's numbers rise while another's tell nothing about them.
 */
export function initialSequence(
  core: TcpCore,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): number {
  const fixed = core.settings.initialSequence;
  if (fixed !== null) return fixed | 0;
  const ticks = Math.floor(core.host.now * 250) % 0x1_0000_0000;
  return (ticks + core.sequenceHash.ofFlow(local, localPort, remote, remotePort, isnTweak)) | 0;
}

/**
 * What a connection adds to the millisecond clock in its timestamps (RFC 7323 §5.4): unrelated between flows, so
 * that the clock tells no uptime; the same for one four-tuple, so that it never steps back for a peer which is in
 * TIME-WAIT (RFC 6191).
 */
export function timestampOffset(
  core: TcpCore,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): number {
  // Ticks begin at the epoch of this TCP; timestamps count the host's milliseconds, whichever TCP goes on with them.
  return (core.sequenceHash.ofFlow(local, localPort, remote, remotePort, timestampTweak) + core.epochMs) | 0;
}
