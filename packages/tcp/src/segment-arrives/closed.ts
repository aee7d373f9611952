import type { Arrival } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import type { TcpCore } from '../core.js';
import { sendReset } from '../reply.js';
import type { Segment } from '../segment.js';

/** A segment for no connection and no listener: RFC 9293 §3.10.7.1. */
export function arrivesClosed(core: TcpCore, segment: Segment, arrival: Arrival): void {
  core.counters.dropNoEndpoint++;
  // An incoming segment containing a RST is discarded; any other one causes a RST.
  if ((segment.flags & tcpFlag.rst) === 0) sendReset(core, segment, arrival);
}
