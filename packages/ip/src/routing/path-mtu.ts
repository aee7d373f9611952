import type { Context } from '../context.js';

/** What was learned about the way to a destination. */
export interface PathMtu {
  readonly bytes: number;
  /** The report was below the minimum: packets may be larger than the path takes, so they must be fragmentable. */
  readonly isLocked: boolean;
  readonly expiresMs: number;
}

/** The plateaus of RFC 1191 §7, for routers that report no MTU. */
const plateaus = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68] as const;

/** The next smaller plateau below a packet's length. */
export function plateauBelow(bytes: number): number {
  for (const plateau of plateaus) if (plateau < bytes) return plateau;
  return 68;
}

/** Path MTUs by destination (RFC 1191), bounded, each forgotten after its time so that a larger one is tried again. */
export class PathMtuCache {
  private readonly context: Context;
  private readonly byDestination: Map<number, PathMtu>;
  deadlineMs: number;

  constructor(context: Context) {
    this.context = context;
    this.byDestination = new Map();
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  get(destination: number): PathMtu | undefined {
    return this.byDestination.get(destination);
  }

  /** Takes over a believed report. */
  set(destination: number, bytes: number, isLocked: boolean): void {
    const limits = this.context.limits;
    this.byDestination.delete(destination);
    if (this.byDestination.size >= limits.pathMtuLimit) {
      for (const oldest of this.byDestination.keys()) {
        this.byDestination.delete(oldest);
        this.context.counters.pathMtuEvicted++;
        break;
      }
    }
    const expiresMs = this.context.now + limits.pathMtuExpiryMs;
    this.byDestination.set(destination, { bytes, isLocked, expiresMs });
    if (expiresMs < this.deadlineMs) this.deadlineMs = expiresMs;
    this.context.isDueAt(expiresMs);
    this.context.generation++;
  }

  advance(): void {
    const now = this.context.now;
    if (now < this.deadlineMs) return;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    // In the order of insertion, which is the order of expiry.
    for (const [destination, entry] of this.byDestination) {
      if (entry.expiresMs > now) {
        this.deadlineMs = entry.expiresMs;
        break;
      }
      this.byDestination.delete(destination);
    }
    this.context.generation++;
  }
}
