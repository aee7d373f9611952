import { assert } from '@synos/interfaces';

/** Datagrams that the system may have at once. */
const bufferLimit = 64;

/** Buffers for datagrams under way: the system reads them until it says that they are sent. */
export class SendBuffers {
  readonly #byteLength: number;
  readonly #free: Buffer<ArrayBuffer>[];
  #made: number;

  constructor(byteLength: number) {
    this.#byteLength = byteLength;
    this.#free = [];
    this.#made = 0;
  }

  get hasFree(): boolean {
    return this.#free.length > 0 || this.#made < bufferLimit;
  }

  /** One that is free; the caller has looked at {@link hasFree}. */
  take(): Buffer<ArrayBuffer> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    assert(this.#made < bufferLimit, 'no buffer is free');
    this.#made++;
    return Buffer.allocUnsafeSlow(this.#byteLength);
  }

  giveBack(buffer: Buffer<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}
