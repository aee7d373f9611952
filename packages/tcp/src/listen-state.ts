import type { Embryo } from './embryo.js';
import type { EndpointState } from './endpoint-state.js';
import type { PortHold } from './port-hold.js';
import type { Tcb } from './tcb.js';

/** A listener's two queues: half-open connections, and established ones that wait for `accept`. */
export class ListenState {
  readonly endpoint: EndpointState;
  readonly hold: PortHold;
  /** `accepting` holds one more than this, as Linux has it. */
  backlog: number;
  readonly accepting: Tcb[];
  /** Half-open connections, oldest first, linked through themselves. */
  oldest: Embryo | null;
  newest: Embryo | null;
  halfOpen: number;

  constructor(endpoint: EndpointState, hold: PortHold, backlog: number) {
    this.endpoint = endpoint;
    this.hold = hold;
    this.backlog = backlog;
    this.accepting = [];
    this.oldest = null;
    this.newest = null;
    this.halfOpen = 0;
  }

  get full(): boolean {
    return this.accepting.length > this.backlog;
  }

  add(embryo: Embryo): void {
    embryo.older = this.newest;
    embryo.newer = null;
    if (this.newest === null) this.oldest = embryo;
    else this.newest.newer = embryo;
    this.newest = embryo;
    this.halfOpen++;
  }

  remove(embryo: Embryo): void {
    if (embryo.older === null) this.oldest = embryo.newer;
    else embryo.older.newer = embryo.newer;
    if (embryo.newer === null) this.newest = embryo.older;
    else embryo.newer.older = embryo.older;
    embryo.older = null;
    embryo.newer = null;
    this.halfOpen--;
  }
}
