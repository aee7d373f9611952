import {
  type Address,
  type Arrival,
  failure,
  type NetworkError,
  networkErrorKind,
  type ReadinessListener,
  readiness,
  type TransportEndpoint,
  type TransportOption,
} from '@synos/interfaces';
import { check, equal, oneOf } from '../check.js';
import { createSeededRandom } from '../seeded.js';
import { type CaseList, type Drive, has, localOf, longMs, pattern, sendText } from './drive.js';
import type { TransportSide } from './fixture.js';

/** Notes every call of a readiness listener. */
export class Spy implements ReadinessListener {
  readonly seen: { endpoint: TransportEndpoint; bits: number; holds: number }[];
  reaction: ((endpoint: TransportEndpoint, bits: number) => void) | null;

  constructor() {
    this.seen = [];
    this.reaction = null;
  }

  readinessChanged(endpoint: TransportEndpoint, bits: number): void {
    this.seen.push({ endpoint, bits, holds: endpoint.readiness() });
    this.reaction?.(endpoint, bits);
  }
}

/** A pair that exchanges messages, whatever the kind: [sender, receiver]. */
export function talkingPair(t: Drive, kind: 'stream' | 'datagram'): [TransportEndpoint, TransportEndpoint] {
  if (kind === 'stream') {
    const { client, server } = t.pair();
    return [client, server];
  }
  const receiver = t.bound(t.b, 7007);
  const sender = t.bound(t.a, 7008);
  equal(sender.connect({ address: t.b.address, port: 7007 }), 0, 'connect');
  return [sender, receiver];
}

const booleanOptions: readonly TransportOption[] = [
  'reuseAddress',
  'reusePort',
  'keepAlive',
  'broadcast',
  'noDelay',
  'cork',
];
const everyOption: readonly TransportOption[] = [
  ...booleanOptions,
  'device',
  'sendBufferBytes',
  'receiveBufferBytes',
  'keepAliveIdleMs',
  'keepAliveIntervalMs',
  'keepAliveCount',
  'ttl',
  'tos',
  'maximumSegmentBytes',
  'userTimeoutMs',
  'mtuDiscovery',
  'listening',
  'readableBytes',
  'unsentBytes',
];

/** What holds for streams and datagrams alike. */
export function addSharedCases(list: CaseList, kind: 'stream' | 'datagram'): void {
  list.add('TransportProtocol', 'the transport tells what it is', (t) => {
    equal(t.a.transport.kind, kind, 'kind');
    check(t.a.transport.protocol > 0 && t.a.transport.protocol < 256, 'the protocol number is a byte');
    check(t.a.transport.name.length > 0, 'it has a name');
    for (const [name, value] of Object.entries(t.a.transport.counters)) {
      check(Number.isFinite(value), `counter ${name} is a number`);
    }
    equal(t.open(t.a).kind, kind, "the endpoint's kind");
  });

  list.add('TransportEndpoint.bind', 'bind: the address is told, twice is invalid', (t) => {
    const endpoint = t.open(t.a);
    const before = localOf(endpoint);
    equal(before.port, 0, 'port before bind');
    equal(endpoint.bind({ address: t.a.address, port: 7100 }), 0, 'bind');
    equal(localOf(endpoint).port, 7100, 'port');
    equal(localOf(endpoint).address.w3, t.a.address.w3, 'address');
    equal(endpoint.bind({ address: t.a.address, port: 7101 }), failure.invalid, 'a second bind');
  });

  list.add('TransportEndpoint.bind', 'port 0 means any free port', (t) => {
    const ports = new Set<number>();
    for (let index = 0; index < 50; index++) {
      const endpoint = t.open(t.a);
      equal(endpoint.bind({ address: t.a.address, port: 0 }), 0, 'bind');
      const { port } = localOf(endpoint);
      check(port >= 1024 && port <= 65_535, `port ${port} is of the ephemeral range`);
      check(!ports.has(port), `port ${port} is given once`);
      ports.add(port);
    }
  });

  list.add('PortTable.claim', 'a port that is taken is in use', (t) => {
    const first = t.bound(t.a, 7100);
    const second = t.open(t.a);
    equal(second.bind({ address: t.a.address, port: 7100 }), failure.addressInUse, 'the same address');
    const third = t.open(t.a);
    const wildcard = { w0: 0, w1: 0, w2: t.a.address.w2 === 0xffff ? 0xffff : 0, w3: 0 };
    equal(third.bind({ address: wildcard, port: 7100 }), failure.addressInUse, 'the wildcard address');
    equal(second.bind({ address: t.a.address, port: 7101 }), 0, 'another port after the failure');
    first.close();
    equal(third.bind({ address: wildcard, port: 7100 }), 0, 'the port after close');
  });

  list.add('TransportEndpoint.bind', 'an address of another host cannot be bound', (t) => {
    const endpoint = t.open(t.a);
    equal(endpoint.bind({ address: t.b.address, port: 7100 }), failure.addressNotAvailable, 'bind');
    equal(endpoint.bind({ address: t.fixture.foreignAddress, port: 7100 }), failure.addressNotAvailable, 'bind');
  });

  list.add('PortOwner.reuseAddress', 'two that both reuse share a port', (t) => {
    const first = t.open(t.a);
    const second = t.open(t.a);
    equal(first.setOption('reuseAddress', 1), 0, 'set');
    equal(first.bind({ address: t.a.address, port: 7100 }), 0, 'bind');
    equal(second.bind({ address: t.a.address, port: 7100 }), failure.addressInUse, 'one alone is not enough');
    equal(second.setOption('reuseAddress', 1), 0, 'set');
    equal(second.bind({ address: t.a.address, port: 7100 }), 0, 'both reuse');
    if (kind === 'stream') {
      equal(first.listen(1), 0, 'listen');
      equal(second.listen(1), failure.addressInUse, 'a second listener');
    }
  });

  list.add('PortOwner.reusePort', 'where it is known: a group shares a port and listens, others stay out', (t) => {
    const group = [t.open(t.a), t.open(t.a)] as const;
    if (group[0].getOption('reusePort') < 0) return;
    const other = t.open(t.a);
    for (const endpoint of group) {
      equal(endpoint.setOption('reusePort', 1), 0, 'set');
      equal(endpoint.bind({ address: t.a.address, port: 7100 }), 0, 'bind');
      if (kind === 'stream') equal(endpoint.listen(1), 0, 'listen');
    }
    equal(other.bind({ address: t.a.address, port: 7100 }), failure.addressInUse, 'one without it');
  });

  list.add('TransportEndpoint.setOption', 'an option that nobody knows is answered so', (t) => {
    const endpoint = t.open(t.a);
    const unknown = 'noSuchThing' as TransportOption;
    oneOf(endpoint.setOption(unknown, 1), [failure.noSuchOption, failure.notSupported], 'setOption');
    oneOf(endpoint.getOption(unknown), [failure.noSuchOption, failure.notSupported], 'getOption');
    const inherited = 'constructor' as TransportOption;
    oneOf(endpoint.getOption(inherited), [failure.noSuchOption, failure.notSupported], "getOption 'constructor'");
  });

  list.add('TransportEndpoint.getOption', 'every option is known or refused, and booleans hold', (t) => {
    const endpoint = t.open(t.a);
    const refusals = [failure.noSuchOption, failure.notSupported];
    for (const option of everyOption) {
      const value = endpoint.getOption(option);
      check(value >= 0 || refusals.includes(value as -25), `getOption ${option} answered ${value}`);
      if (value < 0 || !booleanOptions.includes(option)) continue;
      equal(endpoint.setOption(option, 1), 0, `set ${option}`);
      equal(endpoint.getOption(option), 1, `get ${option}`);
      equal(endpoint.setOption(option, 0), 0, `unset ${option}`);
      equal(endpoint.getOption(option), 0, `get ${option} again`);
    }
    equal(endpoint.setOption('reuseAddress', 1), 0, 'reuseAddress is known to all');
  });

  list.add('TransportEndpoint.setOption', 'what is only told cannot be set, and values have bounds', (t) => {
    const endpoint = t.open(t.a);
    check(endpoint.setOption('listening', 1) < 0, "'listening' is read only");
    check(endpoint.setOption('readableBytes', 1) < 0, "'readableBytes' is read only");
    if (endpoint.getOption('ttl') >= 0) {
      equal(endpoint.setOption('ttl', 0), failure.invalid, 'ttl 0');
      equal(endpoint.setOption('ttl', 256), failure.invalid, 'ttl 256');
      equal(endpoint.setOption('ttl', 9), 0, 'ttl 9');
      equal(endpoint.getOption('ttl'), 9, 'ttl');
    }
    if (endpoint.getOption('tos') >= 0) equal(endpoint.setOption('tos', 256), failure.invalid, 'tos 256');
  });

  list.add('TransportEndpoint.listenReadiness', 'the listener is called from deliverEvents alone', (t) => {
    const isInside = watchDeliverEvents(t);
    const outside: string[] = [];
    const spy = new Spy();
    spy.reaction = () => {
      if (!isInside()) outside.push('called outside deliverEvents');
    };
    const [sender, receiver] = talkingPair(t, kind);
    sender.listenReadiness(spy);
    receiver.listenReadiness(spy);
    sendText(sender, 'hello');
    t.until(() => has(receiver, readiness.readable), 'readable');
    t.expectText(receiver, 'hello');
    t.pass(100);
    check(
      spy.seen.some((each) => each.endpoint === receiver && (each.bits & readiness.readable) !== 0),
      'the receiver was told that it is readable',
    );
    if (kind === 'stream') {
      sender.shutdown(2);
      t.pass(1000);
      sender.abort();
      t.pass(1000);
    }
    equal(outside.length, 0, 'calls outside deliverEvents');
  });

  list.add('ReadinessListener', 'the bits told are those that hold, merged', (t) => {
    const perDelivery: Map<TransportEndpoint, number> = new Map();
    let worst = 0;
    const isInside = watchDeliverEvents(t, () => perDelivery.clear());
    const spy = new Spy();
    spy.reaction = (endpoint) => {
      if (!isInside()) return;
      const count = (perDelivery.get(endpoint) ?? 0) + 1;
      perDelivery.set(endpoint, count);
      worst = Math.max(worst, count);
    };
    const [sender, receiver] = talkingPair(t, kind);
    receiver.listenReadiness(spy);
    for (let index = 0; index < 10; index++) sendText(sender, 'many');
    t.pass(1000);
    check(spy.seen.length > 0, 'the receiver was told');
    for (const { bits, holds } of spy.seen) equal(bits, holds, 'bits told');
    equal(worst, 1, 'calls for one endpoint in one delivery');
  });

  list.add('TransportEndpoint.listenReadiness', 'without a listener nobody is called', (t) => {
    const [sender, receiver] = talkingPair(t, kind);
    const spy = new Spy();
    receiver.listenReadiness(spy);
    receiver.listenReadiness(null);
    sendText(sender, 'quiet');
    t.pass(1000);
    equal(spy.seen.length, 0, 'calls');
    t.expectText(receiver, 'quiet');
  });

  list.add('ReadinessListener', 'a listener may call anything, closing included', (t) => {
    const [sender, receiver] = talkingPair(t, kind);
    const spy = new Spy();
    const got = new Uint8Array(16);
    let count = 0;
    spy.reaction = (endpoint, bits) => {
      if ((bits & readiness.readable) === 0) return;
      count = endpoint.receive(got, 0, 16, 0, null);
      if (kind === 'stream') endpoint.send(got, 0, 1, 0, null);
      const other = t.open(t.b);
      other.close();
      endpoint.close();
    };
    receiver.listenReadiness(spy);
    sendText(sender, 'close me');
    t.pass(5000);
    equal(count, 8, 'bytes received inside the listener');
    equal(receiver.receive(got, 0, 16, 0, null), failure.closed, 'receive after close');
    const calls = spy.seen.length;
    sender.send(got, 0, 4, 0, null);
    t.pass(5000);
    equal(spy.seen.length, calls, 'calls after close');
  });

  list.add('TransportProtocol.receive', 'garbage never throws, is released, and harms nobody', (t) => {
    const [sender, receiver] = talkingPair(t, kind);
    const random = createSeededRandom(31);
    const before = t.b.host.packets.used;
    for (let index = 0; index < 1000; index++) {
      const bytes = pattern(random.nextUint32() % 80, random.nextUint32());
      // Half of it is aimed at the port in use.
      if (index % 2 === 0 && bytes.length >= 4) {
        const from = localOf(sender).port;
        bytes.set([from >> 8, from & 255, 7007 >> 8, 7007 & 255]);
      }
      injectInto(t.b, bytes, t.a);
    }
    t.pass(100);
    equal(t.b.host.packets.used, before, 'packets out');
    sendText(sender, 'unharmed');
    t.expectText(receiver, 'unharmed');
  });

  list.add(
    'TransportProtocol.receive',
    'true packets cut short or damaged never throw and harm nobody',
    (t) => {
      const [sender, receiver] = talkingPair(t, kind);
      const packets: Uint8Array[] = [];
      t.fixture.capture!((bytes, from) => {
        if (from === t.a) packets.push(bytes);
      });
      sendText(sender, 'specimen');
      t.expectText(receiver, 'specimen');
      t.fixture.capture!(null);
      check(packets.length > 0, 'packets were captured');
      for (const packet of packets) {
        for (let length = 0; length < packet.length; length++) injectInto(t.b, packet.slice(0, length), t.a);
        for (let bit = 0; bit < packet.length * 8; bit++) {
          const damaged = packet.slice();
          damaged[bit >> 3]! ^= 1 << (bit & 7);
          injectInto(t.b, damaged, t.a);
        }
      }
      t.pass(100);
      equal(receiver.receive(new Uint8Array(64), 0, 64, 0, null), failure.wouldBlock, 'receive after damage');
      sendText(sender, 'unharmed');
      t.expectText(receiver, 'unharmed');
    },
    ['capture'],
  );

  list.add('TransportProtocol.networkError', 'errors about nothing of ours are not believed', (t) => {
    talkingPair(t, kind);
    for (let seed = 0; seed < 300; seed++) {
      const quoted = pattern(8 + (seed % 40), seed + 1000);
      // Port 1 belongs to nobody.
      quoted[0] = 0;
      quoted[1] = 1;
      equal(
        t.a.transport.networkError(errorAbout(t, t.a, quoted, networkErrorKind.portUnreachable)),
        false,
        'networkError',
      );
    }
  });

  list.add('TransportProtocol.advance', 'time that stands still or goes back is harmless', (t) => {
    const [sender, receiver] = talkingPair(t, kind);
    t.a.transport.advance(t.fixture.now());
    t.a.transport.advance(t.fixture.now() - 1000);
    t.a.transport.advance(t.fixture.now());
    sendText(sender, 'on');
    t.expectText(receiver, 'on');
    check(!Number.isNaN(t.a.transport.nextDeadline()), 'nextDeadline is a number');
  });

  list.add('TransportProtocol.dispose', 'dispose gives everything back, whatever goes on', (t) => {
    const [sender] = talkingPair(t, kind);
    for (let index = 0; index < 5; index++) {
      const endpoint = t.open(t.a);
      equal(endpoint.bind({ address: t.a.address, port: 7200 + index }), 0, 'bind');
      if (kind === 'stream') endpoint.connect({ address: t.b.address, port: 7300 + index });
    }
    for (let index = 0; index < 5; index++) t.bound(t.a, 7210 + index);
    for (let index = 0; index < 40; index++) {
      const bytes = pattern(1000, index);
      sender.send(bytes, 0, bytes.length, 0, null);
      if (index % 8 === 0) t.pass(0.6);
    }
    t.a.transport.dispose();
    t.b.transport.dispose();
    t.fixture.clearWire?.();
    equal(t.a.host.packets.used, 0, "host a's packets");
    equal(t.b.host.packets.used, 0, "host b's packets");
    equal(t.a.host.blocks.usedBytes, 0, "host a's blocks");
    equal(t.b.host.blocks.usedBytes, 0, "host b's blocks");
    const owner = { reuseAddress: false, listening: false, autobound: false, acceptsPort: () => true };
    for (let index = 0; index < 15; index++) {
      const result = t.a.host.ports.claim(t.a.transport.protocol, t.a.address, 7200 + index, owner);
      equal(result, 0, 'the port is free');
    }
  });

  list.add('TransportEndpoint.close', 'ports and endpoints are given back: a thousand in turn', (t) => {
    for (let index = 0; index < 1000; index++) {
      const endpoint = t.open(t.a);
      equal(endpoint.bind({ address: t.a.address, port: 7100 }), 0, `bind number ${index}`);
      endpoint.close();
    }
    t.pass(longMs);
    equal(t.a.host.blocks.usedBytes, 0, 'blocks');
  });

  list.add(
    'Route.isLocal',
    'the loopback address reaches the host itself, and the wildcard hears all',
    (t) => {
      const wildcard = { w0: 0, w1: 0, w2: t.a.address.w2 === 0xffff ? 0xffff : 0, w3: 0 };
      const receiver = t.open(t.a);
      equal(receiver.bind({ address: wildcard, port: 7400 }), 0, 'bind');
      for (const address of [t.a.loopbackAddress!, t.a.address]) {
        if (kind === 'stream') {
          equal(receiver.listen(4), 0, 'listen');
          const client = t.connecting(t.a, { address, port: 7400 });
          const server = t.accepted(receiver);
          t.until(() => has(client, readiness.writable), 'connected');
          sendText(client, 'inside');
          t.expectText(server, 'inside');
        } else {
          const sender = t.open(t.a);
          sendText(sender, 'inside', { address, port: 7400 });
          t.expectText(receiver, 'inside');
        }
      }
    },
    ['loopback'],
  );
}

/**
 * Puts bytes into a transport as a packet from the other host, as its network would. A group packet may bear the
 * host's own address: the frame was broadcast (RFC 1122 §3.3.6).
 */
export function injectInto(
  side: TransportSide,
  bytes: Uint8Array,
  from: TransportSide,
  isGroup = false,
  destination: Address = side.address,
): void {
  side.host.enter();
  const packet = side.host.packets.take(bytes.length, false);
  check(packet !== null, 'the pool has a packet');
  packet.memory.bytes.set(bytes, packet.start);
  packet.end = packet.start + bytes.length;
  const arrival: Arrival = {
    source: { ...from.address },
    destination: { ...destination },
    isGroup,
    ttl: 64,
    tos: 0,
    device: 0,
  };
  side.transport.receive(packet, arrival);
}

/** An error about a packet that `side` sent to the other host. */
export function errorAbout(
  t: Drive,
  side: TransportSide,
  quoted: Uint8Array,
  kind: NetworkError['kind'],
): NetworkError {
  const other = side === t.a ? t.b : t.a;
  const copy = new Uint8Array(quoted);
  return {
    kind,
    source: { ...side.address },
    destination: { ...other.address },
    view: new DataView(copy.buffer),
    offset: 0,
    length: copy.length,
    mtuBytes: 0,
  };
}

/** Answers whether a `deliverEvents` of either transport runs. */
function watchDeliverEvents(t: Drive, before?: () => void): () => boolean {
  let depth = 0;
  for (const { transport } of [t.a, t.b]) {
    const original = transport.deliverEvents;
    transport.deliverEvents = () => {
      depth++;
      before?.();
      try {
        original.call(transport);
      } finally {
        depth--;
      }
    };
  }
  return () => depth > 0;
}
