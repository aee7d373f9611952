import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Server, Socket } from '../src/net/index.js';
import { createLan, emitted, type Lan, listening, serverAddress } from './lan.js';

// Two ends that do arbitrary things to a connection, also from inside their listeners.

let lan: Lan;
beforeAll(() => {
  lan = createLan();
});
afterAll(() => lan.stop());

const peaceful = ['write', 'write', 'writeMuch', 'corkedWrites', 'pause', 'resume', 'turn', 'later'] as const;
const violent = [...peaceful, 'end', 'destroy', 'destroyWithError', 'reset', 'destroySoon', 'connectAnother'] as const;
type Action = (typeof violent)[number];

/** One end: what it does, step by step, and what it has seen. */
class End {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  sentBytes = 0;
  receivedBytes = 0;
  wrongBytes = 0;
  errors: string[] = [];
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = emitted(socket, 'close');
    socket.on('error', (error: NodeJS.ErrnoException) => this.errors.push(error.code ?? error.message));
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('data', (chunk: Buffer) => {
      // Each byte says where in the stream it belongs.
      for (let index = 0; index < chunk.length; index += 1) {
        if (chunk[index] !== ((this.receivedBytes + index) & 255)) this.wrongBytes += 1;
      }
      this.receivedBytes += chunk.length;
    });
  }

  write(length: number): void {
    if (!this.socket.writable) return;
    this.socket.write(Buffer.from(Array.from({ length }, (_, index) => (this.sentBytes + index) & 255)));
    this.sentBytes += length;
  }

  async act(action: Action, port: number): Promise<void> {
    const { socket } = this;
    if (action === 'write') this.write(10);
    else if (action === 'writeMuch') this.write(300_000);
    else if (action === 'corkedWrites') {
      socket.cork();
      for (const length of [1, 0, 2000, 1]) this.write(length);
      process.nextTick(() => socket.uncork());
    } else if (action === 'pause') socket.pause();
    else if (action === 'resume') socket.resume();
    else if (action === 'turn') await new Promise((resolve) => setImmediate(resolve));
    else if (action === 'later') await new Promise((resolve) => setTimeout(resolve, 2));
    else if (action === 'end') socket.end();
    else if (action === 'destroy') socket.destroy();
    else if (action === 'destroyWithError') socket.destroy(new Error('mine'));
    else if (action === 'reset') socket.resetAndDestroy();
    else if (action === 'destroySoon') socket.destroySoon();
    else
      lan.server
        .connect(port, serverAddress)
        .on('error', () => {})
        .destroySoon();
  }
}

async function withEnds(use: (client: End, server: End, port: number) => Promise<void>): Promise<void> {
  const others: Socket[] = [];
  let first: ((socket: Socket) => void) | undefined;
  const accepted = new Promise<Socket>((resolve) => {
    first = resolve;
  });
  const server: Server = lan.server.createServer({ allowHalfOpen: true }, (socket) => {
    if (first === undefined) others.push(socket.on('error', () => {}).resume());
    else first(socket);
    first = undefined;
  });
  const port = await listening(server as never, serverAddress);
  const client = new End(lan.client.connect({ port, host: serverAddress, allowHalfOpen: true }));
  await use(client, new End(await accepted), port);
  for (const socket of others) socket.destroy();
  server.close();
  await emitted(server, 'close');
}

const ringBytes = (): number => lan.clientStack.memory.blocks.usedBytes + lan.serverStack.memory.blocks.usedBytes;

const runs = process.env.SYNOS_LONG ? 2000 : 60;

describe('any course of events', () => {
  test('without violence delivers every byte, in order, both ways', async () => {
    const steps = fc.array(fc.record({ atClient: fc.boolean(), action: fc.constantFrom(...peaceful) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(steps, (actions) =>
        withEnds(async (client, server, port) => {
          for (const { atClient, action } of actions) await (atClient ? client : server).act(action, port);
          for (const { socket } of [client, server]) {
            socket.resume();
            socket.end();
          }
          await Promise.all([client.closed, server.closed]);
          expect(client.errors.concat(server.errors)).toEqual([]);
          expect([client.receivedBytes, server.receivedBytes]).toEqual([server.sentBytes, client.sentBytes]);
          expect([client.wrongBytes, server.wrongBytes]).toEqual([0, 0]);
          expect([client.socket.bytesWritten, server.socket.bytesRead]).toEqual([client.sentBytes, client.sentBytes]);
        }),
      ),
      { numRuns: runs },
    );
  });

  test('with violence closes both ends once and leaves no memory behind', async () => {
    const before = ringBytes();
    const steps = fc.array(
      fc.record({
        atClient: fc.boolean(),
        action: fc.constantFrom(...violent),
        when: fc.constantFrom('now', 'inData', 'inEnd', 'inClose'),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(steps, (actions) =>
        withEnds(async (client, server, port) => {
          let closes = 0;
          for (const { socket } of [client, server]) socket.on('close', () => closes++);
          for (const { atClient, action, when } of actions) {
            const end = atClient ? client : server;
            if (when === 'now') await end.act(action, port);
            else end.socket.once(when.slice(2).toLowerCase(), () => void end.act(action, port));
          }
          for (const { socket } of [client, server]) {
            socket.resume();
            socket.destroySoon();
          }
          // A paused or half-open end may wait for the other for ever, as it should.
          setTimeout(() => {
            for (const { socket } of [client, server]) socket.destroy();
          }, 20);
          await Promise.all([client.closed, server.closed]);
          await new Promise((resolve) => setImmediate(resolve));
          expect(closes).toBe(2);
          expect([client.wrongBytes, server.wrongBytes]).toEqual([0, 0]);
          expect(client.receivedBytes).toBeLessThanOrEqual(server.sentBytes);
          expect(server.receivedBytes).toBeLessThanOrEqual(client.sentBytes);
        }),
      ),
      { numRuns: runs },
    );
    for (let turns = 0; ringBytes() > before && turns < 500; turns += 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(ringBytes()).toBe(before);
  });
});
