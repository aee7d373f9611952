import {
  checksumState,
  failure,
  readiness,
  type TransportEndpoint,
  type TransportFactory,
  type TransportProtocol,
} from '@synos/interfaces';

type Patch = (endpoint: TransportEndpoint) => void;

/** Which case of the suite sees which bug (the quickest of those that do). */
export const seenBy: Readonly<Record<string, string>> = {
  'loses the last byte of a send': 'half-close: one side ends, the other still sends',
  'turns a byte over': 'close lingers until all that was taken is delivered',
  'writes before the room given': 'what is sent with more arrives once the rest is sent',
  'a peek takes': 'a peek leaves the data',
  'close resets': 'a port serves again after its connections closed',
  'abort says nothing': 'abort resets the peer',
  'shutdown closes both ways': 'half-close: one side ends, the other still sends',
  'accept gives the same twice': 'connections beyond the backlog wait or fail, and are never mixed up',
  'binds anything': 'an address of another host cannot be bound',
  'calls its listener at once': 'the listener is called from deliverEvents alone',
  'never tells that the peer has ended': 'hangup when both directions are over, drained when all is acknowledged',
  'is always readable': 'receive would block while nothing is there',
  'is always writable': 'connect while connecting and when connected is refused',
  'an error stays': 'a connection that nobody listens for is refused',
  'connect says it stands': 'a connection without a route fails at once',
  'knows every option': 'what is only told cannot be set, and values have bounds',
  'has no name': 'port 0 means any free port',
  'ignores its backlog': 'connections beyond the backlog wait or fail, and are never mixed up',
  'answers 0 where it would block': 'close, server first: both see the end, all is given back',
  'goes on after close': 'after close every call answers closed',
  'takes without end': 'errors from the network do not end a connection that stands',
  'nothing is sent again': 'the handshake survives the loss of packet 2',
  'does not look at checksums': 'true packets cut short or damaged never throw and harm nobody',
  'throws on what is short': 'true packets cut short or damaged never throw and harm nobody',
  'keeps what is short': 'garbage never throws, is released, and harms nobody',
  'answers groups': 'an opening packet from a group address or to one is not answered',
  'believes every error': 'errors about nothing of ours are not believed',
  'tells twice': 'a listener may call anything, closing included',
  'dispose forgets nothing': 'dispose gives everything back, whatever goes on',
};

/** Planted bugs: each makes a transport wrong in one way. */
export const streamMutants: Readonly<Record<string, (create: TransportFactory) => TransportFactory>> = {
  'loses the last byte of a send': patched((e, send = e.send.bind(e)) => {
    e.send = (bytes, start, end, flags, to) => {
      const sent = end - start > 1 ? send(bytes, start, end - 1, flags, to) : send(bytes, start, end, flags, to);
      return sent > 0 && sent === end - start - 1 ? sent + 1 : sent;
    };
  }),
  'turns a byte over': patched((e, receive = e.receive.bind(e)) => {
    e.receive = (into, start, end, flags, details) => {
      const count = receive(into, start, end, flags, details);
      if (count > 900) into[start + 900]! ^= 1;
      return count;
    };
  }),
  'writes before the room given': patched((e, receive = e.receive.bind(e)) => {
    e.receive = (into, start, end, flags, details) => {
      const count = receive(into, start, end, flags, details);
      if (count > 0 && start > 0) into[start - 1] = 0;
      return count;
    };
  }),
  'a peek takes': patched((e, receive = e.receive.bind(e)) => {
    e.receive = (into, start, end, _flags, details) => receive(into, start, end, 0, details);
  }),
  'close resets': patched((e) => {
    e.close = () => e.abort();
  }),
  'abort says nothing': patched((e) => {
    e.abort = () => e.close();
  }),
  'shutdown closes both ways': patched((e, shutdown = e.shutdown.bind(e)) => {
    e.shutdown = () => shutdown(3);
  }),
  'accept gives the same twice': patched((e, accept = e.accept.bind(e)) => {
    let last: TransportEndpoint | null = null;
    e.accept = () => {
      const next = accept() ?? last;
      last = next === last ? null : next;
      return next;
    };
  }),
  'binds anything': patched((e, bind = e.bind.bind(e)) => {
    e.bind = (local) => Math.max(0, bind(local));
  }),
  'calls its listener at once': patched((e, send = e.send.bind(e), listen = e.listenReadiness.bind(e)) => {
    let listener: Parameters<typeof listen>[0] = null;
    e.listenReadiness = (next) => {
      listener = next;
      listen(next);
    };
    e.send = (bytes, start, end, flags, to) => {
      const result = send(bytes, start, end, flags, to);
      listener?.readinessChanged(e, e.readiness());
      return result;
    };
  }),
  'never tells that the peer has ended': patched((e, bits = e.readiness.bind(e)) => {
    e.readiness = () => bits() & ~readiness.readHangup;
  }),
  'is always readable': patched((e, bits = e.readiness.bind(e)) => {
    e.readiness = () => bits() | readiness.readable;
  }),
  'is always writable': patched((e, bits = e.readiness.bind(e)) => {
    e.readiness = () => bits() | readiness.writable;
  }),
  'an error stays': patched((e, take = e.takeError.bind(e)) => {
    let error = 0;
    e.takeError = () => {
      error = take() || error;
      return error;
    };
  }),
  'connect says it stands': patched((e, bits = e.readiness.bind(e), connect = e.connect.bind(e)) => {
    let isConnecting = false;
    e.connect = (to) => {
      isConnecting = connect(to) === failure.inProgress;
      return 0;
    };
    e.readiness = () => (isConnecting ? (bits() & ~readiness.error) | readiness.writable : bits());
  }),
  'knows every option': patched((e, get = e.getOption.bind(e)) => {
    e.getOption = (option) => Math.max(0, get(option));
  }),
  'has no name': patched((e) => {
    e.localAddress = () => 0;
  }),
  'ignores its backlog': patched((e, listen = e.listen.bind(e)) => {
    e.listen = () => listen(1000);
  }),
  'answers 0 where it would block': patched((e, receive = e.receive.bind(e)) => {
    e.receive = (into, start, end, flags, details) => Math.max(0, receive(into, start, end, flags, details));
  }),
  'goes on after close': patched((e, close = e.close.bind(e)) => {
    e.close = () => {
      close();
      e.takeError = () => 0;
    };
  }),
  'takes without end': patched((e, send = e.send.bind(e)) => {
    e.send = (bytes, start, end, flags, to) => {
      const result = send(bytes, start, end, flags, to);
      return result === failure.wouldBlock ? end - start : result;
    };
  }),
  'nothing is sent again': around((transport) => {
    transport.advance = () => {};
    transport.nextDeadline = () => Infinity;
  }),
  'does not look at checksums': around((transport, receive = transport.receive.bind(transport)) => {
    transport.receive = (packet, arrival) => {
      packet.checksum = checksumState.verified;
      receive(packet, arrival);
    };
  }),
  'throws on what is short': around((transport, receive = transport.receive.bind(transport)) => {
    transport.receive = (packet, arrival) => {
      if (packet.end - packet.start < 4) throw new RangeError('short');
      receive(packet, arrival);
    };
  }),
  'keeps what is short': around((transport, receive = transport.receive.bind(transport)) => {
    transport.receive = (packet, arrival) => {
      if (packet.end - packet.start >= 4) receive(packet, arrival);
    };
  }),
  'answers groups': around((transport, receive = transport.receive.bind(transport)) => {
    transport.receive = (packet, arrival) => {
      arrival.isGroup = false;
      receive(packet, arrival);
    };
  }),
  'believes every error': around((transport) => {
    transport.networkError = () => true;
  }),
  'tells twice': around((transport) => {
    const open = transport.open.bind(transport);
    transport.open = () => twice(open() as TransportEndpoint);
  }),
  'dispose forgets nothing': around((transport) => {
    transport.dispose = () => {};
  }),
};

function twice(endpoint: TransportEndpoint): TransportEndpoint {
  const listen = endpoint.listenReadiness.bind(endpoint);
  endpoint.listenReadiness = (listener) =>
    listen(
      listener && {
        readinessChanged(which, bits) {
          listener.readinessChanged(which, bits);
          listener.readinessChanged(which, bits);
        },
      },
    );
  const accept = endpoint.accept.bind(endpoint);
  endpoint.accept = () => {
    const next = accept();
    return next && twice(next);
  };
  return endpoint;
}

function around(change: (transport: TransportProtocol) => void): (create: TransportFactory) => TransportFactory {
  return (create) => (host) => {
    const transport = create(host);
    change(transport);
    return transport;
  };
}

/** Changes every endpoint, accepted ones included. */
function patched(patch: Patch): (create: TransportFactory) => TransportFactory {
  const change = (endpoint: TransportEndpoint): TransportEndpoint => {
    patch(endpoint);
    const accept = endpoint.accept.bind(endpoint);
    const seen = new Set<TransportEndpoint>();
    endpoint.accept = () => {
      const next = accept();
      if (next !== null && !seen.has(next)) {
        seen.add(next);
        change(next);
      }
      return next;
    };
    return endpoint;
  };
  return around((transport) => {
    const open = transport.open.bind(transport);
    transport.open = () => {
      const endpoint = open();
      return typeof endpoint === 'number' ? endpoint : change(endpoint);
    };
  });
}
