import { type Agent, request } from 'node:http';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';

/** What the server answers. */
export const page = Buffer.from('<!doctype html><title>SynOS</title><p>hello'.padEnd(512, ' '));

/** Where requests go to. */
export interface HttpPlace {
  readonly host: string;
  readonly port: number;
  /** With keep-alive. */
  readonly agent: Agent;
  close(): void | Promise<void>;
}

/** Requests of Node's own HTTP client, `concurrency` at once over as many kept connections. */
export function httpLoad(name: string, place: HttpPlace, concurrency: number): Side {
  const { host, port, agent } = place;
  const get = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request({ host, port, agent, path: '/' }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Uint8Array) => {
          bytes += chunk.length;
        });
        response.on('end', () => {
          if (response.statusCode === 200 && bytes === page.length) resolve();
          else reject(new Error(`${name}: an answer of ${bytes} bytes, status ${response.statusCode}`));
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  return {
    async round(amount) {
      let left = amount;
      let answered = 0;
      const client = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await get();
          answered += 1;
        }
      };
      const watch = new Stopwatch();
      await Promise.all(Array.from({ length: concurrency }, client));
      const sample = watch.sample(amount);
      check(answered === amount, `${name}: ${answered} of ${amount} requests were answered`);
      return sample;
    },
    close: () => place.close(),
  };
}
