import { type FrameRing, ringWord } from './frame-ring.js';

/** Not in the libraries of ES2022; in Node since 16. */
interface WaitAsync {
  waitAsync?(
    words: Int32Array,
    index: number,
    value: number,
  ): { readonly async: false } | { readonly async: true; readonly value: Promise<string> };
}

/** Whether the reading thread can wake this one by memory; otherwise it posts messages. */
export function canWaitAsync(): boolean {
  return typeof (Atomics as WaitAsync).waitAsync === 'function';
}

/**
 * Sleeps until the ring has frames. The order of steps is what keeps a frame from coming unnoticed: the sleeper says
 * that it sleeps and then looks into the ring; the writer writes and then looks for a sleeper.
 */
export class Doorbell {
  readonly #ring: FrameRing;
  readonly #isMessage: boolean;
  readonly #onRing: () => void;
  #isWaiting: boolean;

  /** @param isMessage - {@link rung} is called by somebody who has got the message */
  constructor(ring: FrameRing, isMessage: boolean, onRing: () => void) {
    this.#ring = ring;
    this.#isMessage = isMessage;
    this.#onRing = onRing;
    this.#isWaiting = false;
  }

  /** Goes to sleep; false: there are frames after all. Sleeping already is true. */
  wait(): boolean {
    if (this.#isWaiting) return this.#ring.isEmpty;
    const { words } = this.#ring;
    const heard = Atomics.load(words, ringWord.bell);
    Atomics.store(words, ringWord.asleep, 1);
    if (!this.#ring.isEmpty) {
      Atomics.store(words, ringWord.asleep, 0);
      return false;
    }
    this.#isWaiting = true;
    if (this.#isMessage) return true;
    const waiting = (Atomics as WaitAsync).waitAsync?.(words, ringWord.bell, heard);
    if (waiting?.async) void waiting.value.then(() => this.rung());
    else queueMicrotask(() => this.rung());
    return true;
  }

  rung(): void {
    this.#isWaiting = false;
    this.#onRing();
  }
}
