import type * as net from '@synos/interfaces';
import { addressEquals, copyAddress, failure, isUnspecified, readiness } from '@synos/interfaces';
import { foldSum, pseudoHeaderSum, sumBytes } from '@synos/wire';

// Header: ports (2 + 2), sequence (4), acknowledgment (4), flags (1), spare (1), checksum (2).
const [syn, ack, fin, rst, headerBytes, checksumAt] = [1, 2, 4, 8, 16, 14];
const [protocol, bufferBytes, rtoMs, maximumTries, lingerMs] = [252, 8192, 60, 14, 30_000];
const how = { ttl: 64, tos: 0, dontFragment: false };
const freshEnd = (): net.MutableSocketAddress => ({ address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 });
const fits = (a: net.Address, b: net.Address) => isUnspecified(a) || isUnspecified(b) || addressEquals(a, b);
const copyEnd = (into: net.MutableSocketAddress, { address, port }: net.SocketAddress): net.Result => {
  copyAddress(into.address, address);
  into.port = port;
  return 0;
};
/** What every call of a closed endpoint answers. */
const closed = () => failure.closed;
const names = ['bind', 'connect', 'listen', 'send', 'receive', 'shutdown', 'localAddress', 'remoteAddress'];
const closedCalls = Object.fromEntries([...names, 'takeError', 'setOption', 'getOption'].map((name) => [name, closed]));

/** A reliable stream by stop-and-wait: one segment is on its way; what is not acknowledged in time is sent again. */
export function createToyTransport(host: net.TransportHost): net.TransportProtocol {
  const endpoints = new Set<Endpoint>();
  const changed = new Set<Endpoint>();
  const find = (port: number, local: net.Address, remote: net.SocketAddress) => {
    const isIt = (end: Endpoint) => end.local.port === port && end.remote.port === remote.port;
    const isAt = (end: Endpoint) => fits(end.local.address, local) && addressEquals(end.remote.address, remote.address);
    return [...endpoints].find((end) => isIt(end) && isAt(end));
  };

  class Endpoint implements net.TransportEndpoint, net.PortOwner {
    readonly kind = 'stream';
    readonly local = freshEnd();
    readonly remote = freshEnd();
    readonly out = { bytes: new Uint8Array(bufferBytes), count: 0 }; // byte 0 has sequence number `una`
    readonly in = { bytes: new Uint8Array(bufferBytes), count: 0 };
    readonly has = { port: false, closed: false, end: false, endAcked: false, peerEnd: false };
    readonly tcb = { una: 0, rcv: 0, flight: 0, tries: 0, dueMs: Infinity, error: 0, backlog: 0 };
    readonly waiting: Endpoint[] = [];
    stage: 'fresh' | 'listening' | 'opening' | 'open' | 'over' = 'fresh';
    listener: net.ReadinessListener | null = null;
    parent: Endpoint | null = null;
    route: net.Route | null = null;
    reuseAddress = false;
    listening = false;
    autobound = false;
    acceptsPort = (port: number) => find(port, this.local.address, this.remote) === undefined;
    localAddress = (into: net.MutableSocketAddress) => copyEnd(into, this.local);
    remoteAddress = (to: net.MutableSocketAddress) => (this.route ? copyEnd(to, this.remote) : failure.notConnected);
    takeResult = () => 0;
    info = () => null;

    bind({ address, port }: net.SocketAddress): net.Result {
      if (this.has.port || this.stage !== 'fresh') return failure.invalid;
      if (!isUnspecified(address) && !host.isLocalAddress(address)) return failure.addressNotAvailable;
      const { ports } = host;
      const result = port ? ports.claim(protocol, address, port, this) : ports.ephemeral(protocol, address, this);
      if (result >= 0) copyEnd(this.local, { address, port: port || result });
      if (result >= 0) endpoints.add(this);
      this.has.port = result >= 0;
      return Math.min(result, 0);
    }
    connect(remote: net.SocketAddress): net.Result {
      if (this.stage === 'opening') return failure.alreadyInProgress;
      if (this.stage !== 'fresh') return this.stage === 'open' ? failure.alreadyConnected : failure.invalid;
      host.enter();
      const route = host.route(this.local.address, remote.address);
      if (typeof route === 'number') return route;
      copyEnd(this.remote, remote);
      this.autobound = !this.has.port;
      const result = this.has.port ? 0 : this.bind({ address: route.source, port: 0 });
      if (result === 0) this.begin(route);
      return result || failure.inProgress;
    }
    listen(backlog: number): net.Result {
      if (this.stage !== 'fresh' && this.stage !== 'listening') return failure.invalid;
      const bound = this.has.port ? 0 : this.bind(this.local);
      const result = bound || host.ports.mayListen(protocol, this.local.address, this.local.port, this);
      if (result < 0) return result;
      Object.assign(this, { stage: 'listening', listening: true });
      this.tcb.backlog = Math.max(1, backlog);
      endpoints.add(this);
      return 0;
    }
    accept(): net.TransportEndpoint | null {
      const first = this.waiting.shift() ?? null;
      if (first) first.parent = null;
      return first;
    }
    send(bytes: Uint8Array, start: number, end: number): net.Result {
      const obstacle = this.obstacle();
      if (obstacle !== 0) return obstacle;
      if (this.stage === 'over' || this.has.end) return failure.brokenPipe;
      const count = Math.min(end - start, bufferBytes - this.out.count);
      if (count === 0 && end > start) return failure.wouldBlock;
      this.out.bytes.set(bytes.subarray(start, start + count), this.out.count);
      this.out.count += count;
      this.pump();
      return count;
    }
    receive(into: Uint8Array, start: number, end: number, flags: number): net.Result {
      const obstacle = this.obstacle();
      if (obstacle !== 0) return obstacle;
      const count = Math.min(end - start, this.in.count);
      if (count === 0) return this.readiness() & readiness.readable ? 0 : failure.wouldBlock;
      into.set(this.in.bytes.subarray(0, count), start);
      if ((flags & 1) === 0) drop(this.in, count);
      return count;
    }
    /** Why a transfer cannot even be tried; 0 if it can. */
    obstacle(): net.Result {
      host.enter();
      if (this.tcb.error !== 0) return this.takeError();
      if (this.stage === 'opening') return failure.wouldBlock;
      return this.stage === 'open' || this.stage === 'over' ? 0 : failure.notConnected;
    }
    shutdown(how: net.Direction): net.Result {
      if (this.stage !== 'open') return failure.notConnected;
      host.enter();
      this.has.peerEnd ||= (how & 1) !== 0;
      this.has.end ||= (how & 2) !== 0;
      this.pump();
      return 0;
    }
    close(): void {
      if (this.stage !== 'open') return this.abort();
      Object.assign(this, closedCalls, { listener: null }).has.closed = true;
      Endpoint.prototype.shutdown.call(this, 3);
    }
    abort(): void {
      if (this.stage === 'open' || this.stage === 'opening') this.emit(ack | rst, 0);
      for (const child of endpoints) if (child.parent === this) child.abort();
      Object.assign(this, closedCalls, { listener: null, stage: 'over' }).has.closed = true;
      this.forget();
    }
    readiness(): number {
      const { end, endAcked, peerEnd } = this.has;
      const isOver = this.stage === 'over';
      const canRead = this.in.count > 0 || this.waiting.length > 0 || peerEnd || isOver;
      const canWrite = (this.stage === 'open' && (end || this.out.count < bufferBytes)) || isOver;
      let bits = (canRead ? readiness.readable : 0) | (canWrite ? readiness.writable : 0);
      if (this.tcb.error !== 0) bits |= readiness.error;
      if (peerEnd || isOver) bits |= readiness.readHangup;
      if ((peerEnd && endAcked) || isOver) bits |= readiness.hangup;
      return this.out.count === 0 && end === endAcked ? bits | readiness.drained : bits;
    }
    listenReadiness(listener: net.ReadinessListener | null): void {
      this.listener = listener;
    }
    takeError(): net.Result {
      const { error } = this.tcb;
      this.tcb.error = 0;
      return error;
    }
    setOption(option: net.TransportOption, value: number): net.Result {
      if (option === 'reuseAddress') this.reuseAddress = value !== 0;
      return option === 'reuseAddress' ? 0 : failure.noSuchOption;
    }
    getOption(option: net.TransportOption): net.Result {
      const { reuseAddress, listening } = this;
      const known = new Map<string, number>(
        Object.entries({ readableBytes: this.in.count, unsentBytes: this.out.count }),
      );
      known.set('reuseAddress', Number(reuseAddress)).set('listening', Number(listening));
      return known.get(option) ?? failure.noSuchOption;
    }

    /** The handshake: of the side that connects, or (with a parent) of the side that was connected to. */
    begin(route: net.Route): void {
      const random = new Int32Array(1);
      host.entropy.fill(new Uint8Array(random.buffer));
      Object.assign(this, { stage: 'opening', route }).tcb.una = random[0]!;
      endpoints.add(this);
      this.pump();
    }
    /** Sends the next segment if none is on its way. */
    pump(): void {
      const { tcb, has, out, route, stage } = this;
      if (tcb.flight > 0 || route === null || stage === 'over') return;
      const isOpening = stage === 'opening';
      const length = isOpening ? 0 : Math.min(out.count, route.mtuBytes - route.headerBytes - headerBytes);
      const hasFin = !isOpening && has.end && !has.endAcked && length === out.count;
      const flags = isOpening ? (this.parent ? syn | ack : syn) : hasFin ? fin | ack : ack;
      tcb.flight = length + Number(isOpening || hasFin);
      tcb.dueMs = tcb.flight > 0 ? host.now + rtoMs * 2 ** Math.min(tcb.tries, 5) : Infinity;
      if (has.closed && has.endAcked) tcb.dueMs = host.now + lingerMs;
      if (tcb.flight > 0) this.emit(flags, length);
      host.wake();
    }
    emit(flags: number, length: number): void {
      const body = this.out.bytes.subarray(0, length);
      emit(this.route!, this.local.port, this.remote.port, flags, this.tcb.una, this.tcb.rcv, body);
    }
    timeout(): void {
      if (this.has.closed && this.has.endAcked) return this.forget();
      if (++this.tcb.tries > maximumTries) return this.fail(failure.timedOut);
      this.tcb.flight = 0;
      this.pump();
    }
    forget(): void {
      if (this.has.port) host.ports.release(protocol, this.local.address, this.local.port, this);
      this.has.port = false;
      endpoints.delete(this);
    }
    fail(error: number): void {
      Object.assign(this, { stage: 'over' }).tcb.error = error;
      changed.add(this);
      this.forget();
    }
    arrive(flags: number, sequence: number, acked: number, bytes: Uint8Array): void {
      const { tcb, has, out } = this;
      const isOpening = this.stage === 'opening';
      const gain = (acked - tcb.una) | 0;
      changed.add(this.parent ?? this);
      if (flags & rst) {
        if (isOpening && gain === 1) this.fail(failure.connectionRefused);
        else if (sequence === tcb.rcv) this.fail(failure.connectionReset);
        return;
      }
      tcb.tries = 0;
      if (gain > 0 && gain <= tcb.flight) {
        if (isOpening && flags & syn) tcb.rcv = (sequence + 1) | 0;
        if (isOpening) this.parent?.waiting.push(this);
        this.stage = 'open';
        has.endAcked = !isOpening && gain > out.count;
        drop(out, isOpening ? 0 : Math.min(gain, out.count));
        Object.assign(tcb, { una: acked, flight: 0 });
      }
      const skip = (tcb.rcv - sequence) | 0;
      if (this.stage === 'open' && skip >= 0 && skip <= bytes.length && (flags & syn) === 0) {
        const fresh = bytes.subarray(skip, skip + bufferBytes - this.in.count);
        if (has.closed && fresh.length > 0) return this.abandon();
        this.in.bytes.set(fresh, this.in.count);
        this.in.count += fresh.length;
        const isEnd = (flags & fin) !== 0 && skip + fresh.length === bytes.length;
        tcb.rcv = (tcb.rcv + fresh.length + Number(isEnd)) | 0;
        has.peerEnd ||= isEnd;
      }
      if (this.stage === 'open' && (bytes.length > 0 || flags & (syn | fin))) this.emit(ack, 0);
      this.pump();
    }
    /** Data for somebody who has gone: it is refused. */
    abandon(): void {
      this.emit(rst | ack, 0);
      this.forget();
    }
  }

  const drop = (queue: { readonly bytes: Uint8Array; count: number }, count: number): void => {
    queue.bytes.copyWithin(0, count, queue.count);
    queue.count -= count;
  };

  const emit = (
    route: net.Route,
    from: number,
    to: number,
    flags: number,
    una: number,
    rcv: number,
    body: Uint8Array,
  ) => {
    const packet = host.packets.take(headerBytes + body.length, body.length === 0);
    if (packet === null) return;
    const { memory, start } = packet;
    packet.end = start + headerBytes + body.length;
    memory.view.setUint16(start, from);
    memory.view.setUint16(start + 2, to);
    memory.view.setInt32(start + 4, una);
    memory.view.setInt32(start + 8, rcv);
    memory.view.setUint16(start + 12, flags << 8);
    const sum = pseudoHeaderSum(route.source, route.destination, protocol, packet.end - start);
    memory.view.setUint16(start + checksumAt, sum);
    memory.bytes.set(body, start + headerBytes);
    Object.assign(packet, { checksum: 1, checksumStart: start, checksumOffset: checksumAt });
    host.send(packet, route, protocol, how);
  };

  const dispatch = (packet: net.Packet, arrival: net.Arrival): void => {
    const { memory, start, end } = packet;
    const sum = pseudoHeaderSum(arrival.source, arrival.destination, protocol, end - start);
    const isWhole = packet.checksum === 2 || foldSum(sumBytes(memory, start, end) + sum) === 0xffff;
    if (end - start < headerBytes || !isWhole || arrival.isGroup) return;
    const [from, to, flags] = [
      memory.view.getUint16(start),
      memory.view.getUint16(start + 2),
      memory.bytes[start + 12]!,
    ];
    const [sequence, acked] = [memory.view.getInt32(start + 4), memory.view.getInt32(start + 8)];
    const remote = { address: arrival.source, port: from };
    const known = find(to, arrival.destination, remote);
    if (known) return known.arrive(flags, sequence, acked, memory.bytes.subarray(start + headerBytes, end));
    const listens = (each: Endpoint) => each.listening && each.local.port === to;
    const listener = [...endpoints].find((each) => listens(each) && fits(each.local.address, arrival.destination));
    const route = host.route(arrival.destination, arrival.source);
    if (typeof route === 'number' || flags & rst) return;
    if (!listener || flags !== syn) {
      if (!listener && host.onUnclaimed?.(transport, packet, arrival)) return dispatch(packet, arrival);
      return emit(route, to, from, rst | ack, acked, sequence + 1, packet.memory.bytes.subarray(0, 0));
    }
    const children = [...endpoints].filter((each) => each.parent === listener);
    if (children.length > listener.tcb.backlog) return;
    const child = Object.assign(new Endpoint(), { parent: listener });
    copyEnd(child.local, { address: arrival.destination, port: to });
    copyEnd(child.remote, remote);
    child.tcb.rcv = (sequence + 1) | 0;
    child.begin(route);
  };

  const transport: net.TransportProtocol = {
    ...{ name: 'toy', protocol, kind: 'stream', counters: {} },
    open: () => new Endpoint(),
    receive(packet, arrival) {
      dispatch(packet, arrival);
      packet.pool.release(packet);
    },
    networkError: () => false,
    writable() {},
    advance(nowMs) {
      for (const each of endpoints) if (each.tcb.dueMs <= nowMs) each.timeout();
    },
    deliverEvents() {
      const told = [...changed];
      changed.clear();
      for (const each of told) each.listener?.readinessChanged(each, each.readiness());
    },
    get hasEvents() {
      return changed.size > 0;
    },
    nextDeadline: () => Math.min(...[...endpoints].map((each) => each.tcb.dueMs), Infinity),
    dispose() {
      for (const each of endpoints) each.forget();
    },
  };
  return transport;
}
