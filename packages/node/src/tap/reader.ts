import { Worker } from 'node:worker_threads';
import { canWaitAsync, Doorbell } from './doorbell.js';
import { FrameRing, ringWord } from './frame-ring.js';
import { type ReaderData, readerSource } from './reader-source.js';
import { failed } from './tun-file.js';

/** What a {@link FrameReader} is made from. */
export interface FrameReaderOptions {
  readonly fd: number;
  /** What the thread is called in errors. */
  readonly name: string;
  readonly koffiPath: string;
  /** Longest frame, with the header in front of it. */
  readonly frameBytes: number;
  /** Room for frames that wait, a power of two. */
  readonly ringBytes: number;
  /** Frames have come where none were: look. */
  readonly onFrames: () => void;
  /** The thread has ended and the file is in nobody's use any more; why, unless it was told to. */
  readonly onEnd: (error: Error | null) => void;
  /** Bells are messages although memory would do. For tests. */
  readonly bellIsMessage?: boolean;
}

/** The thread that reads a file frame by frame, and the ring by which frames come over. */
export class FrameReader {
  readonly ring: FrameRing;
  readonly #worker: Worker;
  readonly #bell: Doorbell;
  #error: Error | null;

  constructor(options: FrameReaderOptions) {
    const { fd, name, koffiPath, frameBytes, ringBytes, onFrames, onEnd } = options;
    const bellIsMessage = options.bellIsMessage === true || !canWaitAsync();
    this.ring = new FrameRing(ringBytes);
    this.#bell = new Doorbell(this.ring, bellIsMessage, onFrames);
    this.#error = null;
    const workerData: ReaderData = { shared: this.ring.shared, fd, frameBytes, koffiPath, bellIsMessage };
    // The parent's flags would be no help: a loader of modules, a profiler.
    this.#worker = new Worker(readerSource, { eval: true, workerData, name, execArgv: [] });
    this.#worker.on('message', () => this.#bell.rung());
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (code) => {
      const errno = Atomics.load(this.ring.words, ringWord.failure);
      if (errno !== 0) this.#error ??= failed(errno, 'read', `${name} is gone`);
      const isTold = Atomics.load(this.ring.words, ringWord.stop) !== 0;
      if (!isTold) this.#error ??= new Error(`the thread that reads ${name} ended by itself with ${code}`);
      onEnd(this.#error);
    });
  }

  /** Frames that found the ring full. */
  get dropped(): number {
    return Atomics.load(this.ring.words, ringWord.dropped);
  }

  /** Wants `onFrames` to be called; false: there are frames already. */
  wait(): boolean {
    return this.#bell.wait();
  }

  /** Ends the thread; `onEnd` follows within a tenth of a second. */
  stop(): void {
    Atomics.store(this.ring.words, ringWord.stop, 1);
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }
}
