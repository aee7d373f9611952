// biome-ignore-all format: short methods stand on one line each, so that the whole transport is a few pages.
import type * as net from '@synos/interfaces';
import { addressEquals, failure, isUnspecified, readiness, transfer } from '@synos/interfaces';
import { foldSum, pseudoHeaderSum, sumBytes } from '@synos/wire';

// Header: ports, number of this message, number of the next one expected (4 bytes each), flags, a spare byte, checksum.
// SYN, FIN and text are messages; what bears none of them only acknowledges and has no number of its own.
const [syn, fin, rst, headerBytes, checksumOffset] = [1, 2, 4, 16, 14];
const [protocol, bufferBytes, rtoMs, maximumTries, lingerMs] = [252, 8192, 60, 14, 30_000];
const [none, closed] = [new Uint8Array(0), () => failure.closed] as const;
const freshEnd = (): net.MutableSocketAddress => ({ address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 });
const fits = (a: net.Address, b: net.Address) => isUnspecified(a) || isUnspecified(b) || addressEquals(a, b);
const same = (a: net.SocketAddress, b: net.SocketAddress) => a.port === b.port && addressEquals(a.address, b.address);
const calls = ['bind', 'connect', 'listen', 'send', 'receive', 'shutdown', 'localAddress', 'remoteAddress'];
const closedCalls = Object.fromEntries([...calls, 'takeError', 'setOption', 'getOption'].map((call) => [call, closed]));
const copyEnd = (into: net.MutableSocketAddress, { address, port }: net.SocketAddress) =>
  Object.assign(into, { port, address: Object.assign(into.address, address) }) && 0;
/** A reliable stream by stop-and-wait: one message is on its way; what is not acknowledged in time is sent again. */
export function createToyTransport(host: net.TransportHost): net.TransportProtocol {
  const { ports } = host; const all = new Set<Endpoint>(); const changed = new Set<Endpoint>();
  const find = (at: net.SocketAddress, peer: net.SocketAddress | null) => [...all].find(({ local, remote, listening }) =>
    local.port === at.port && fits(local.address, at.address) && (peer ? same(remote, peer) : listening));
  class Endpoint implements net.TransportEndpoint, net.PortOwner {
    readonly kind = 'stream'; readonly local = freshEnd(); readonly remote = freshEnd();
    readonly messages: { readonly flags: number; readonly text: Uint8Array }[] = []; // the first one has number `una`
    readonly tcb = { una: 0, rcv: 0, tries: 0, dueMs: Infinity, error: 0, backlog: 0 };
    readonly has = { port: false, closed: false, ended: false, peerEnded: false };
    readonly waiting: Endpoint[] = []; parent: Endpoint | null = null; unread: Uint8Array = none;
    stage: 'fresh' | 'listening' | 'opening' | 'open' | 'over' = 'fresh';
    listener: net.ReadinessListener | null = null; route: net.Route | null = null;
    reuseAddress = false; autobound = false; get listening() { return this.stage === 'listening'; }
    get unsentBytes() { return this.messages.reduce((sum, { text }) => sum + text.length, 0); }
    acceptsPort(port: number) { return find({ ...this.local, port }, this.remote) === undefined; }
    bind({ address, port }: net.SocketAddress): net.Result {
      if (this.has.port || this.stage !== 'fresh') return failure.invalid;
      if (!isUnspecified(address) && !host.isLocalAddress(address)) return failure.addressNotAvailable;
      const result = port ? ports.claim(protocol, address, port, this) : ports.ephemeral(protocol, address, this);
      this.has.port = result >= 0; if (result >= 0) all.add(this);
      return result < 0 ? result : copyEnd(this.local, { address, port: port || result });
    }
    connect(remote: net.SocketAddress): net.Result {
      if (this.stage === 'opening') return failure.alreadyInProgress;
      if (this.stage !== 'fresh') return this.stage === 'open' ? failure.alreadyConnected : failure.invalid;
      const route = host.route(this.local.address, remote.address);
      if (typeof route === 'number') return route;
      copyEnd(this.remote, remote); this.autobound = !this.has.port;
      const result = this.has.port ? 0 : this.bind({ address: route.source, port: 0 });
      if (result === 0) this.begin(route);
      return result || failure.inProgress;
    }
    listen(backlog: number): net.Result {
      if (this.stage !== 'fresh' && !this.listening) return failure.invalid;
      const [{ local }, bound] = [this, this.has.port ? 0 : this.bind(this.local)];
      const result = bound || ports.mayListen(protocol, local.address, local.port, this);
      if (result === 0) Object.assign(this, { stage: 'listening' }).tcb.backlog = Math.max(1, backlog);
      return result;
    }
    accept() { for (const one of this.waiting.splice(0, 1)) return Object.assign(one, { parent: null }); return null; }
    obstacle(): net.Result {
      const answer = this.stage === 'opening' ? failure.wouldBlock : this.route ? 0 : failure.notConnected;
      return this.tcb.error === 0 ? answer : this.takeError();
    }
    send(bytes: Uint8Array, start: number, end: number): net.Result {
      const obstacle = this.obstacle() || (this.stage === 'over' || this.has.ended ? failure.brokenPipe : 0);
      if (obstacle !== 0) return obstacle;
      const stop = Math.min(end, start + bufferBytes - this.unsentBytes);
      const size = this.route!.mtuBytes - this.route!.headerBytes - headerBytes;
      for (let at = start; at < stop; at += size) this.queue(0, bytes.slice(at, Math.min(at + size, stop)));
      return stop === start && end > start ? failure.wouldBlock : stop - start;
    }
    receive(into: Uint8Array, start: number, end: number, flags: number): net.Result {
      const obstacle = this.obstacle();
      if (obstacle !== 0) return obstacle;
      const count = Math.min(end - start, this.unread.length);
      into.set(this.unread.subarray(0, count), start);
      if ((flags & transfer.peek) === 0) this.unread = this.unread.slice(count);
      return count || this.has.peerEnded || this.stage === 'over' ? count : failure.wouldBlock;
    }
    shutdown(how: net.Direction): net.Result {
      if (this.stage !== 'open') return failure.notConnected;
      this.has.peerEnded ||= how !== 2;
      if (how !== 1 && !this.has.ended) this.queue(fin, none);
      this.has.ended ||= how !== 1;
      return 0;
    }
    close(): void {
      if (this.shutdown(3) < 0) this.abort();
      Object.assign(this, closedCalls, { listener: null }).has.closed = true;
      this.pump();
    }
    abort(): void {
      for (const child of all) if (child.parent === this) child.abort();
      if (this.stage === 'open' || this.stage === 'opening') this.emit(rst, none);
      Object.assign(this, closedCalls).forget();
    }
    localAddress(into: net.MutableSocketAddress): net.Result { return copyEnd(into, this.local); }
    remoteAddress(to: net.MutableSocketAddress) { return this.route ? copyEnd(to, this.remote) : failure.notConnected; }
    readiness(): number {
      const [{ ended, peerEnded }, isOver, isEmpty] = [this.has, this.stage === 'over', this.messages.length === 0];
      let bits = isOver || peerEnded ? readiness.readable | readiness.readHangup : 0;
      if (this.unread.length > 0 || this.waiting.length > 0) bits |= readiness.readable;
      if (isOver || (this.stage === 'open' && (ended || this.unsentBytes < bufferBytes))) bits |= readiness.writable;
      if (isOver || (peerEnded && ended && isEmpty)) bits |= readiness.hangup;
      return bits | (isEmpty ? readiness.drained : 0) | (this.tcb.error === 0 ? 0 : readiness.error);
    }
    listenReadiness(listener: net.ReadinessListener | null): void { this.listener = listener; }
    takeError(): net.Result { const { error } = this.tcb; this.tcb.error = 0; return error; }
    setOption(option: net.TransportOption, value: number): net.Result {
      if (option === 'reuseAddress') { this.reuseAddress = value !== 0; return 0; } else return failure.noSuchOption;
    }
    getOption(option: net.TransportOption): net.Result {
      const { reuseAddress, listening, unsentBytes, unread: { length: readableBytes } } = this;
      const known = new Map(Object.entries({ reuseAddress, listening, readableBytes, unsentBytes }));
      return Number(known.get(option) ?? failure.noSuchOption);
    }
    takeResult() { return 0; } info() { return null; }
    begin(route: net.Route): void { Object.assign(this, { route, stage: 'opening' }).queue(syn, none); }
    queue(flags: number, text: Uint8Array): void { this.messages.push({ flags, text }); this.pump(); }
    /** Sends the first message if it is not on its way. */
    pump(): void {
      const [{ tcb, has }, first] = [this, this.messages[0]];
      host.enter();
      if (first && tcb.dueMs === Infinity) this.emit(first.flags, first.text);
      if (first && tcb.dueMs === Infinity) tcb.dueMs = host.now + rtoMs * 2 ** Math.min(tcb.tries, 5);
      if (!first && has.closed) tcb.dueMs = host.now + lingerMs;
      host.wake();
    }
    emit(flags: number, text: Uint8Array): void {
      const [{ route, local, remote, tcb }, length] = [this, headerBytes + text.length];
      const packet = host.packets.take(length, text.length === 0);
      if (packet === null || route === null) return;
      const { start: checksumStart, memory } = packet;
      const sum = pseudoHeaderSum(route.source, route.destination, protocol, length);
      const words = [(local.port << 16) | remote.port, tcb.una, tcb.rcv, (flags << 24) | sum];
      for (const [index, word] of words.entries()) memory.view.setInt32(checksumStart + 4 * index, word);
      memory.bytes.set(text, checksumStart + headerBytes);
      Object.assign(packet, { end: checksumStart + length, checksum: 1, checksumStart, checksumOffset });
      host.send(packet, route, protocol, { ttl: 64, tos: 0, dontFragment: false });
    }
    timeout(): void {
      if (this.messages.length === 0 || ++this.tcb.tries > maximumTries) return void this.forget(failure.timedOut);
      this.tcb.dueMs = Infinity; this.pump();
    }
    forget(error = 0): void {
      if (all.delete(this) && this.has.port) ports.release(protocol, this.local.address, this.local.port, this);
      this.stage = 'over'; this.tcb.error = error; this.messages.length = 0; changed.add(this);
    }
    arrive(flags: number, number: number, expected: number, text: Uint8Array): void {
      const [{ tcb, has }, isOpening] = [this, this.stage === 'opening'];
      const error = isOpening ? failure.connectionRefused : failure.connectionReset;
      if (flags & rst) { if ((tcb.rcv - number) >>> 0 < 2) this.forget(error); return; }
      changed.add(this.parent ?? this); tcb.tries = 0;
      if (this.messages.length > 0 && expected === tcb.una + 1) {
        Object.assign(tcb, { una: expected, dueMs: Infinity });
        this.messages.shift(); this.stage = 'open';
        if (isOpening) this.parent?.waiting.push(this);
      }
      if (has.closed && text.length > 0) { this.emit(rst, none); return void this.forget(); }
      if (number === tcb.rcv && this.unread.length < bufferBytes && (flags || text.length)) {
        this.unread = Uint8Array.from([...this.unread, ...text]);
        has.peerEnded ||= (flags & fin) !== 0; tcb.rcv++;
      }
      if (flags || text.length) this.emit(0, none);
      this.pump();
    }
  }
  const dispatch = ({ memory, start, end, checksum }: net.Packet, { source, destination }: net.Arrival): void => {
    const sum = sumBytes(memory, start, end) + pseudoHeaderSum(source, destination, protocol, end - start);
    if (checksum !== 2 && foldSum(sum) !== 0xffff) return;
    const [number, expected] = [memory.view.getInt32(start + 4), memory.view.getInt32(start + 8)];
    const [flags, text] = [memory.bytes[start + 12]!, memory.bytes.subarray(start + headerBytes, end)];
    const remote = { address: { ...source }, port: memory.view.getUint16(start) };
    const local = { address: { ...destination }, port: memory.view.getUint16(start + 2) };
    const known = find(local, remote);
    if (known) return void known.arrive(flags, number, expected, text);
    const route = host.route(destination, source);
    if (typeof route === 'number' || flags & rst) return;
    const parent = find(local, null);
    const child = Object.assign(new Endpoint(), { parent, route, local, remote });
    Object.assign(child.tcb, { una: expected, rcv: number + 1 });
    if (!parent || flags !== syn) return void child.emit(rst, none);
    if ([...all].filter((each) => each.parent === parent).length > parent.tcb.backlog) return;
    all.add(child); child.begin(route);
  };
  return {
    name: 'toy', protocol, kind: 'stream', counters: {},
    open: () => new Endpoint(), networkError: () => false, writable() {},
    receive(packet, arrival) {
      if (!arrival.isGroup && packet.end - packet.start >= headerBytes) dispatch(packet, arrival);
      packet.pool.release(packet);
    },
    advance(nowMs) { for (const each of all) if (each.tcb.dueMs <= nowMs) each.timeout(); },
    deliverEvents() {
      const told = [...changed]; changed.clear();
      for (const each of told) each.listener?.readinessChanged(each, each.readiness());
    },
    get hasEvents() { return changed.size > 0; }, dispose() { for (const each of all) each.forget(); },
    nextDeadline: () => Math.min(...[...all].map((each) => each.tcb.dueMs)),
  };
}
