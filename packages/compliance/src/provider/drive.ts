import {
  failure,
  failureName,
  type Result,
  readiness,
  type SocketAddress,
  type SocketKind,
  type TransportEndpoint,
} from '@synos/interfaces';
import { ComplianceError, check, equal, oneOf, sameBytes } from '../check.js';
import { ascii, freshDetails, has, localOf, text } from '../transport/drive.js';
import type { ProviderFixture, ProviderSide } from './fixture.js';

/** How often a case looks before it gives up: in real time some ten seconds. */
const patience = 2000;
/** Long enough for what should not happen to happen, on any loopback. */
export const quietMs = 25;

/** Two ends of a stream, and where they met. */
export interface ProviderPair {
  readonly client: TransportEndpoint;
  readonly server: TransportEndpoint;
  readonly listener: TransportEndpoint;
}

/** A fixture with the moves that cases make. */
export class ProviderDrive {
  readonly fixture: ProviderFixture;
  readonly a: ProviderSide;
  readonly b: ProviderSide;
  readonly domain: SocketKind['domain'];

  constructor(fixture: ProviderFixture, domain: SocketKind['domain']) {
    this.fixture = fixture;
    this.a = fixture.a;
    this.b = fixture.b;
    this.domain = domain;
  }

  /** The two sides, or the one that they are. */
  get sides(): readonly ProviderSide[] {
    return this.a.provider === this.b.provider ? [this.a] : [this.a, this.b];
  }

  /** Lets things happen that should not. */
  async quiet(): Promise<void> {
    await this.fixture.settle(quietMs);
  }

  /** Lets time pass until `condition` holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    for (let round = 0; round < patience; round += 1) {
      if (condition()) return;
      await this.fixture.settle(round < 100 ? 1 : 10);
    }
    throw new ComplianceError(`${what}: it does not happen`, false, true);
  }

  open(side: ProviderSide, type: 'stream' | 'datagram'): TransportEndpoint {
    const opened = side.provider.open({ domain: this.domain, type, protocol: 0 });
    if (typeof opened === 'number') {
      throw new ComplianceError(`open answered ${failureName(opened) ?? opened}`, opened, 'an endpoint');
    }
    return opened;
  }

  /** What bind, listen or connect comes to, be it at once or later. */
  async outcome(endpoint: TransportEndpoint, result: Result, what: string): Promise<Result> {
    if (result !== failure.pending) return result;
    await this.until(() => has(endpoint, readiness.completed), `${what} to complete`);
    return endpoint.takeResult();
  }

  /** An endpoint bound to its side's address; port 0: any. */
  async bound(side: ProviderSide, type: 'stream' | 'datagram', port = 0): Promise<TransportEndpoint> {
    const endpoint = this.open(side, type);
    await this.bind(endpoint, { address: side.address, port });
    return endpoint;
  }

  async bind(endpoint: TransportEndpoint, local: SocketAddress): Promise<void> {
    equal(await this.outcome(endpoint, endpoint.bind(local), 'bind'), 0, 'bind');
  }

  /** Where an endpoint of a side is reached. */
  at(side: ProviderSide, endpoint: TransportEndpoint): SocketAddress {
    return { address: side.address, port: localOf(endpoint).port };
  }

  async listener(side: ProviderSide = this.b, backlog = 16): Promise<TransportEndpoint> {
    const endpoint = await this.bound(side, 'stream');
    equal(await this.outcome(endpoint, endpoint.listen(backlog), 'listen'), 0, 'listen');
    return endpoint;
  }

  /** A port of a side where nobody is. */
  async deserted(side: ProviderSide, type: 'stream' | 'datagram'): Promise<SocketAddress> {
    const endpoint = await this.bound(side, type);
    const where = this.at(side, endpoint);
    endpoint.close();
    await this.fixture.settle(1);
    return where;
  }

  /** How a connect ends: 0, or the failure, in whatever way it is told. */
  async connectOutcome(endpoint: TransportEndpoint, to: SocketAddress): Promise<Result> {
    const result = await this.outcome(endpoint, endpoint.connect(to), 'connect');
    if (result !== failure.inProgress) return result;
    await this.until(() => (endpoint.readiness() & (readiness.writable | readiness.error)) !== 0, 'connect to end');
    return has(endpoint, readiness.error) ? endpoint.takeError() : 0;
  }

  async connected(side: ProviderSide, to: SocketAddress): Promise<TransportEndpoint> {
    const endpoint = this.open(side, 'stream');
    equal(await this.connectOutcome(endpoint, to), 0, 'connect');
    return endpoint;
  }

  async accepted(listener: TransportEndpoint): Promise<TransportEndpoint> {
    const got: TransportEndpoint[] = [];
    await this.until(() => {
      const next = listener.accept();
      if (next !== null) got.push(next);
      return got.length > 0;
    }, 'a connection to accept');
    return got[0] as TransportEndpoint;
  }

  /** A connection from side a to a listener on side b. */
  async pair(): Promise<ProviderPair> {
    const listener = await this.listener();
    const client = await this.connected(this.a, this.at(this.b, listener));
    const server = await this.accepted(listener);
    return { client, server, listener };
  }

  /** Sends all of `bytes`, waiting for room. */
  async sendAll(from: TransportEndpoint, bytes: Uint8Array): Promise<void> {
    let sent = 0;
    await this.until(() => {
      while (sent < bytes.length) {
        const result = from.send(bytes, sent, bytes.length, 0, null);
        if (result === failure.wouldBlock) return false;
        check(result > 0, `send answered ${failureName(result) ?? result}`);
        sent += result;
      }
      return true;
    }, `${bytes.length} bytes to be taken`);
  }

  async sendText(from: TransportEndpoint, value: string): Promise<void> {
    await this.sendAll(from, ascii(value));
  }

  /** Reads `length` bytes, or to the end of the stream if that comes first. */
  async read(from: TransportEndpoint, length: number): Promise<Uint8Array> {
    const got = new Uint8Array(length);
    let count = 0;
    await this.until(() => {
      while (count < length) {
        const result = from.receive(got, count, length, 0, null);
        if (result === failure.wouldBlock) return false;
        check(result >= 0, `receive answered ${failureName(result) ?? result}`);
        if (result === 0) return true;
        count += result;
      }
      return true;
    }, `${length} bytes to arrive (${count} have)`);
    return got.subarray(0, count);
  }

  async expectText(from: TransportEndpoint, expected: string): Promise<void> {
    equal(text(await this.read(from, expected.length)), expected, 'received text');
  }

  async expectBytes(from: TransportEndpoint, expected: Uint8Array, what: string): Promise<void> {
    sameBytes(await this.read(from, expected.length), expected, what);
  }

  async expectEnd(from: TransportEndpoint): Promise<void> {
    let result: Result = failure.wouldBlock;
    await this.until(() => {
      result = from.receive(new Uint8Array(1), 0, 1, 0, null);
      return result !== failure.wouldBlock;
    }, 'the end');
    equal(result, 0, 'receive at the end');
  }

  /** Waits for a connection to be over by a reset, however it shows. */
  async expectReset(endpoint: TransportEndpoint): Promise<void> {
    await this.until(() => has(endpoint, readiness.error), 'the reset');
    oneOf(endpoint.takeError(), [failure.connectionReset, failure.connectionAborted], 'takeError');
  }

  /** The next datagram as text. */
  async nextText(from: TransportEndpoint, details = freshDetails()): Promise<string> {
    await this.until(() => has(from, readiness.readable), 'a datagram');
    const into = new Uint8Array(256);
    const length = from.receive(into, 0, into.length, 0, details);
    check(length >= 0, `receive answered ${failureName(length) ?? length}`);
    return text(into.subarray(0, length));
  }

  /** Two datagram endpoints, the sender connected to the receiver. */
  async talkers(): Promise<{ sender: TransportEndpoint; receiver: TransportEndpoint; to: SocketAddress }> {
    const receiver = await this.bound(this.b, 'datagram');
    const sender = await this.bound(this.a, 'datagram');
    const to = this.at(this.b, receiver);
    equal(await this.connectOutcome(sender, to), 0, 'connect');
    return { sender, receiver, to };
  }
}
