import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import {
  type Direction,
  direction,
  failure,
  isUnspecified,
  type ReceiveDetails,
  type Result,
  readiness,
  type SocketAddress,
  type TransportEndpoint,
  type TransportOption,
  transfer,
} from '@synos/interfaces';
import { ChunkQueue } from './chunk-queue.js';
import { failureOfError } from './failure-of-error.js';
import { anyName, type HostDomain, hostText, socketAddress } from './host-address.js';
import { HostEndpoint } from './host-endpoint.js';
import type { Host } from './host-sockets.js';

/** The kernel's queue in front of ours, as Node has it. */
const hostBacklog = 511;

/**
 * A stream of the host. Node cannot bind without listening: a bound endpoint holds a listening server, which resets who
 * comes before `listen`; a `connect` gives the server up and binds the socket in its place.
 */
export class HostStream extends HostEndpoint {
  readonly kind = 'stream';
  private state: 'idle' | 'listening' | 'connecting' | 'connected' | 'over';
  private server: Server | null;
  private socket: Socket | null;
  private readonly received: ChunkQueue;
  private peerHasEnded: boolean;
  private backlog: number;
  private readonly waiting: HostStream[];

  constructor(host: Host, domain: HostDomain) {
    super(host, domain, 'stream');
    this.state = 'idle';
    this.server = null;
    this.socket = null;
    this.received = new ChunkQueue();
    this.peerHasEnded = false;
    this.backlog = 0;
    this.waiting = [];
  }

  protected get isListening(): boolean {
    return this.state === 'listening';
  }

  protected get readableBytes(): number {
    return this.received.byteLength;
  }

  protected get unsentBytes(): number {
    return this.socket?.writableLength ?? 0;
  }

  bind(local: SocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (this.isOperating) return failure.alreadyInProgress;
    if (this.state !== 'idle' || this.server !== null) return failure.invalid;
    return this.openServer(local, () => 0);
  }

  listen(backlog: number): Result {
    if (this.isClosed) return failure.closed;
    if (this.isOperating) return failure.alreadyInProgress;
    if (this.state !== 'idle' && this.state !== 'listening') return failure.invalid;
    this.backlog = Math.max(1, backlog);
    if (this.server === null) {
      return this.openServer(anyName(this.domain), () => {
        this.state = 'listening';
        return 0;
      });
    }
    this.state = 'listening';
    return 0;
  }

  connect(remote: SocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (this.isOperating || this.state === 'connecting') return failure.alreadyInProgress;
    if (this.state !== 'idle') return this.state === 'connected' ? failure.alreadyConnected : failure.invalid;
    const host = hostText(this.domain, remote);
    if (host === undefined) return failure.networkUnreachable;
    // Port 0 is nobody's; Linux refuses as well.
    if (remote.port === 0) return failure.connectionRefused;
    const { address, port } = this.local;
    const localAddress = isUnspecified(address) ? undefined : hostText(this.domain, this.local);
    this.server?.close();
    this.server = null;
    this.state = 'connecting';
    this.attach(
      connect({
        host,
        port: remote.port,
        allowHalfOpen: true,
        autoSelectFamily: false,
        ...(port === 0 ? {} : { localPort: port }),
        ...(localAddress === undefined ? {} : { localAddress }),
      }),
    );
    return failure.inProgress;
  }

  accept(): TransportEndpoint | null {
    return this.isClosed ? null : (this.waiting.shift() ?? null);
  }

  send(bytes: Uint8Array, start: number, end: number): Result {
    if (this.isClosed) return failure.closed;
    if (this.error !== 0) return this.takeError();
    if ((this.shut & direction.send) !== 0 || this.state === 'over') return failure.brokenPipe;
    if (this.state === 'connecting') return failure.wouldBlock;
    const { socket } = this;
    if (this.state !== 'connected' || socket === null) return failure.notConnected;
    const count = Math.min(end - start, this.room(socket));
    if (count <= 0) return end > start ? failure.wouldBlock : 0;
    socket.write(Buffer.from(bytes.subarray(start, start + count)), () => this.changed());
    return count;
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, _details: ReceiveDetails | null): Result {
    if (this.isClosed) return failure.closed;
    if (this.received.byteLength > 0) {
      const count = this.received.read(into, start, end, (flags & transfer.peek) !== 0);
      if (this.received.byteLength < this.getOption('receiveBufferBytes')) this.socket?.resume();
      return count;
    }
    if (this.error !== 0) return this.takeError();
    if (this.peerHasEnded || (this.shut & direction.receive) !== 0 || this.state === 'over') return 0;
    return this.state === 'connecting' || this.state === 'connected' ? failure.wouldBlock : failure.notConnected;
  }

  shutdown(how: Direction): Result {
    if (this.isClosed) return failure.closed;
    if (this.state !== 'connected') return failure.notConnected;
    if ((how & direction.send) !== 0) this.socket?.end();
    if ((how & direction.receive) !== 0) {
      this.received.clear();
      this.socket?.resume();
    }
    this.shut |= how;
    this.changed();
    return 0;
  }

  close(): void {
    const { socket } = this;
    // RFC 2525 §2.17: with data unread the close is a reset, as the host would have it.
    const isUnread = this.received.byteLength + (socket?.readableLength ?? 0) > 0;
    if (this.isClosed || socket === null || this.state !== 'connected' || isUnread) {
      this.abort();
      return;
    }
    this.leave();
    // What still comes is for nobody.
    socket.resume();
    socket.destroySoon();
  }

  abort(): void {
    if (this.isClosed) return;
    this.leave();
    this.received.clear();
    this.server?.close();
    this.server = null;
    for (const child of this.waiting.splice(0)) child.abort();
    const { socket } = this;
    if (socket === null) return;
    if (this.state !== 'connected') socket.destroy();
    // The host refuses a reset while a shutdown is under way, and Node would lose the handle over it.
    else if (isEnding(socket)) socket.once('finish', () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  }

  protected bits(): number {
    const { readable, writable, readHangup, hangup, drained } = readiness;
    if (this.state === 'listening') return drained | (this.waiting.length > 0 ? readable : 0);
    if (this.state === 'over') return readable | writable | readHangup | hangup | drained;
    const { socket } = this;
    if (this.state !== 'connected' || socket === null) return drained;
    const hasEnded = this.peerHasEnded || (this.shut & direction.receive) !== 0;
    const sendsNoMore = (this.shut & direction.send) !== 0;
    let bits = 0;
    if (this.received.byteLength > 0 || hasEnded) bits |= readable;
    if (sendsNoMore || this.room(socket) > 0) bits |= writable;
    if (hasEnded) bits |= readHangup;
    if (hasEnded && sendsNoMore) bits |= hangup;
    if (socket.writableLength === 0 && (!sendsNoMore || socket.writableFinished)) bits |= drained;
    return bits;
  }

  protected apply(option: TransportOption, value: number): void {
    const { socket } = this;
    if (socket === null || this.state === 'connecting') return;
    if (option === 'noDelay') socket.setNoDelay(value !== 0);
    if (option === 'keepAlive' || option === 'keepAliveIdleMs') {
      socket.setKeepAlive(this.options.get('keepAlive') === 1, this.options.get('keepAliveIdleMs'));
    }
  }

  private room(socket: Socket): number {
    return this.options.get('sendBufferBytes') - socket.writableLength;
  }

  private openServer(local: SocketAddress, opened: () => Result): Result {
    const host = hostText(this.domain, local);
    if (host === undefined) return failure.addressNotAvailable;
    const server = createServer({ allowHalfOpen: true }, (socket) => this.arrive(socket));
    this.host.keep(server, () => server.close());
    this.server = server;
    server.once('listening', () => {
      const name = server.address() as AddressInfo | null;
      if (name !== null) this.local = socketAddress(name.address, name.port) ?? this.local;
      this.complete(opened());
    });
    server.on('error', (error) => {
      // Of accept (EMFILE): the connection stays in the host's queue.
      if (!this.isOperating) return;
      this.server = null;
      server.close();
      this.complete(failureOfError(error));
    });
    // Not shared with the workers of a cluster: two processes are two hosts here.
    server.listen({ host, port: local.port, backlog: hostBacklog, exclusive: true });
    return this.begin();
  }

  private arrive(socket: Socket): void {
    // Linux lets one more wait than the backlog says.
    if (this.isClosed || this.state !== 'listening' || this.waiting.length > this.backlog || !this.host.hasRoom) {
      this.host.keep(socket, () => socket.destroy());
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    const child = new HostStream(this.host, this.domain);
    child.attach(socket);
    for (const [option, value] of this.options.changed) child.setOption(option, value);
    child.stand();
    this.waiting.push(child);
    this.changed();
  }

  private attach(socket: Socket): void {
    this.socket = socket;
    this.host.keep(socket, () => socket.destroy());
    socket.on('connect', () => this.stand());
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('end', () => {
      this.peerHasEnded = true;
      this.changed();
    });
    socket.on('finish', () => this.changed());
    socket.on('error', (error) => this.fail(failureOfError(error)));
  }

  private stand(): void {
    const { socket } = this;
    if (socket === null || this.isClosed) return;
    this.state = 'connected';
    this.local = socketAddress(socket.localAddress, socket.localPort) ?? this.local;
    this.remote = socketAddress(socket.remoteAddress, socket.remotePort);
    for (const [option, value] of this.options.changed) this.apply(option, value);
    this.changed();
  }

  private take(chunk: Buffer): void {
    if (this.isClosed || (this.shut & direction.receive) !== 0) return;
    this.received.push(chunk);
    // The host stops the peer when its own buffer is full.
    if (this.received.byteLength >= this.getOption('receiveBufferBytes')) this.socket?.pause();
    this.changed();
  }

  private fail(error: Result): void {
    if (this.isClosed) return;
    this.error = error;
    this.state = 'over';
    this.remote = null;
    this.changed();
  }
}

/** Whether the end of sending is on its way to the host: all is written, the shutdown has not come back. */
function isEnding(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
