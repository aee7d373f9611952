import { closeSync, constants, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import type { Koffi } from './koffi.js';
import {
  iffNoPi,
  iffTap,
  iffVnetHdr,
  ifnamsiz,
  ifreqBytes,
  linuxErrno,
  tunFCsum,
  tunFTso4,
  tunFTsoEcn,
  tungetiff,
  tunsetcarrier,
  tunsetiff,
  tunsetoffload,
  tunsetvnetle,
} from './linux.js';

const path = '/dev/net/tun';

/** An open file on which each read and write is a frame. */
export interface TunFile {
  readonly fd: number;
  /** The interface's name, empty where the file is no TAP. */
  readonly name: string;
  /** Tells Linux whether the cable is plugged; nothing where the file is no TAP. */
  setCarrier(up: boolean): void;
  close(): void;
}

/**
 * Opens a TAP interface, making it where there is none of that name.
 *
 * @throws Error shaped as Node's (`code`, `errno`, `syscall`): `EACCES` or `EPERM` without rights, `ENOENT` without the
 *   device node, `EBUSY` where somebody else is attached, `EINVAL` where the interface is of another kind
 */
export function openTun(koffi: Koffi, name: string, offload: boolean): TunFile {
  if (Buffer.byteLength(name) >= ifnamsiz) throw new RangeError(`an interface's name has 15 bytes at most: ${name}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const control = new TunControl(koffi, fd);
    const request = Buffer.alloc(ifreqBytes);
    request.write(name);
    request.writeUInt16LE(iffTap | iffNoPi | (offload ? iffVnetHdr : 0), ifnamsiz);
    control.ask(tunsetiff, request, `attach to ${name}`);
    if (offload) control.setOffload();
    return { fd, name: nameIn(request), setCarrier: (up) => control.setCarrier(up), close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Takes a file that is open already. A TAP must have been opened with the same choice of offload; of any other file it
 * is believed that each read and write is a frame, with a header before it where `offload` says so.
 *
 * @throws Error shaped as Node's
 */
export function adoptTun(koffi: Koffi, fd: number, offload: boolean): TunFile {
  const control = new TunControl(koffi, fd);
  const request = Buffer.alloc(ifreqBytes);
  // In a worker thread Node minds which files it has opened itself: this one it has not.
  const close = (): void => control.close();
  if (!control.tryAsk(tungetiff, request)) {
    const errno = koffi.errno();
    if (errno === linuxErrno.EBADF) throw failed(errno, 'ioctl', `${fd} is no open file`);
    return { fd, name: '', setCarrier() {}, close };
  }
  const name = nameIn(request);
  const flags = request.readUInt16LE(ifnamsiz);
  // Of IFF_NO_PI nothing can be learnt: Linux claims it either way.
  if ((flags & (iffTap | iffVnetHdr)) !== (offload ? iffTap | iffVnetHdr : iffTap)) {
    const wanted = offload ? 'IFF_TAP with IFF_VNET_HDR' : 'IFF_TAP without IFF_VNET_HDR';
    throw failed(linuxErrno.EINVAL, 'ioctl', `${name} was not opened as ${wanted}`);
  }
  if (offload) control.setOffload();
  return { fd, name, setCarrier: (up) => control.setCarrier(up), close };
}

class TunControl {
  readonly #koffi: Koffi;
  readonly #ioctl: (...values: unknown[]) => number;
  readonly #fd: number;

  constructor(koffi: Koffi, fd: number) {
    this.#koffi = koffi;
    this.#ioctl = koffi.load(null).func('int ioctl(int, unsigned long, ...)');
    this.#fd = fd;
  }

  tryAsk(request: number, argument: Uint8Array): boolean {
    return this.#ioctl(this.#fd, request, 'void *', argument) >= 0;
  }

  ask(request: number, argument: Uint8Array, what: string): void {
    if (!this.tryAsk(request, argument)) throw failed(this.#koffi.errno(), 'ioctl', what);
  }

  setOffload(): void {
    // Whatever the machine: the header of each frame is little-endian, as virtio 1.0 has it.
    const one = new Uint8Array(new Int32Array([1]).buffer);
    this.ask(tunsetvnetle, one, 'TUNSETVNETLE');
    const features = tunFCsum | tunFTso4 | tunFTsoEcn;
    if (this.#ioctl(this.#fd, tunsetoffload, 'unsigned long', features) < 0) {
      throw failed(this.#koffi.errno(), 'ioctl', 'TUNSETOFFLOAD');
    }
  }

  close(): void {
    this.#koffi.load(null).func('int close(int)')(this.#fd);
  }

  setCarrier(up: boolean): void {
    this.tryAsk(tunsetcarrier, new Uint8Array(new Int32Array([up ? 1 : 0]).buffer));
  }
}

/** The name in a `struct ifreq`. */
function nameIn(request: Buffer): string {
  const end = request.indexOf(0);
  return request.toString('latin1', 0, end < 0 || end > ifnamsiz ? ifnamsiz : end);
}

/** An error as Node's own calls throw it. */
export function failed(errno: number, syscall: string, what: string): NodeJS.ErrnoException {
  // libuv has no name for it, and it is what a deleted interface answers.
  const code = errno === linuxErrno.EBADFD ? 'EBADFD' : getSystemErrorName(-errno);
  return Object.assign(new Error(`${code}: ${what}, ${syscall}`), { errno: -errno, code, syscall });
}
