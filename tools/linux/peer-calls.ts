import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

// What the Linux side does in a test, by Linux's own TCP and UDP. It runs inside the namespace (peer.main.ts).

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Where the peer listens: everywhere in its namespace. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Everything until the other side ends. */
async function collect(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** How a connection went that was to fail. */
const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;

/** Where to go. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** How many connections, and how many of them at once. */
export interface ChurnExtent {
  readonly count: number;
  readonly concurrency: number;
}

/** Connects, has a byte sent there and back, closes, again and again. Works on anybody's sockets. */
export async function churn(open: () => Socket, { count, concurrency }: ChurnExtent) {
  let left = count;
  let whole = 0;
  const errors: string[] = [];
  const ports: number[] = [];
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = open();
      socket.once('connect', () => ports.push(socket.localPort as number));
      socket.once('data', (piece) => {
        if (piece.toString() === 'x') whole++;
        socket.end();
      });
      socket.once('error', (error) => void errors.push(codeOf(error)));
      socket.once('close', () => resolve());
      socket.write('x');
    });
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { whole, errors, ports };
}

export const peerCalls = {
  /** An HTTP server that answers every request with the same random bytes. */
  async serveBytes({ bytes }: { bytes: number }) {
    const content = randomBytes(bytes);
    const server = createHttpServer((_request, response) => response.end(content));
    return { port: await listening(server), sha256: sha256(content) };
  },

  /** A server that reads until the client has ended, answers with the digest, and ends. */
  async serveDigest() {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const hash = createHash('sha256');
      let length = 0;
      socket.on('error', () => {});
      socket.on('data', (piece) => {
        length += piece.length;
        hash.update(piece);
      });
      socket.on('end', () => socket.end(`${length} ${hash.digest('hex')}`));
    });
    return { port: await listening(server) };
  },

  /** A server that ends its own side at once, after `text`, and answers later what the client still sent. */
  async serveFarewell({ text }: { text: string }) {
    let report: (received: string) => void = () => {};
    farewell = new Promise((resolve) => {
      report = resolve;
    });
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let received = '';
      socket.setEncoding('utf8');
      socket.on('data', (piece) => {
        received += piece;
      });
      socket.on('end', () => report(received));
      socket.end(text);
    });
    return { port: await listening(server) };
  },

  async farewellReceived() {
    return await farewell;
  },

  /** Sends random bytes, ends, and then reads to the end. */
  async sendThenRead({ host, port, bytes }: Target & { bytes: number }) {
    const content = randomBytes(bytes);
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.end(content);
    return { sha256: sha256(content), answer: (await collect(socket)).toString() };
  },

  /** Reads to the end first, and only then sends and ends. */
  async readThenSend({ host, port, text }: Target & { text: string }) {
    const socket = connect({ host, port, allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece) => {
      answer += piece;
    });
    await new Promise((resolve, reject) => socket.once('end', resolve).once('error', reject));
    await new Promise<void>((resolve) => socket.end(text, resolve));
    return answer;
  },

  /** `connected`, or why not. */
  async tryConnect({ host, port }: Target) {
    return await new Promise<string>((resolve) => {
      const socket = connect({ host, port });
      socket.once('connect', () => {
        socket.destroy();
        resolve('connected');
      });
      socket.once('error', (error) => resolve(codeOf(error)));
    });
  },

  /** Sends a datagram by a connected socket and answers how the next one fails. */
  async trySend({ host, port }: Target) {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.connect(port, host, resolve));
    const code = new Promise<string>((resolve) => socket.once('error', (error) => resolve(codeOf(error))));
    socket.send('anybody?');
    const answer = await Promise.race([code, new Promise<string>((resolve) => setTimeout(resolve, 5000, 'silence'))]);
    socket.close();
    return answer;
  },

  /** Sends every datagram back. */
  async serveDatagrams() {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.on('message', (message, from) => socket.send(message, from.port, from.address));
    await new Promise<void>((resolve) => socket.bind(0, '0.0.0.0', resolve));
    return { port: socket.address().port };
  },

  /** Sends datagrams of these lengths one by one and answers those that came back as they were. */
  async exchangeDatagrams({ host, port, lengths }: Target & { lengths: readonly number[] }) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve) => socket.connect(port, host, resolve));
    const whole: number[] = [];
    for (const length of lengths) {
      const content = randomBytes(length);
      const back = new Promise<Buffer | null>((resolve) => {
        const timer = setTimeout(resolve, 5000, null);
        socket.once('message', (message) => {
          clearTimeout(timer);
          resolve(message);
        });
      });
      socket.send(content);
      if ((await back)?.equals(content)) whole.push(length);
      socket.removeAllListeners('message');
    }
    socket.close();
    return whole;
  },

  /** A server that sends each byte back and closes when the client has. */
  async serveEcho() {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    return { port: await listening(server) };
  },

  /** Connects and stays connected until `letGo`. */
  async hold({ host, port }: Target) {
    const socket = connect({ host, port });
    held = socket;
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  },

  async letGo() {
    const socket = held;
    if (socket === null) return;
    held = null;
    socket.end();
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  },

  async churn({ host, port, ...extent }: Target & ChurnExtent) {
    return await churn(() => connect({ host, port, noDelay: true }), extent);
  },
};

let farewell: Promise<string> = Promise.resolve('');
let held: Socket | null = null;

export type PeerCalls = typeof peerCalls;
