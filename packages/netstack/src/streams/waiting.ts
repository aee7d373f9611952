import { POLLERR, POLLHUP, POLLNVAL } from '@synos/abi';
import type { EventLoop } from '@synos/interfaces';
import { type BlockingCall, block, type Socket, Waiter } from '@synos/socket';

/**
 * Lets promise loops come up for air. A call that need not wait is answered in the same turn of the event loop, and a
 * loop of such calls (datagrams to a device that takes everything) would never end its turn: timers and input would
 * starve. So of every so many answers one comes a turn later.
 */
export class Turns {
  private readonly loop: EventLoop;
  private readonly answersPerTurn: number;
  private left: number;

  constructor(loop: EventLoop, answersPerTurn: number) {
    this.loop = loop;
    this.answersPerTurn = answersPerTurn;
    this.left = answersPerTurn;
  }

  /** Runs `answer` now, or in the next turn. */
  take(answer: () => void): void {
    if (--this.left > 0) {
      answer();
      return;
    }
    this.left = this.answersPerTurn;
    this.loop.soon(answer);
  }
}

/** Resolves when one of `events` (POLL* bits), an error or the socket's end is there. */
export function whenReady(socket: Socket, events: number): Promise<void> {
  return new Promise((resolve) => {
    const mask = events | POLLERR | POLLHUP | POLLNVAL;
    if (socket.poll(mask) !== 0) return resolve();
    const waiter = new Waiter(mask, {
      woken() {
        socket.removeWaiter(waiter);
        resolve();
      },
    });
    socket.addWaiter(waiter);
  });
}

/** A blocking call as a promise of its result: a count, 0, or a negative errno. A closed socket ends it (`-EBADF`). */
export function blocked(socket: Socket, turns: Turns, call: BlockingCall): Promise<number> {
  return new Promise((resolve) => {
    block(socket, call, (result) => turns.take(() => resolve(result)));
  });
}

/** Runs `onAbort` when the signal aborts (or has); answers a function that forgets it. */
export function onAborted(signal: AbortSignal | undefined, onAbort: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}
