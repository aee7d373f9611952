import { POLLERR, POLLHUP, POLLNVAL } from '@synos/abi';
import { type BlockingCall, block, type Socket, Waiter } from '@synos/socket';

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
export function blocked(socket: Socket, call: BlockingCall): Promise<number> {
  return new Promise((resolve) => {
    block(socket, call, resolve);
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
