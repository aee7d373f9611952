import { type ReadinessListener, readiness, type TransportEndpoint } from '@synos/interfaces';
import type { Deadline } from './deadline-queue.js';
import type { Socket } from './socket.js';

/**
 * A close with SO_LINGER and a time: the socket is gone for its user, the endpoint stays until all is acknowledged or
 * the time is over, and goes on by itself then (tcp_close of Linux).
 */
export class LingeringClose implements Deadline, ReadinessListener {
  deadlineMs: number;
  deadlineIndex: number;
  private readonly socket: Socket;
  private endpoint: TransportEndpoint | null;

  constructor(socket: Socket, endpoint: TransportEndpoint) {
    this.deadlineMs = 0;
    this.deadlineIndex = -1;
    this.socket = socket;
    this.endpoint = endpoint;
    endpoint.listenReadiness(this);
  }

  readinessChanged(_endpoint: TransportEndpoint, bits: number): void {
    if ((bits & (readiness.drained | readiness.hangup | readiness.error)) !== 0) this.finish();
  }

  expired(): void {
    this.finish();
  }

  private finish(): void {
    const endpoint = this.endpoint;
    if (endpoint === null) return;
    this.endpoint = null;
    this.socket.disarm(this);
    endpoint.listenReadiness(null);
    endpoint.close();
    this.socket.lingered();
  }
}
