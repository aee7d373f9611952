import { fileURLToPath } from 'node:url';
import type { Namespace } from './namespace.js';
import type { PeerCalls } from './peer-calls.js';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A process inside a namespace that uses Linux's own network. */
export interface Peer {
  call<Name extends keyof PeerCalls>(
    name: Name,
    ...options: Parameters<PeerCalls[Name]>
  ): Promise<Awaited<ReturnType<PeerCalls[Name]>>>;
}

/** Starts it; it ends with the namespace. */
export function startPeer(namespace: Namespace): Peer {
  const program = fileURLToPath(new URL('./dist/peer.main.mjs', import.meta.url));
  const child = namespace.start(process.execPath, [program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(result as never);
    else one?.reject(new Error(error));
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the peer has ended with ${signal ?? code}`));
    waiting.clear();
  });
  return {
    call(name, ...[options]) {
      const id = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.send({ id, call: name, options });
      });
    },
  };
}
