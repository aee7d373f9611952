import { EINVAL, type Iovec, S_IFCHR } from '@synos/abi';
import type { Entropy, UserMemory } from '@synos/interfaces';
import { copiedOrFault, iovecBytes, scatter } from '@synos/syscall';
import { type FileCounts, type FileStatus, OpenFile } from './open-file.js';

/** A device that is only its driver: mem(4), random(4). */
export type DeviceName = 'null' | 'zero' | 'urandom';

/** Minor numbers of major 1: Documentation/admin-guide/devices.txt. */
const minorOf: Readonly<Record<DeviceName, number>> = { null: 3, zero: 5, urandom: 9 };

/** What one read gives at most: it is all made in one go. */
export const DEVICE_READ_MAX = 1 << 20;

/** `/dev/null`, `/dev/zero`, `/dev/urandom`. */
export class DeviceFile extends OpenFile {
  readonly kind = 'null';
  readonly target = null;
  private readonly device: DeviceName;
  private readonly entropy: Entropy;
  private readonly buffer: Uint8Array<ArrayBuffer>;

  /** @param buffer - borrowed for the time of a read */
  constructor(
    counts: FileCounts,
    flags: number,
    device: DeviceName,
    entropy: Entropy,
    buffer: Uint8Array<ArrayBuffer>,
  ) {
    super(counts, flags);
    this.device = device;
    this.entropy = entropy;
    this.buffer = buffer;
  }

  override read(memory: UserMemory, pieces: readonly Iovec[]): number {
    if (this.device === 'null') return 0;
    const wanted = Math.min(iovecBytes(pieces), DEVICE_READ_MAX);
    let done = 0;
    while (done < wanted) {
      const chunk = this.buffer.subarray(0, Math.min(this.buffer.length, wanted - done));
      if (this.device === 'zero') chunk.fill(0);
      else this.entropy.fill(chunk);
      const copied = scatter(memory, pieces, chunk, done);
      done += copied;
      if (copied < chunk.length) break;
    }
    return copiedOrFault(done, wanted);
  }

  override write(_memory: UserMemory, pieces: readonly Iovec[]): number {
    // write_null: taken, and not even looked at.
    return iovecBytes(pieces);
  }

  override get isPositioned(): boolean {
    return true;
  }

  override readAt(memory: UserMemory, piece: Iovec): number {
    return this.read(memory, [piece]);
  }

  override writeAt(memory: UserMemory, piece: Iovec): number {
    return this.write(memory, [piece]);
  }

  override seek(_offset: number, whence: number): number {
    // null_lseek and noop_llseek: always at the start.
    return whence >= 0 ? 0 : -EINVAL;
  }

  override status(): FileStatus {
    return { mode: S_IFCHR | 0o666, specialDevice: 0x100 | minorOf[this.device] };
  }

  protected override closeFile(): number {
    return 0;
  }
}
