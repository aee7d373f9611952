import { type Address, failure, isIpv4Mapped, type NetDevice, type Result } from '@synos/interfaces';
import { ipv4FromWord } from '@synos/wire';
import type { Context } from './context.js';
import { type InterfaceAddress, NetInterface } from './net-interface.js';
import { LocalAddresses } from './routing/local-addresses.js';

const deviceLimit = 256;
const addressesPerDevice = 256;
const groupsPerDevice = 256;
const acceptedPrefixes = 64;

/** The index of the host's own loopback, as on Linux; 0 is no device. */
export const ownLoopbackIndex = 1;

/** All devices of a host with their addresses. The host's own loopback is used while no other is attached. */
export class InterfaceTable {
  /** By index. */
  private readonly byIndex: (NetInterface | undefined)[];
  /** Those there are, the host's own loopback first. Replaced, never written to: a poll may be in the middle of it. */
  attached: readonly NetInterface[];
  readonly local: LocalAddresses;
  /** Foreign destinations that are accepted as if they were ours, as masks and networks (a gateway's business). */
  private readonly accepted: { readonly network: number; readonly mask: number }[];
  private readonly context: Context;
  /** The one given last. */
  private lastIndex: number;

  constructor(ownLoopback: NetDevice, context: Context) {
    this.byIndex = [undefined];
    this.attached = [];
    this.local = new LocalAddresses();
    this.accepted = [];
    this.context = context;
    this.lastIndex = 0;
    this.add(ownLoopback);
  }

  /** The device's index, from 1 up; `noBuffers` when the table is full, `addressInUse` when it is attached already. */
  add(device: NetDevice): Result {
    if (this.find(device) !== undefined) return failure.addressInUse;
    const index = this.freeIndex();
    if (index < 0) return failure.noBuffers;
    this.lastIndex = index;
    const added = new NetInterface(index, device, this.context);
    this.byIndex[index] = added;
    this.attached = [...this.attached, added];
    this.context.generation++;
    device.listen(added);
    return index;
  }

  get(index: number): NetInterface | undefined {
    return this.byIndex[index];
  }

  /** The interface of a device that was attached. */
  find(device: number | NetDevice): NetInterface | undefined {
    if (typeof device === 'number') return this.byIndex[device];
    return this.attached.find((one) => one.device === device);
  }

  remove(found: NetInterface): void {
    found.isRemoved = true;
    found.isReadable = false;
    this.attached = this.attached.filter((each) => each !== found);
    found.device.listen(null);
    found.queue.flush();
    this.byIndex[found.index] = undefined;
    this.addressesChanged();
  }

  addAddress(found: NetInterface, address: Address, bitsOf128: number): InterfaceAddress | Result {
    const bits = bitsOf128 - 96;
    const word = address.w3;
    if (!isPrefix(address, bitsOf128) || !isUnicastWord(word)) return failure.invalid;
    if (found.addresses.some((other) => other.word === word)) return failure.addressInUse;
    if (found.addresses.length >= addressesPerDevice) return failure.noBuffers;
    const mask = maskOf(bits);
    const broadcast = bits >= 31 ? word : word | ~mask;
    // The all-ones and all-zeros host numbers are nobody's address (RFC 1122 §3.2.1.3).
    if (bits < 31 && (word === broadcast || word === (word & mask))) return failure.invalid;
    const added: InterfaceAddress = { address: ipv4FromWord(word), word, bits, mask, broadcast };
    found.addresses.push(added);
    this.addressesChanged();
    return added;
  }

  removeAddress(found: NetInterface, address: Address): InterfaceAddress | undefined {
    const at = isIpv4Mapped(address) ? found.addresses.findIndex((other) => other.word === address.w3) : -1;
    if (at < 0) return undefined;
    const [removed] = found.addresses.splice(at, 1);
    this.addressesChanged();
    return removed;
  }

  /** Joins a group on a device; members are counted. */
  joinGroup(found: NetInterface, group: Address): Result {
    if (!isIpv4Mapped(group) || !isMulticastWord(group.w3)) return failure.invalid;
    const members = found.groups.get(group.w3);
    if (members === undefined && found.groups.size >= groupsPerDevice) return failure.noBuffers;
    found.groups.set(group.w3, (members ?? 0) + 1);
    return 0;
  }

  leaveGroup(found: NetInterface, group: Address): Result {
    const members = isIpv4Mapped(group) ? found.groups.get(group.w3) : undefined;
    if (members === undefined) return failure.addressNotAvailable;
    if (members === 1) found.groups.delete(group.w3);
    else found.groups.set(group.w3, members - 1);
    return 0;
  }

  /** Takes in packets to foreign addresses of a prefix, and lets transports answer from them. */
  acceptPrefix(prefix: Address, bitsOf128: number): Result {
    if (!isPrefix(prefix, bitsOf128)) return failure.invalid;
    if (this.accepted.length >= acceptedPrefixes) return failure.noBuffers;
    const mask = maskOf(bitsOf128 - 96);
    this.accepted.push({ network: prefix.w3 & mask, mask });
    this.context.generation++;
    return 0;
  }

  accepts(word: number): boolean {
    for (let i = 0; i < this.accepted.length; i++) {
      const { network, mask } = this.accepted[i]!;
      if ((word & mask) === network) return isUnicastWord(word) && !isLoopbackWord(word);
    }
    return false;
  }

  /** The loopback that local packets take: an attached one, else the host's own. */
  loopback(): NetInterface {
    const [own, ...others] = this.attached;
    return others.find((one) => one.isLoopback && one.isUp) ?? own!;
  }

  /** As late as can be again one that was in use: who is bound to a device that went must not find another there. */
  private freeIndex(): number {
    if (this.byIndex.length < deviceLimit) return this.byIndex.length;
    const behind = this.byIndex.indexOf(undefined, this.lastIndex + 1);
    return behind >= 0 ? behind : this.byIndex.indexOf(undefined, ownLoopbackIndex);
  }

  private addressesChanged(): void {
    this.local.rebuild(this.attached);
    this.context.generation++;
  }
}

/** Whether an address and a length of 128 bits are an IPv4 prefix. */
export function isPrefix(address: Address, bitsOf128: number): boolean {
  return isIpv4Mapped(address) && Number.isInteger(bitsOf128) && bitsOf128 >= 96 && bitsOf128 <= 128;
}

/** The network mask of a prefix length 0 to 32, as an int32. */
export function maskOf(bits: number): number {
  return bits === 0 ? 0 : (-1 << (32 - bits)) | 0;
}

/** 224.0.0.0/4 (RFC 5771). */
export function isMulticastWord(word: number): boolean {
  return word >>> 28 === 0xe;
}

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3 (g)). */
export function isLoopbackWord(word: number): boolean {
  return word >>> 24 === 127;
}

/** Whether a host may have this address: not 0/8, not multicast, not 240/4. */
export function isUnicastWord(word: number): boolean {
  return word >>> 24 !== 0 && word >>> 28 < 0xe;
}
