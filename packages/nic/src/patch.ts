import { assert, type DeviceListener, type NetDevice, type Packet, type Pollable } from '@synos/interfaces';

/** Two devices joined by {@link createPatch}. */
export interface Patch extends Pollable {
  /** Lets go of both devices, which stay open; what waited in between is released. */
  close(): void;
}

/**
 * A patch cord: what is received at one device is sent by the other, both ways. It joins a device that leads to
 * somebody far away (a socket, a TAP) with a port of a switch. A side that is busy is waited for, with one frame held;
 * the rest waits in the other device's own queue.
 *
 * It takes both devices' listeners and time: `poll` it, or give it to `drive`.
 *
 * @throws Error `ERR_ASSERTION` on a device that vouches for checksums: nobody behind the patch can rely on that.
 *   `maskFeatures` makes it one that does not
 * @example
 * const stop = drive(createPatch(peer.device, lan.port(3)), loop);
 */
export function createPatch(a: NetDevice, b: NetDevice): Patch {
  return new PatchCord(a, b);
}

class PatchCord implements Patch {
  onWork: (() => void) | null;
  readonly #sides: readonly [PatchSide, PatchSide];
  #isNoted: boolean;
  #isPolling: boolean;

  constructor(a: NetDevice, b: NetDevice) {
    for (const { features } of [a, b]) assert(!features.verifiesChecksums, 'a patched device must not vouch');
    this.onWork = null;
    this.#isNoted = false;
    this.#isPolling = false;
    this.#sides = [new PatchSide(this, a, b), new PatchSide(this, b, a)];
    for (const side of this.#sides) side.open();
  }

  poll(nowMs: number, budgetPackets: number): boolean {
    this.#isNoted = false;
    this.#isPolling = true;
    const [one, other] = this.#sides;
    // What watches a device may throw: that must not stop the patch.
    try {
      one.from.advance(nowMs);
      other.from.advance(nowMs);
      // Each way has its own share: a flood from one side never holds up the other.
      const share = Math.max(1, budgetPackets >>> 1);
      one.move(share);
      other.move(share);
    } finally {
      this.#isPolling = false;
    }
    return one.isReady || other.isReady;
  }

  nextDeadline(): number {
    return Math.min(this.#sides[0].from.nextDeadline(), this.#sides[1].from.nextDeadline());
  }

  /** A side is ready: says so once until the next poll, whose answer says it otherwise. */
  note(): void {
    if (this.#isNoted || this.#isPolling) return;
    this.#isNoted = true;
    this.onWork?.();
  }

  wake(device: NetDevice): void {
    for (const side of this.#sides) if (side.to === device) side.resume();
  }

  close(): void {
    for (const side of this.#sides) side.close();
    this.onWork = null;
  }
}

/** One direction; it listens at the device where its frames come from. */
class PatchSide implements DeviceListener {
  readonly from: NetDevice;
  readonly to: NetDevice;
  /** Frames may wait at `from` and `to` has not said busy. */
  isReady: boolean;
  readonly #patch: PatchCord;
  #held: Packet | null;
  #isClosed: boolean;

  constructor(patch: PatchCord, from: NetDevice, to: NetDevice) {
    this.from = from;
    this.to = to;
    this.isReady = false;
    this.#patch = patch;
    this.#held = null;
    this.#isClosed = false;
  }

  open(): void {
    this.from.listen(this);
  }

  readable(): void {
    if (this.#held === null) this.resume();
  }

  writable(): void {
    // Of the device where this side receives: the other side waits for it.
    this.#patch.wake(this.from);
  }

  changed(): void {}

  resume(): void {
    if (this.#isClosed) return;
    this.isReady = true;
    this.#patch.note();
  }

  move(limit: number): void {
    if (!this.isReady || this.#isClosed) return;
    this.isReady = false;
    for (let moved = 0; ; moved++) {
      if (moved === limit) {
        this.isReady = true;
        return;
      }
      const packet = this.#held ?? this.from.receive();
      this.#held = null;
      if (packet === null) return;
      if (!this.to.transmit(packet)) {
        this.#held = packet;
        return;
      }
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.isReady = false;
    this.from.listen(null);
    if (this.#held !== null) this.#held.pool.release(this.#held);
    this.#held = null;
  }
}
