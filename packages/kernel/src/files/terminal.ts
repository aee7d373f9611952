import {
  CLOCAL,
  CREAD,
  CS8,
  type LayoutValue,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
  type termiosLayout,
} from '@synos/abi';
import { type PollTarget, type Waiter, WaiterList } from '@synos/socket';
import type { ConsoleDevice } from '../contracts.js';

/** B115200 of termbits.h: what the first serial port is set to. */
const B115200 = 0o10002;
const LOOKAHEAD_BYTES = 1024;
const inputEvents = POLLIN | POLLRDNORM;
const outputEvents = POLLOUT | POLLWRNORM;

/**
 * The console, shared by all who have it open. It is raw: there is no line discipline, so that nothing is echoed, lines
 * are not collected, and no character has a meaning.
 */
export class Terminal implements PollTarget {
  readonly isClosed = false;
  readonly device: ConsoleDevice;
  /** What TCSETS sets and TCGETS reads back. Without effect. */
  settings: LayoutValue<typeof termiosLayout>;
  private readonly waiters: WaiterList;
  /** Typed bytes that were taken from the device, and not yet by a program. */
  private readonly lookahead: Uint8Array<ArrayBuffer>;
  private start: number;
  private end: number;

  constructor(device: ConsoleDevice) {
    this.device = device;
    const control = B115200 | CS8 | CREAD | CLOCAL;
    this.settings = { input: 0, output: 0, control, local: 0, line: 0, characters: new Uint8Array(19) };
    this.waiters = new WaiterList();
    this.lookahead = new Uint8Array(LOOKAHEAD_BYTES);
    this.start = 0;
    this.end = 0;
    device.onReadable = () => this.waiters.wake(inputEvents);
  }

  /** Typed bytes that wait. */
  get readableBytes(): number {
    return this.end - this.start + this.device.readableBytes;
  }

  /** Some of the bytes that wait, which stay: a view, good until the next call. Empty when there are none. */
  peek(): Uint8Array<ArrayBuffer> {
    if (this.start === this.end) {
      this.start = 0;
      this.end = this.device.read(this.lookahead);
    }
    return this.lookahead.subarray(this.start, this.end);
  }

  /** Takes the first of what `peek` showed. */
  take(byteLength: number): void {
    this.start += byteLength;
  }

  poll(events: number): number {
    return (outputEvents | (this.readableBytes > 0 ? inputEvents : 0)) & events;
  }

  addWaiter(waiter: Waiter): void {
    this.waiters.add(waiter);
  }

  removeWaiter(waiter: Waiter): void {
    this.waiters.remove(waiter);
  }
}
