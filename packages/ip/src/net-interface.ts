import type { Address, DeviceListener, NetDevice } from '@synos/interfaces';
import type { Context } from './context.js';
import { DeviceQueue } from './device-queue/device-queue.js';
import { macHighOf, macLowOf } from './ethernet/header.js';
import type { Neighbour } from './neighbour/neighbour.js';

/** An IPv4 address on a device, as words. */
export interface InterfaceAddress {
  readonly address: Address;
  readonly word: number;
  /** 0 to 32. */
  readonly bits: number;
  readonly mask: number;
  /** The directed broadcast address (RFC 919), or the address itself where there is none (RFC 3021: /31 and /32). */
  readonly broadcast: number;
}

/** A device with what the network layer keeps for it: addresses, joined groups, and the queue in front of it. */
export class NetInterface implements DeviceListener {
  readonly index: number;
  readonly device: NetDevice;
  readonly isLoopback: boolean;
  /** The hardware address as a 16-bit and a 32-bit number: two compares per frame. */
  macHigh: number;
  macLow: number;
  readonly queue: DeviceQueue;
  addresses: InterfaceAddress[];
  /** By address; their business is `NeighbourTable`'s. */
  readonly neighbourEntries: Map<number, Neighbour>;
  /** Joined IPv4 groups with their number of members. */
  readonly groups: Map<number, number>;
  /** `receive` may have something. */
  isReadable: boolean;
  /** The device said that something about it changed. */
  isChanged: boolean;
  isRemoved: boolean;
  wasLinkUp: boolean;
  private readonly context: Context;

  constructor(index: number, device: NetDevice, context: Context) {
    this.index = index;
    this.device = device;
    this.isLoopback = device.isLoopback;
    this.macHigh = macHighOf(device.address);
    this.macLow = macLowOf(device.address);
    this.queue = new DeviceQueue(device, context);
    this.addresses = [];
    this.neighbourEntries = new Map();
    this.groups = new Map();
    this.isReadable = false;
    this.isChanged = false;
    this.isRemoved = false;
    this.wasLinkUp = device.linkUp;
    this.context = context;
  }

  get isUp(): boolean {
    return !this.isRemoved && this.device.linkUp;
  }

  /** The address of the device on whose network another is: of several the most specific. */
  addressFor(word: number): InterfaceAddress | undefined {
    let best: InterfaceAddress | undefined;
    for (const own of this.addresses) {
      if (((own.word ^ word) & own.mask) === 0 && own.bits > (best?.bits ?? -1)) best = own;
    }
    return best;
  }

  readable(): void {
    this.isReadable = true;
    this.context.notify();
  }

  writable(): void {
    this.queue.deviceIsBusy = false;
    this.context.notify();
  }

  changed(): void {
    this.macHigh = macHighOf(this.device.address);
    this.macLow = macLowOf(this.device.address);
    this.isChanged = true;
    this.context.generation++;
    this.context.notify();
  }
}
