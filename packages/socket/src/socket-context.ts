import type { Result, SocketKind, TransportEndpoint } from '@synos/interfaces';
import type { Deadline } from './deadline-queue.js';

/** What a socket asks of the {@link Sockets} it belongs to: time and new endpoints. */
export interface SocketContext {
  /** Milliseconds of the clock. */
  now(): number;
  /** Sees to it that `deadline.expired` is called when its time has come. */
  arm(deadline: Deadline): void;
  /** Takes it back; one that is not armed is left alone. */
  disarm(deadline: Deadline): void;
  /** The index of a device of the network that such endpoints are on, or a failure. */
  deviceIndex(kind: SocketKind, name: string): Result;
  /** An endpoint of the first provider that supports the kind. */
  openEndpoint(kind: SocketKind): TransportEndpoint | Result;
}
