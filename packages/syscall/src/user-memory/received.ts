import { EFAULT, type Iovec } from '@synos/abi';
import type { UserMemory } from '@synos/interfaces';
import { copiedOrFault, iovecBytes, scatter } from './iovec.js';

/** Received bytes that wait for a program: looked at first, taken when the program has them. */
export interface Received {
  /**
   * Copies some of what waits, and leaves it waiting.
   *
   * @param skipBytes - how many of the first to pass over
   * @param into - filled from its start
   * @returns how many bytes were copied; 0 when there are no more
   */
  peek(skipBytes: number, into: Uint8Array<ArrayBuffer>): number;
  /** Takes the first `byteLength` bytes off. */
  take(byteLength: number): void;
}

/** How much is under way at a time. */
const CHUNK_BYTES = 65_536;

/**
 * Gives received bytes of a stream to a program, and takes off only what the program got: a fault loses nothing.
 *
 * @param pieces - where they go
 * @returns how many bytes the program got, 0 when none wait; -EFAULT where the first of them faults. A fault further on
 *   answers what went before it, as Linux does
 * @example
 * ```ts
 * import type { Iovec } from '@synos/abi';
 * import type { UserMemory } from '@synos/interfaces';
 * import { deliverStream, type Received } from '@synos/syscall';
 *
 * const recv = (memory: UserMemory, pieces: Iovec[], waiting: Received) => deliverStream(memory, pieces, waiting);
 * ```
 */
export function deliverStream(memory: UserMemory, pieces: readonly Iovec[], received: Received): number {
  const room = iovecBytes(pieces);
  const chunk = new Uint8Array(Math.min(room, CHUNK_BYTES));
  let done = 0;
  while (done < room) {
    const wanted = received.peek(done, chunk.subarray(0, Math.min(chunk.length, room - done)));
    if (wanted === 0) break;
    const copied = scatter(memory, pieces, chunk, done, 0, wanted);
    done += copied;
    if (copied < wanted) {
      if (done > 0) received.take(done);
      return copiedOrFault(done, wanted);
    }
  }
  if (done > 0) received.take(done);
  return done;
}

/**
 * Gives a received datagram to a program: as much as there is room for, the rest is lost (recv(2)). It is taken only
 * when the program has its part. After a fault it stays for the next call; Linux drops it, and the answer is the same.
 *
 * @param take - takes the datagram off
 * @returns how many bytes the program got, or -EFAULT
 */
export function deliverDatagram(
  memory: UserMemory,
  pieces: readonly Iovec[],
  datagram: Uint8Array<ArrayBuffer>,
  take: () => void,
): number {
  const wanted = Math.min(datagram.length, iovecBytes(pieces));
  if (scatter(memory, pieces, datagram) < wanted) return -EFAULT;
  take();
  return wanted;
}
