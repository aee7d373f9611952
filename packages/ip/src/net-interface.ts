import type { Address, DeviceListener, NetDevice } from '@synos/interfaces';
import type { Context } from './context.js';
import { DeviceQueue } from './device-queue/device-queue.js';

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
    this.macHigh = 0;
    this.macLow = 0;
    this.readAddress();
    this.queue = new DeviceQueue(device, context);
    this.addresses = [];
    this.groups = new Map();
    this.isReadable = false;
    this.isChanged = false;
    this.isRemoved = false;
    this.wasLinkUp = device.linkUp;
    this.context = context;
  }

  private readAddress(): void {
    const { address } = this.device;
    this.macHigh = (address[0]! << 8) | address[1]!;
    this.macLow = (address[2]! << 24) | (address[3]! << 16) | (address[4]! << 8) | address[5]!;
  }

  get isUp(): boolean {
    return !this.isRemoved && this.device.linkUp;
  }

  /** The address of the device on whose network another is: of several the most specific. */
  addressFor(word: number): InterfaceAddress | undefined {
    let best: InterfaceAddress | undefined;
    for (const own of this.addresses) {
      if (((own.word ^ word) & own.mask) === 0 && !(best !== undefined && own.bits <= best.bits)) best = own;
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
    this.readAddress();
    this.isChanged = true;
    this.context.generation++;
    this.context.notify();
  }
}
