import { type Address, direction, readiness, type SocketProvider, type TransportEndpoint } from '@synos/interfaces';

const kind = { domain: 'inet', type: 'stream', protocol: 0 } as const;

/** Sends back whatever anybody sends, over whatever stream the provider has. Answers how many bytes so far. */
export function startEchoServer(provider: SocketProvider, port: number): () => number {
  let echoed = 0;
  const listener = must(provider.open(kind));
  succeed(listener.bind({ address: { w0: 0, w1: 0, w2: 0xffff, w3: 0 }, port }), 'bind');
  succeed(listener.listen(16), 'listen');
  const buffer = new Uint8Array(4096);
  const serve = (connection: TransportEndpoint): void => {
    while ((connection.readiness() & readiness.writable) !== 0) {
      const count = connection.receive(buffer, 0, buffer.length, 1, null); // a peek: what cannot be sent stays
      if (count < 0) return;
      if (count === 0) {
        connection.close();
        return;
      }
      const sent = connection.send(buffer, 0, count, 0, null);
      if (sent < 0) return;
      connection.receive(buffer, 0, sent, 0, null);
      echoed += sent;
    }
  };
  listener.listenReadiness({
    readinessChanged: () => {
      for (let next = listener.accept(); next !== null; next = listener.accept()) {
        next.listenReadiness({ readinessChanged: serve });
        serve(next);
      }
    },
  });
  return () => echoed;
}

/** Sends `bytes`, ends, and hands over everything that came back. */
export function echo(
  provider: SocketProvider,
  to: { readonly address: Address; readonly port: number },
  bytes: Uint8Array,
  done: (answer: Uint8Array) => void,
): void {
  const connection = must(provider.open(kind));
  const answer = new Uint8Array(bytes.length);
  let sent = 0;
  let received = 0;
  connection.listenReadiness({
    readinessChanged: () => {
      while (sent < bytes.length) {
        const count = connection.send(bytes, sent, bytes.length, 0, null);
        if (count < 0) break;
        sent += count;
        if (sent === bytes.length) connection.shutdown(direction.send);
      }
      for (;;) {
        const count = connection.receive(answer, received, answer.length, 0, null);
        if (count < 0) return;
        received += count;
        if (count > 0 && received < answer.length) continue;
        connection.close();
        done(answer.subarray(0, received));
        return;
      }
    },
  });
  connection.connect(to);
}

function must(endpoint: TransportEndpoint | number): TransportEndpoint {
  if (typeof endpoint === 'number') throw new Error(`no stream here: ${endpoint}`);
  return endpoint;
}

function succeed(result: number, what: string): void {
  if (result < 0) throw new Error(`${what}: ${result}`);
}
