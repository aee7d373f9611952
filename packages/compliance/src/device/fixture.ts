import type { NetDevice, PacketPool } from '@synos/interfaces';

/** Abilities that cases may need; a setup names those it lacks. */
export type DeviceAbility =
  /** The fixture can pull the cable: `setLink`. */
  | 'link-state'
  /** The device answers busy when it is full, instead of dropping. */
  | 'busy'
  /** Frames come through unchanged and in order, all of them, when nobody overdoes it. */
  | 'lossless';

/**
 * Two devices joined (or one loopback device twice), fresh. A fixture whose devices need the host's event loop (sockets)
 * answers promises.
 */
export interface DeviceFixture {
  readonly a: NetDevice;
  /** What `a` sends arrives here; `a` itself for loopback. May be another one after `setLink`. */
  readonly b: NetDevice;
  /** Where the frames that `a` sends come from. */
  readonly packets: PacketPool;
  /** Every pool that must be empty in the end (each one if the devices cross pools). */
  readonly pools: readonly PacketPool[];
  /** Lets time pass: everything under way is delivered or lost. */
  run(ms: number): void | Promise<void>;
  /** For ability `link-state`. */
  setLink?(isUp: boolean): void | Promise<void>;
  dispose(): void | Promise<void>;
}
