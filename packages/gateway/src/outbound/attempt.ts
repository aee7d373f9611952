import type { Socket as HostSocket } from 'node:net';
import type { IdleEntry } from '../idle-table.js';
import type { HeldPacket } from './held-packet.js';

/** A guest's connection that does not stand yet. */
export interface Attempt extends IdleEntry {
  /** The flow, as the guest sees it. */
  readonly key: string;
  readonly host: HostSocket;
  /** The guest's SYN, the latest. */
  held: HeldPacket;
  /** `connecting`: the host's connection is being made. `stands`: the guest's handshake may end. `refused`: it may not. */
  state: 'connecting' | 'stands' | 'refused';
}

/** What the guest is told of a host's connection that did not come about. */
export type Verdict = 'reset' | 'network' | 'host' | 'prohibited' | 'silence';

/** The verdict for an error of `connect` on the host. */
export function verdictOf(code: string | undefined): Verdict {
  switch (code) {
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
      return 'host';
    case 'ENETUNREACH':
    case 'ENETDOWN':
      return 'network';
    case 'EACCES':
    case 'EPERM':
      return 'prohibited';
    // Nobody has answered the host; the guest's own patience ends by itself.
    case 'ETIMEDOUT':
      return 'silence';
    default:
      return 'reset';
  }
}
