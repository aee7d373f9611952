// The Linux side of a test, in a process inside the namespace: does what it is asked to, one call after another.
import { type PeerCalls, peerCalls } from './peer-calls.js';

interface Request {
  readonly id: number;
  readonly call: keyof PeerCalls;
  readonly options: never;
}

// Nobody waits for answers any more.
process.once('disconnect', () => process.exit(0));
process.on('message', ({ id, call, options }: Request) => {
  (peerCalls[call](options) as Promise<unknown>).then(
    (result) => process.send?.({ id, result }),
    (error: Error) => process.send?.({ id, error: error.stack ?? error.message }),
  );
});
