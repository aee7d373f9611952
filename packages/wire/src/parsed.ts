import type { ByteMemory } from '@synos/interfaces';
import { createMemory } from './bytes.js';

/** What a parser answers for bytes that are not what they should be. Tell it by `'error' in value`. */
export interface Malformed<Reason extends string> {
  readonly error: Reason;
}

/**
 * The name of a code in a table of codes (`ipv4Fault`, `tcpFault`, …), for counters and messages.
 *
 * @returns the key whose value is `code`, or `undefined`
 */
export function codeName<Name extends string>(table: Readonly<Record<Name, number>>, code: number): Name | undefined {
  for (const name in table) if (table[name] === code) return name;
  return undefined;
}

/** A copy of bytes with all views, so that values for people own what they show. */
export function memoryOf(bytes: Uint8Array, from?: number, to?: number): ByteMemory {
  const source = bytes.subarray(from, to);
  const memory = newMemory(source.length);
  memory.bytes.set(source);
  return memory;
}

/** Fresh zeros with all views. */
export function newMemory(length: number): ByteMemory {
  return createMemory(new ArrayBuffer(length));
}
