import type { PacketPool } from '@synos/interfaces';
import { macFromSeed } from '@synos/nic';
import { findKoffi } from './koffi.js';
import { type Tap, TapDevice } from './tap-device.js';
import { adoptTun, openTun } from './tun-file.js';

/** Options of {@link openTap}. */
export interface TapOptions {
  /** The pool of the stack that gets the device: received frames are copied into it. */
  readonly pool: PacketPool;
  /**
   * The interface's name in Linux, 15 bytes at most; `%d` in it stands for a number that is free. Default `tap%d`. An
   * interface of that name is attached to (without rights, if it was made for this user: `ip tuntap add … user`);
   * otherwise one is made, which lives as long as the device.
   */
  readonly name?: string;
  /**
   * A file that is open already, in place of `name`: `/dev/net/tun` after `TUNSETIFF` with `IFF_TAP | IFF_NO_PI` (and
   * `IFF_VNET_HDR` exactly if `offload`), or anything else on which each read and each write is a frame, such as a
   * socket of type SOCK_SEQPACKET. Opened with O_NONBLOCK. It belongs to the device, which closes it.
   */
  readonly fd?: number;
  /** Our hardware address, the far end of the cable from Linux's; default: made from the interface's name. */
  readonly address?: Uint8Array<ArrayBuffer>;
  /** Longest packet, 68 to 65,535, default 1,500. Linux's is set by `ip link set … mtu`. */
  readonly mtuBytes?: number;
  /**
   * Leaves checksums open and segments uncut, both ways, for Linux to finish or never to need: several times faster.
   * Default false.
   */
  readonly offload?: boolean;
  /**
   * Room for frames that Linux has sent and the stack has not taken, a power of two from 256 KB to 1 GB, default 4 MB.
   * What does not fit is dropped and counted (`rxRingFull`).
   */
  readonly ringBytes?: number;
}

const smallestRingBytes = 1 << 18;
const largestRingBytes = 2 ** 30;

/**
 * Opens a TAP interface of Linux as a network card: what Linux sends to the interface the card receives, and the other
 * way round. Frames are read by a thread of its own; the calling thread is woken when there are some.
 *
 * The device keeps the process alive until it is closed, or `unref` is called.
 *
 * @returns the device: its link is up, in Linux `ip link set … up` remains to be done
 * @throws Error with `code`: `ERR_FEATURE_UNAVAILABLE_ON_PLATFORM` where this is not Linux, `ERR_KOFFI_MISSING` without
 *   the optional peer dependency koffi, and as Node's calls throw them: `EACCES` or `EPERM` without rights, `ENOENT`
 *   without `/dev/net/tun`, `EBUSY` where somebody is attached, `EBADF` or `EINVAL` for an `fd` that will not do
 * @throws RangeError for a name, MTU, ring or `fd` out of range; TypeError for a wrong address
 * @example
 * const { packets } = memory;
 * const tap = openTap({ pool: packets, name: 'tap0', offload: true });
 * tap.on('error', (error) => console.error(error.message));
 * stack.addInterface({ device: tap, addresses: ['10.0.0.2/24'] });
 */
export function openTap(options: TapOptions): Tap {
  return openTapDevice(options);
}

/** {@link openTap}, with what only tests want to choose. */
export function openTapDevice(options: TapOptions, bellIsMessage = false): TapDevice {
  const { pool, name = 'tap%d', fd, mtuBytes = 1500, offload = false, ringBytes = 1 << 22 } = options;
  if (!isWhole(mtuBytes, 68, 65_535)) throw new RangeError(`an MTU is 68 to 65,535 bytes: ${mtuBytes}`);
  const isPower = (ringBytes & (ringBytes - 1)) === 0;
  if (!isWhole(ringBytes, smallestRingBytes, largestRingBytes) || !isPower) {
    throw new RangeError(`a ring's size is a power of two from 256 KB to 1 GB: ${ringBytes}`);
  }
  if (fd !== undefined && !isWhole(fd, 0, 0x7fffffff)) throw new RangeError(`not a file descriptor: ${fd}`);
  if (options.address !== undefined && options.address.length !== 6) {
    throw new TypeError('an Ethernet address has 6 bytes');
  }
  const { koffi, path } = findKoffi();
  const file = fd === undefined ? openTun(koffi, name, offload) : adoptTun(koffi, fd, offload);
  const ownName = file.name || `fd${file.fd}`;
  return new TapDevice({
    file,
    name: ownName,
    address: options.address ?? macFromSeed(ownName),
    mtuBytes,
    offload,
    pool,
    ringBytes,
    koffiPath: path,
    bellIsMessage,
  });
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
