import type { ReadinessListener, TransportEndpoint } from '@synos/interfaces';
import type { EndpointOptions } from './endpoint-options.js';
import type { ListenState } from './listen-state.js';
import type { PortHold } from './port-hold.js';
import type { Tcb } from './tcb.js';

/** What the machine knows of an endpoint; the calls on it are `endpoint.ts`. */
export interface EndpointState extends TransportEndpoint {
  /** Place in the table of endpoints, -1 once closed. */
  index: number;
  options: EndpointOptions;
  hold: PortHold | null;
  /** The connection, dead ones included until the next `connect`. */
  tcb: Tcb | null;
  listening: ListenState | null;
  listener: ReadinessListener | null;
  /** Waits in the queue of events. */
  queued: boolean;
}
