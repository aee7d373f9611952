import { isIP } from 'node:net';
import type { Address } from '@synos/interfaces';
import { parseAddress } from '@synos/wire';
import type { ConnectOptions } from './connect-options.js';
import { notFound } from './node-errors.js';

/** Told once: an error, or a numeric address and its family. */
export type Resolved = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** The 128 bits of a numeric address; a zone (`%eth0`) is not kept. */
export function addressOf(text: string): Address | undefined {
  return isIP(text) === 0 ? undefined : parseAddress(text.split('%', 1)[0] as string);
}

/** Finds the address of a name: `localhost`, or what the caller's `lookup` knows. Never answers at once. */
export function resolve(host: string, options: ConnectOptions, done: Resolved): void {
  if (options.lookup === undefined) {
    if (host === 'localhost') process.nextTick(done, null, '127.0.0.1', 4);
    else process.nextTick(done, notFound(host), '', 0);
    return;
  }
  let called = false;
  options.lookup(host, { family: options.family ?? 0, hints: 0, all: false }, (error, found, family) => {
    if (called) return;
    called = true;
    const first = Array.isArray(found) ? found[0] : { address: found, family: family ?? isIP(found) };
    const answer = error ?? (first === undefined || isIP(first.address) === 0 ? notFound(host) : null);
    process.nextTick(done, answer, first?.address ?? '', first?.family ?? 0);
  });
}
