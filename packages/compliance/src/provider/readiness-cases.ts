import { direction, failure, readiness, type TransportEndpoint } from '@synos/interfaces';
import { check, equal } from '../check.js';
import { has } from '../transport/drive.js';
import { Spy } from '../transport/shared.js';
import type { AddProviderCase } from './suite.js';

const calls = [
  'bind',
  'connect',
  'listen',
  'accept',
  'send',
  'receive',
  'shutdown',
  'close',
  'abort',
  'readiness',
  'takeError',
  'takeResult',
  'setOption',
  'getOption',
  'listenReadiness',
] as const;

/** Counts how many calls of watched endpoints are under way. */
class CallWatch {
  depth: number;

  constructor() {
    this.depth = 0;
  }

  watch(endpoint: TransportEndpoint): TransportEndpoint {
    const patched = endpoint as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const name of calls) {
      const original = patched[name] as (...args: unknown[]) => unknown;
      patched[name] = (...args) => {
        this.depth += 1;
        try {
          return original.apply(endpoint, args);
        } finally {
          this.depth -= 1;
        }
      };
    }
    return endpoint;
  }
}

/** Who is told, when, and of what. */
export function addReadinessCases(add: AddProviderCase): void {
  add('docs/decisions/0003', 'no listener is called from inside a call', async (t) => {
    const watch = new CallWatch();
    const spy = new Spy();
    let inside = 0;
    spy.reaction = () => {
      if (watch.depth > 0) inside += 1;
    };
    const seen = (endpoint: TransportEndpoint): TransportEndpoint => {
      endpoint.listenReadiness(spy);
      return watch.watch(endpoint);
    };
    const listener = seen(t.open(t.b, 'stream'));
    await t.bind(listener, { address: t.b.address, port: 0 });
    equal(await t.outcome(listener, listener.listen(4), 'listen'), 0, 'listen');
    const client = seen(t.open(t.a, 'stream'));
    equal(await t.connectOutcome(client, t.at(t.b, listener)), 0, 'connect');
    const server = seen(await t.accepted(listener));
    await t.sendText(client, 'hello');
    await t.expectText(server, 'hello');
    await t.sendText(server, 'and back');
    await t.expectText(client, 'and back');
    client.shutdown(direction.send);
    await t.expectEnd(server);
    server.abort();
    await t.quiet();
    client.abort();
    listener.close();
    const refused = seen(t.open(t.a, 'stream'));
    await t.connectOutcome(refused, await t.deserted(t.b, 'stream'));
    check(spy.seen.length > 0, 'the listener was called at all');
    equal(inside, 0, 'calls from inside a call');
  });

  add('ReadinessListener', 'a listener is told of a connection, of data, of the end; the bits told hold', async (t) => {
    const listener = await t.listener();
    const atListener = new Spy();
    listener.listenReadiness(atListener);
    const atClient = new Spy();
    const client = t.open(t.a, 'stream');
    client.listenReadiness(atClient);
    client.connect(t.at(t.b, listener));
    const told = (spy: Spy, bit: number): boolean => spy.seen.some(({ bits }) => (bits & bit) !== 0);
    await t.until(() => told(atListener, readiness.readable), 'the listener to be told of a connection');
    await t.until(() => told(atClient, readiness.writable), 'the client to be told that it is connected');
    const server = await t.accepted(listener);
    await t.sendText(server, 'news');
    await t.until(() => told(atClient, readiness.readable), 'the client to be told of data');
    await t.expectText(client, 'news');
    server.close();
    await t.until(() => told(atClient, readiness.readHangup), 'the client to be told of the end');
    for (const { bits, holds } of [...atClient.seen, ...atListener.seen]) equal(bits, holds, 'bits told');
    for (const { endpoint } of atClient.seen) check(endpoint === client, 'the endpoint told is the one that changed');
  });

  add('readiness.writable', 'a sender is told when there is room again', async (t) => {
    const { client, server } = await t.pair();
    const bytes = new Uint8Array(65_536);
    await t.until(() => {
      for (let count = 0; count < 64; count += 1) {
        if (client.send(bytes, 0, bytes.length, 0, null) === failure.wouldBlock) break;
      }
      return !has(client, readiness.writable);
    }, 'the sender to be full');
    await t.quiet();
    // The network may have taken some more meanwhile.
    for (let tries = 0; client.send(bytes, 0, bytes.length, 0, null) > 0; tries += 1) {
      check(tries < 1000, 'a sender is stopped some time');
      await t.quiet();
    }
    const spy = new Spy();
    client.listenReadiness(spy);
    const before = spy.seen.length;
    await t.until(() => {
      for (let count = 0; count < 16; count += 1) server.receive(bytes, 0, bytes.length, 0, null);
      return spy.seen.slice(before).some(({ bits }) => (bits & readiness.writable) !== 0);
    }, 'the sender to be told');
  });

  add('readiness.drained', 'who has ended sending is told when all of it is acknowledged', async (t) => {
    const { client, server } = await t.pair();
    const spy = new Spy();
    client.listenReadiness(spy);
    await t.sendText(client, 'last words');
    client.shutdown(direction.send);
    await t.expectText(server, 'last words');
    await t.until(() => spy.seen.some(({ bits }) => (bits & readiness.drained) !== 0), 'the sender to be told');
    // What is told last is what holds.
    await t.until(() => has(client, readiness.drained), 'drained');
    await t.quiet();
    check(((spy.seen.at(-1)?.bits ?? 0) & readiness.drained) !== 0, 'drained was told');
  });

  add('TransportEndpoint.listenReadiness', 'without a listener nobody is called', async (t) => {
    const { client, server } = await t.pair();
    const spy = new Spy();
    server.listenReadiness(spy);
    server.listenReadiness(null);
    await t.sendText(client, 'quiet');
    await t.until(() => has(server, readiness.readable), 'readable');
    await t.quiet();
    equal(spy.seen.length, 0, 'calls');
    await t.expectText(server, 'quiet');
  });

  add('ReadinessListener', 'a listener may call anything, closing included, and is left alone then', async (t) => {
    const { client, server } = await t.pair();
    const spy = new Spy();
    const got = new Uint8Array(16);
    let count = 0;
    spy.reaction = (endpoint, bits) => {
      if ((bits & readiness.readable) === 0) return;
      count = endpoint.receive(got, 0, 16, 0, null);
      endpoint.send(got, 0, 1, 0, null);
      t.open(t.b, 'stream').close();
      endpoint.close();
    };
    server.listenReadiness(spy);
    await t.sendText(client, 'close me');
    await t.until(() => count > 0, 'the listener to receive');
    equal(count, 8, 'bytes received inside the listener');
    equal(server.receive(got, 0, 16, 0, null), failure.closed, 'receive after close');
    const before = spy.seen.length;
    client.send(got, 0, 4, 0, null);
    await t.quiet();
    equal(spy.seen.length, before, 'calls after close');
  });
}
