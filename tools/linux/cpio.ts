/** A file, folder or link of an archive. */
export interface CpioEntry {
  /** Without a leading slash. Folders come before what is in them. */
  readonly path: string;
  /** Type and rights as in `stat`: 0o100755 a program, 0o040755 a folder, 0o120777 a symbolic link. */
  readonly mode: number;
  /** The bytes of a file, or where a link leads. */
  readonly data?: Uint8Array;
}

const headerBytes = 110;
const trailer = 'TRAILER!!!';

const padded = (length: number): number => Math.ceil(length / 4) * 4;

/**
 * An archive in cpio's "newc" format, as the kernel unpacks it for its first root (Documentation/driver-api/early-userspace/
 * buffer-format.rst): per entry a header of ASCII hexadecimal numbers, the name with a zero, the data; each padded to 4.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const add = ({ path, mode, data = new Uint8Array(0) }: CpioEntry, inode: number): void => {
    const name = Buffer.from(`${path}\0`);
    const head = Buffer.alloc(padded(headerBytes + name.length));
    // inode, mode, uid, gid, links, mtime, size, device (major, minor), what device it is, name's size, check
    const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
    head.write(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`, 'latin1');
    name.copy(head, headerBytes);
    parts.push(head, Buffer.concat([data], padded(data.length)));
  };
  entries.forEach((entry, index) => {
    add(entry, index + 1);
  });
  add({ path: trailer, mode: 0 }, 0);
  return Buffer.concat(parts);
}
