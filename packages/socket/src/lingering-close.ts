import { POLLNVAL } from '@synos/abi';
import { direction, type ReadinessListener, readiness, type TransportEndpoint } from '@synos/interfaces';
import type { Deadline } from './deadline-queue.js';
import type { SocketCore } from './socket-core.js';
import { lingering } from './socket-state.js';

/** All is acknowledged, or nothing ever will be. */
const settled = readiness.drained | readiness.error;

/**
 * Begins a close with SO_LINGER and a time, if there is something to wait for.
 *
 * @returns false: nothing is outstanding; the caller closes the endpoint
 */
export function lingersAfterClose(socket: SocketCore, endpoint: TransportEndpoint, lingerMs: number): boolean {
  // RFC 2525 §2.17: with data unread the close is a reset, for which nobody waits.
  if (endpoint.getOption('readableBytes') > 0) return false;
  if (endpoint.shutdown(direction.send) < 0 || (endpoint.readiness() & settled) !== 0) return false;
  socket.context.arm(new LingeringClose(socket, endpoint, lingerMs));
  return true;
}

/**
 * The socket is gone for its user; the endpoint stays until all is acknowledged or the time is over, and goes on by
 * itself then (tcp_close of Linux).
 */
class LingeringClose implements Deadline, ReadinessListener {
  deadlineMs: number;
  deadlineIndex: number;
  private readonly socket: SocketCore;
  private endpoint: TransportEndpoint | null;

  constructor(socket: SocketCore, endpoint: TransportEndpoint, lingerMs: number) {
    this.deadlineMs = socket.context.now() + lingerMs;
    this.deadlineIndex = -1;
    this.socket = socket;
    this.endpoint = endpoint;
    endpoint.listenReadiness(this);
  }

  readinessChanged(_endpoint: TransportEndpoint, bits: number): void {
    if ((bits & settled) !== 0) this.finish();
  }

  expired(): void {
    this.finish();
  }

  private finish(): void {
    const { endpoint } = this;
    if (endpoint === null) return;
    this.endpoint = null;
    const { socket } = this;
    socket.context.disarm(this);
    endpoint.close();
    socket.state &= ~lingering;
    socket.wake(POLLNVAL);
  }
}
