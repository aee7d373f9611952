import {
  failure,
  type ReadinessListener,
  type Result,
  readiness,
  type SocketProvider,
  type TransportEndpoint,
  transfer,
} from '@synos/interfaces';

type Patch = (endpoint: TransportEndpoint) => void;
type Around = (provider: SocketProvider) => SocketProvider;

/** A planted bug: what is around the provider, and whether that completes its operations later. */
export interface ProviderMutant {
  readonly around: Around;
  readonly completesLater?: true;
  /** The quickest case that sees it. */
  readonly seenBy: string;
}

/** Patches every endpoint, accepted ones too. */
function patched(patch: Patch): Around {
  const accepting: Patch = (endpoint) => {
    const accept = endpoint.accept.bind(endpoint);
    endpoint.accept = () => {
      const next = accept();
      if (next !== null) accepting(next);
      return next;
    };
    patch(endpoint);
  };
  return (provider) => ({
    name: provider.name,
    lacks: provider.lacks,
    supports: (kind) => provider.supports(kind),
    open(kind) {
      const opened = provider.open(kind);
      if (typeof opened !== 'number') accepting(opened);
      return opened;
    },
  });
}

/** Each makes a provider wrong in one way. */
export const providerMutants: Readonly<Record<string, ProviderMutant>> = {
  'says that it supports everything': {
    around: (provider) => ({
      name: provider.name,
      lacks: provider.lacks,
      supports: () => true,
      open: (kind) => provider.open(kind),
    }),
    seenBy: 'kinds: what is supported opens, what is not answers notSupported',
  },
  'says that it lacks nothing': {
    around: (provider) => ({
      name: provider.name,
      lacks: [],
      supports: (kind) => provider.supports(kind),
      open: (kind) => provider.open(kind),
    }),
    seenBy: 'kinds: `lacks` is true about kinds',
  },
  'turns a byte over': {
    around: patched((e, receive = e.receive.bind(e)) => {
      e.receive = (into, start, end, flags, details) => {
        const count = receive(into, start, end, flags, details);
        if (count > 900) into[start + 900]! ^= 1;
        return count;
      };
    }),
    seenBy: 'half-close: one side ends, the other still sends',
  },
  "keeps the caller's buffer": {
    around: patched((e, send = e.send.bind(e)) => {
      let held: { bytes: Uint8Array; start: number; end: number } | null = null;
      const flush = (): void => {
        if (held !== null) send(held.bytes, held.start, held.end, 0, null);
        held = null;
      };
      const bits = e.readiness.bind(e);
      e.readiness = () => {
        flush();
        return bits();
      };
      const local = e.localAddress.bind(e);
      e.localAddress = (into) => {
        flush();
        return local(into);
      };
      e.send = (bytes, start, end, flags, to) => {
        flush();
        if (to !== null || (bits() & readiness.writable) === 0 || end - start > 64)
          return send(bytes, start, end, flags, to);
        held = { bytes, start, end };
        Promise.resolve().then(flush);
        return end - start;
      };
    }),
    seenBy: 'streams: send copies: the caller may reuse its buffer',
  },
  'a peek takes': {
    around: patched((e, receive = e.receive.bind(e)) => {
      e.receive = (into, start, end, flags, details) => receive(into, start, end, flags & ~transfer.peek, details);
    }),
    seenBy: 'streams: a peek leaves the data',
  },
  'answers 0 where it would block': {
    around: patched((e, receive = e.receive.bind(e)) => {
      e.receive = (into, start, end, flags, details) => Math.max(0, receive(into, start, end, flags, details));
    }),
    seenBy: 'streams: receive would block while nothing is there, and readable says when',
  },
  'is always writable': {
    around: patched((e, bits = e.readiness.bind(e)) => {
      e.readiness = () => bits() | readiness.writable;
    }),
    seenBy: 'errors: while a connection is under way nothing is sent or received',
  },
  'never tells that the peer has ended': {
    around: patched((e, bits = e.readiness.bind(e)) => {
      e.readiness = () => bits() & ~readiness.readHangup;
    }),
    seenBy: 'half-close: hangup when both directions are over, and not before',
  },
  'binds anything': {
    around: patched((e, bind = e.bind.bind(e)) => {
      e.bind = (local) => {
        const result = bind(local);
        return result === failure.addressNotAvailable ? 0 : result;
      };
    }),
    seenBy: 'listen: an address of nobody here cannot be bound',
  },
  'accept gives the same twice': {
    around: patched((e, accept = e.accept.bind(e)) => {
      let last: TransportEndpoint | null = null;
      e.accept = () => {
        const next = accept() ?? last;
        last = next === last ? null : next;
        return next;
      };
    }),
    seenBy: 'listen: a listener is readable while a connection waits; accept gives it once',
  },
  'ignores its backlog': {
    around: patched((e, listen = e.listen.bind(e)) => {
      e.listen = () => listen(1000);
    }),
    seenBy: 'listen: connections beyond the backlog wait or fail, and are never mixed up',
  },
  'shutdown closes both ways': {
    around: patched((e, shutdown = e.shutdown.bind(e)) => {
      e.shutdown = () => shutdown(3);
    }),
    seenBy: 'half-close: hangup when both directions are over, and not before',
  },
  'close resets': {
    around: patched((e) => {
      if (e.kind === 'stream') e.close = () => e.abort();
    }),
    seenBy: 'close: the peer reads everything, then the end',
  },
  'abort says nothing': {
    around: patched((e, close = e.close.bind(e)) => {
      e.abort = () => {
        const into = new Uint8Array(65_536);
        while (e.receive(into, 0, into.length, 0, null) > 0);
        close();
      };
    }),
    seenBy: 'close: abort resets the peer; the error waits and is taken once',
  },
  'goes on after close': {
    around: patched((e, close = e.close.bind(e)) => {
      e.close = () => {
        close();
        e.getOption = () => 0;
      };
    }),
    seenBy: 'close: after close every call answers closed',
  },
  'forgets to close what was aborted': {
    around: patched((e) => {
      e.abort = () => {
        for (const name of ['bind', 'connect', 'listen', 'takeError', 'receive'] as const)
          e[name] = () => failure.closed;
      };
    }),
    seenBy: 'close: connections one after the other leave nothing behind',
  },
  'an error stays': {
    around: patched((e, take = e.takeError.bind(e)) => {
      let error: Result = 0;
      e.takeError = () => {
        error = take() || error;
        return error;
      };
    }),
    seenBy: 'errors: a connection that nobody listens for is refused, once',
  },
  'knows every option': {
    around: patched((e, set = e.setOption.bind(e)) => {
      e.setOption = (option, value) => Math.max(0, set(option, value));
    }),
    seenBy: 'options: stream: an option that is lacking is refused',
  },
  'forgets options': {
    around: patched((e) => {
      e.setOption = (option) => Math.min(0, e.getOption(option));
    }),
    seenBy: 'options: stream: noDelay is kept',
  },
  'drops empty datagrams': {
    around: patched((e, send = e.send.bind(e)) => {
      e.send = (bytes, start, end, flags, to) => (start === end ? 0 : send(bytes, start, end, flags, to));
    }),
    seenBy: 'datagrams: datagrams keep their bounds, empty ones too',
  },
  'does not know who sent': {
    around: patched((e, receive = e.receive.bind(e)) => {
      e.receive = (into, start, end, flags) => receive(into, start, end, flags, null);
    }),
    seenBy: 'datagrams: a datagram arrives with its sender',
  },
  'sends pieces as datagrams': {
    around: patched((e, send = e.send.bind(e)) => {
      e.send = (bytes, start, end, flags, to) => send(bytes, start, end, flags & ~transfer.more, to);
    }),
    seenBy: 'datagrams: what is sent with more is held back, or refused by who lacks it',
  },
  'calls its listener at once': {
    around: patched((e, send = e.send.bind(e), listen = e.listenReadiness.bind(e)) => {
      let listener: ReadinessListener | null = null;
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
    seenBy: 'readiness: no listener is called from inside a call',
  },
  'keeps a listener that was taken away': {
    around: patched((e, listen = e.listenReadiness.bind(e)) => {
      e.listenReadiness = (next) => {
        if (next !== null) listen(next);
      };
    }),
    seenBy: 'readiness: without a listener nobody is called',
  },
  "tells yesterday's bits": {
    around: patched((e, listen = e.listenReadiness.bind(e)) => {
      e.listenReadiness = (next) =>
        listen(next && { readinessChanged: (endpoint) => next.readinessChanged(endpoint, readiness.readable) });
    }),
    seenBy: 'readiness: a listener is told of a connection, of data, of the end; the bits told hold',
  },
  'takes without end': {
    around: patched((e, send = e.send.bind(e)) => {
      e.send = (bytes, start, end, flags, to) => {
        const result = send(bytes, start, end, flags, to);
        return result === failure.wouldBlock ? end - start : result;
      };
    }),
    seenBy: 'bounds: a reader that does not read stops the sender; then all arrives',
  },
  'never says that it has completed': {
    completesLater: true,
    around: patched((e, bits = e.readiness.bind(e)) => {
      e.readiness = () => bits() & ~readiness.completed;
    }),
    seenBy: 'pending: bind answers pending; the listener is told of its end; the result is taken once',
  },
  'has completed before it began': {
    completesLater: true,
    around: patched((e, bits = e.readiness.bind(e), bind = e.bind.bind(e)) => {
      let isBinding = false;
      e.bind = (local) => {
        isBinding = true;
        return bind(local);
      };
      e.readiness = () => bits() | (isBinding ? readiness.completed : 0);
    }),
    seenBy: 'pending: bind answers pending; the listener is told of its end; the result is taken once',
  },
  'tells its result again': {
    completesLater: true,
    around: patched((e, take = e.takeResult.bind(e), bits = e.readiness.bind(e)) => {
      let hasCompleted = false;
      e.takeResult = () => {
        const result = take();
        hasCompleted ||= result !== failure.pending;
        return result;
      };
      e.readiness = () => bits() | (hasCompleted ? readiness.completed : 0);
    }),
    seenBy: 'pending: bind answers pending; the listener is told of its end; the result is taken once',
  },
  'forgets why it failed': {
    completesLater: true,
    around: patched((e, take = e.takeResult.bind(e)) => {
      e.takeResult = () => {
        const result = take();
        return result === failure.addressInUse ? 0 : result;
      };
    }),
    seenBy: 'pending: a failure is the result, not an error, and another try is free',
  },
  'tells late to whom has closed': {
    completesLater: true,
    around: patched((e, close = e.close.bind(e), listen = e.listenReadiness.bind(e)) => {
      let listener: ReadinessListener | null = null;
      e.listenReadiness = (next) => {
        listener = next;
        listen(next);
      };
      e.close = () => {
        close();
        Promise.resolve().then(() => listener?.readinessChanged(e, readiness.completed));
      };
    }),
    seenBy: 'pending: closing ends what runs: nobody is told, and the port is free',
  },
};
