/** What befalls a packet. */
export interface ToyFault {
  /** Which packet: counted from 0 over everything that all hosts have put on the wire (error messages not counted). */
  readonly ordinal: number;
  /** `delay` brings it out of order when others follow it; `corrupt` inverts a byte behind the network header. */
  readonly action: 'drop' | 'duplicate' | 'delay' | 'corrupt';
  /** With `delay`: how much later than usual, in ms; with `duplicate`: how much later the copy comes (default 0). */
  readonly delayMs?: number;
  /** With `corrupt`: which byte behind the header (default 0; modulo the length). */
  readonly offset?: number;
}

/** A packet on its way. */
export interface ToyFlight {
  readonly dueMs: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** From this host to itself: no wire, no checksum to verify. */
  readonly isLocal: boolean;
}

/** Packets that wait for their time, in order of arrival; bounded. */
export class ToyInbox {
  readonly limit: number;
  private readonly flights: ToyFlight[];

  constructor(limit: number) {
    this.limit = limit;
    this.flights = [];
  }

  /** false: full. What comes at the same time stays in order of sending. */
  put(flight: ToyFlight): boolean {
    if (this.flights.length >= this.limit) return false;
    let at = this.flights.length;
    while (at > 0 && this.flights[at - 1]!.dueMs > flight.dueMs) at--;
    this.flights.splice(at, 0, flight);
    return true;
  }

  /** The next one that is due, or `undefined`. */
  take(nowMs: number): ToyFlight | undefined {
    const first = this.flights[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    return this.flights.shift();
  }

  nextDueMs(): number {
    return this.flights[0]?.dueMs ?? Infinity;
  }

  clear(): void {
    this.flights.length = 0;
  }
}
