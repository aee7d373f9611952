import {
  type Address,
  failureName,
  type MutableSocketAddress,
  type ReceiveDetails,
  readiness,
  type SocketAddress,
  type TransportEndpoint,
} from '@synos/interfaces';
import type { Case } from '../case.js';
import { ComplianceError, check, equal } from '../check.js';
import { createSeededRandom } from '../seeded.js';
import type { TransportAbility, TransportFixture, TransportSetup, TransportSide } from './fixture.js';

/** A port that the cases listen on. */
export const wellKnownPort = 7007;
/** Long enough for any handshake, retransmission or TIME-WAIT (RFC 9293 §3.4.2: 4 minutes) to end. */
export const longMs = 600_000;

export const anyV6: Address = { w0: 0, w1: 0, w2: 0, w3: 0 };

/** Two ends of a stream. */
export interface StreamPair {
  readonly client: TransportEndpoint;
  readonly server: TransportEndpoint;
  readonly listener: TransportEndpoint;
}

/** A fixture with the moves that cases make. */
export class Drive {
  readonly fixture: TransportFixture;
  readonly a: TransportSide;
  readonly b: TransportSide;

  constructor(fixture: TransportFixture) {
    this.fixture = fixture;
    this.a = fixture.a;
    this.b = fixture.b;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.fixture.run(this.fixture.now() + ms);
  }

  /** Lets time pass until `condition` holds; fails when it does not within `limitMs`. */
  until(condition: () => boolean, what: string, limitMs = 120_000): void {
    const end = this.fixture.now() + limitMs;
    let stepMs = 1;
    while (!condition()) {
      check(this.fixture.now() < end, `${what}: not within ${limitMs} ms`);
      this.pass(stepMs);
      stepMs = Math.min(stepMs * 1.5, 250);
    }
  }

  open(side: TransportSide): TransportEndpoint {
    const opened = side.transport.open();
    if (typeof opened === 'number') {
      throw new ComplianceError(`open answered ${failureName(opened) ?? opened}`, opened, 'an endpoint');
    }
    return opened;
  }

  /** An endpoint of `side` bound to its unicast address. */
  bound(side: TransportSide, port: number): TransportEndpoint {
    const endpoint = this.open(side);
    equal(endpoint.bind({ address: side.address, port }), 0, 'bind');
    return endpoint;
  }

  listener(side: TransportSide, port: number = wellKnownPort, backlog = 16): TransportEndpoint {
    const endpoint = this.bound(side, port);
    equal(endpoint.listen(backlog), 0, 'listen');
    return endpoint;
  }

  /** Starts a connection from `side`. */
  connecting(side: TransportSide, to: SocketAddress): TransportEndpoint {
    const endpoint = this.open(side);
    const result = endpoint.connect(to);
    check(result === 0 || result === -3, `connect answered ${failureName(result) ?? result}`);
    return endpoint;
  }

  accepted(listener: TransportEndpoint): TransportEndpoint {
    let got: TransportEndpoint | null = null;
    this.until(() => {
      got = listener.accept();
      return got !== null;
    }, 'a connection to accept');
    return got!;
  }

  /** A connection from host a to a listener on host b. */
  pair(port: number = wellKnownPort): StreamPair {
    const listener = this.listener(this.b, port);
    const client = this.connecting(this.a, { address: this.b.address, port });
    const server = this.accepted(listener);
    this.until(() => (client.readiness() & readiness.writable) !== 0, 'the connecting side is writable');
    return { client, server, listener };
  }

  /** Sends all of `bytes` from one end and reads them at the other, then compares. */
  transfer(from: TransportEndpoint, to: TransportEndpoint, bytes: Uint8Array, limitMs = longMs): void {
    const got = new Uint8Array(bytes.length);
    let sent = 0;
    let received = 0;
    this.until(
      () => {
        sent += sendSome(from, bytes, sent);
        received += receiveSome(to, got, received);
        return received >= bytes.length;
      },
      `${bytes.length} bytes to arrive`,
      limitMs,
    );
    for (let at = 0; at < bytes.length; at++) {
      if (got[at] !== bytes[at]) equal(got[at], bytes[at], `byte ${at} of ${bytes.length}`);
    }
  }

  /** Reads to the end of the stream. */
  readAll(endpoint: TransportEndpoint, limitBytes: number, limitMs = longMs): Uint8Array {
    const got = new Uint8Array(limitBytes + 1);
    let count = 0;
    this.until(
      () => {
        for (;;) {
          const result = endpoint.receive(got, count, got.length, 0, null);
          if (result === 0) return true;
          if (result === -1) return false;
          check(result > 0, `receive answered ${failureName(result) ?? result}`);
          count += result;
          check(count <= limitBytes, `more than ${limitBytes} bytes arrived`);
        }
      },
      'the end of the stream',
      limitMs,
    );
    return got.subarray(0, count);
  }

  expectText(endpoint: TransportEndpoint, expected: string): void {
    const got = new Uint8Array(expected.length);
    let count = 0;
    this.until(() => {
      count += receiveSome(endpoint, got, count);
      return count >= expected.length;
    }, `'${expected}' to arrive`);
    equal(text(got), expected, 'received text');
  }

  /** Drops, doubles, delays or damages packets as planned while `during` runs. */
  withFaults(plan: (n: number) => 'drop' | 'duplicate' | 'delay' | 'corrupt' | undefined, during: () => void): void {
    const { fixture } = this;
    check(fixture.setFaults !== undefined, "the fixture has no 'setFaults', yet does not lack 'faults'");
    fixture.setFaults(plan);
    during();
    fixture.setFaults(null);
  }
}

/** Sends what fits from `bytes[from..]`; answers how many. */
export function sendSome(endpoint: TransportEndpoint, bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const result = endpoint.send(bytes, at, bytes.length, 0, null);
    if (result === -1) break;
    check(result > 0, `send answered ${failureName(result) ?? result}`);
    at += result;
  }
  return at - from;
}

/** Receives what is there into `into[from..]`; answers how many. */
export function receiveSome(endpoint: TransportEndpoint, into: Uint8Array, from: number): number {
  let at = from;
  while (at < into.length) {
    const result = endpoint.receive(into, at, into.length, 0, null);
    if (result === -1) break;
    check(result > 0, `receive answered ${failureName(result) ?? result}`);
    at += result;
  }
  return at - from;
}

/** Bytes that differ from their neighbours and from a shifted copy of themselves. */
export function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = createSeededRandom(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = random.nextUint32() >>> 7;
  return bytes;
}

/** ASCII both ways: core code has no TextEncoder. */
export function ascii(value: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(value.length);
  for (let at = 0; at < value.length; at++) bytes[at] = value.charCodeAt(at);
  return bytes;
}

export function text(bytes: Uint8Array): string {
  let value = '';
  for (const byte of bytes) value += String.fromCharCode(byte);
  return value;
}

export function sendText(endpoint: TransportEndpoint, value: string, to: SocketAddress | null = null): void {
  const bytes = ascii(value);
  equal(endpoint.send(bytes, 0, bytes.length, 0, to), bytes.length, `send '${value}'`);
}

export function freshAddress(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}

export function freshDetails(): ReceiveDetails {
  return { from: freshAddress(), truncated: false };
}

export function localOf(endpoint: TransportEndpoint): MutableSocketAddress {
  const into = freshAddress();
  equal(endpoint.localAddress(into), 0, 'localAddress');
  return into;
}

export function remoteOf(endpoint: TransportEndpoint): MutableSocketAddress {
  const into = freshAddress();
  equal(endpoint.remoteAddress(into), 0, 'remoteAddress');
  return into;
}

export function has(endpoint: TransportEndpoint, bits: number): boolean {
  return (endpoint.readiness() & bits) === bits;
}

/** Collects cases; each runs on a fixture of its own. */
export class CaseList {
  readonly cases: Case[];
  private readonly setup: TransportSetup;

  constructor(setup: TransportSetup) {
    this.cases = [];
    this.setup = setup;
  }

  add(clause: string, name: string, body: (drive: Drive) => void, needs: readonly TransportAbility[] = []): void {
    const { setup } = this;
    this.cases.push({
      name,
      clause,
      needs,
      run: () => {
        const fixture = setup.create();
        try {
          body(new Drive(fixture));
        } finally {
          fixture.dispose();
        }
      },
    });
  }
}
