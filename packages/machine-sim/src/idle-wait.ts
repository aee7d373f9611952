import type { EventLoop } from '@synos/interfaces';

/** A machine that waits in host time: one promise at a time. */
export class IdleWait {
  private readonly loop: EventLoop;
  /** Looks whether the wait is over: a vector, -1, or `null` for not yet. */
  private readonly look: (deadlineTsc: number) => number | null;
  /** When to look again, in milliseconds; `Infinity`: when woken. */
  private readonly nextLookMs: (deadlineTsc: number) => number;
  private resolve: ((vector: number) => void) | null = null;
  private deadlineTsc = Infinity;
  private takeBack: (() => void) | null = null;
  private isWoken = false;

  constructor(
    loop: EventLoop,
    look: (deadlineTsc: number) => number | null,
    nextLookMs: (deadlineTsc: number) => number,
  ) {
    this.loop = loop;
    this.look = look;
    this.nextLookMs = nextLookMs;
  }

  /** Begins a wait. One that stands must have been ended. */
  begin(deadlineTsc: number): Promise<number> {
    this.deadlineTsc = deadlineTsc;
    const promise = new Promise<number>((resolve) => {
      this.resolve = resolve;
    });
    this.arm();
    return promise;
  }

  /** Something happened. It only takes note: who calls may be in the middle of anything. */
  wake(): void {
    if (this.resolve === null || this.isWoken) return;
    this.isWoken = true;
    this.loop.soon(() => {
      this.isWoken = false;
      this.check();
    });
  }

  /** Ends a wait, if there is one. */
  end(vector: number): void {
    const { resolve } = this;
    this.takeBack?.();
    this.takeBack = null;
    this.resolve = null;
    resolve?.(vector);
  }

  private check(): void {
    if (this.resolve === null) return;
    const vector = this.look(this.deadlineTsc);
    if (vector !== null) this.end(vector);
    else this.arm();
  }

  private arm(): void {
    this.takeBack?.();
    this.takeBack = null;
    const at = this.nextLookMs(this.deadlineTsc);
    if (at === Infinity) return;
    this.takeBack = this.loop.at(at, () => {
      this.takeBack = null;
      this.check();
    });
  }
}
