import {
  EINVAL,
  ENXIO,
  FIONREAD,
  type Iovec,
  S_IFREG,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '@synos/abi';
import type { UserMemory } from '@synos/interfaces';
import { copiedOrFault, copyOutInts, iovecBytes, scatter } from '@synos/syscall';
import { type FileCounts, type FileStatus, OpenFile } from './open-file.js';

/** A file that the boot loader brought, read only. Its bytes go to the program from where they lie. */
export class ModuleFile extends OpenFile {
  readonly kind = 'module';
  readonly target = null;
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private position: number;

  /** @param bytes - a view of the machine's memory; never written to */
  constructor(counts: FileCounts, flags: number, bytes: Uint8Array<ArrayBuffer>) {
    super(counts, flags);
    this.bytes = bytes;
    this.position = 0;
  }

  override read(memory: UserMemory, pieces: readonly Iovec[]): number {
    const count = this.readFrom(memory, pieces, this.position);
    if (count > 0) this.position += count;
    return count;
  }

  override get isPositioned(): boolean {
    return true;
  }

  override readAt(memory: UserMemory, piece: Iovec, offset: number): number {
    return this.readFrom(memory, [piece], offset);
  }

  override seek(offset: number, whence: number): number {
    const to = this.placeOf(offset, whence);
    // generic_file_llseek: beyond the end is allowed, beyond any file is not.
    if (to < 0) return to;
    if (!Number.isSafeInteger(to)) return -EINVAL;
    this.position = to;
    return to;
  }

  override ioctl(memory: UserMemory, request: number, argument: number): number {
    if (request !== FIONREAD) return super.ioctl(memory, request, argument);
    return copyOutInts(memory, argument, this.bytes.length - this.position);
  }

  override status(): FileStatus {
    const sizeBytes = this.bytes.length;
    return { mode: S_IFREG | 0o444, sizeBytes, blocks512: Math.ceil(sizeBytes / 512) };
  }

  protected override closeFile(): number {
    return 0;
  }

  private readFrom(memory: UserMemory, pieces: readonly Iovec[], offset: number): number {
    const wanted = Math.min(iovecBytes(pieces), this.bytes.length - offset);
    if (wanted <= 0) return 0;
    return copiedOrFault(scatter(memory, pieces, this.bytes, 0, offset, wanted), wanted);
  }

  private placeOf(offset: number, whence: number): number {
    const { position } = this;
    const end = this.bytes.length;
    switch (whence) {
      case SEEK_SET:
        return offset >= 0 ? offset : -EINVAL;
      case SEEK_CUR:
        return position + offset >= 0 ? position + offset : -EINVAL;
      case SEEK_END:
        return end + offset >= 0 ? end + offset : -EINVAL;
      case SEEK_DATA:
        return offset >= 0 && offset < end ? offset : -ENXIO;
      case SEEK_HOLE:
        return offset >= 0 && offset < end ? end : -ENXIO;
      default:
        return -EINVAL;
    }
  }
}
