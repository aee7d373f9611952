import type { Layout } from './layout.js';

/** `struct stat`: stat(2), of x86-64. */
export const statLayout = {
  name: 'struct stat',
  size: 144,
  align: 8,
  fields: [
    { name: 'st_dev', key: 'device', offset: 0, size: 8, type: 'u64' },
    { name: 'st_ino', key: 'inode', offset: 8, size: 8, type: 'u64' },
    { name: 'st_nlink', key: 'links', offset: 16, size: 8, type: 'u64' },
    { name: 'st_mode', key: 'mode', offset: 24, size: 4, type: 'u32' },
    { name: 'st_uid', key: 'uid', offset: 28, size: 4, type: 'u32' },
    { name: 'st_gid', key: 'gid', offset: 32, size: 4, type: 'u32' },
    { name: 'st_rdev', key: 'specialDevice', offset: 40, size: 8, type: 'u64' },
    { name: 'st_size', key: 'sizeBytes', offset: 48, size: 8, type: 'i64' },
    { name: 'st_blksize', key: 'blockBytes', offset: 56, size: 8, type: 'i64' },
    { name: 'st_blocks', key: 'blocks512', offset: 64, size: 8, type: 'i64' },
    { name: 'st_atime', key: 'atimeSeconds', offset: 72, size: 8, type: 'i64' },
    { name: 'st_atime_nsec', key: 'atimeNanoseconds', offset: 80, size: 8, type: 'i64' },
    { name: 'st_mtime', key: 'mtimeSeconds', offset: 88, size: 8, type: 'i64' },
    { name: 'st_mtime_nsec', key: 'mtimeNanoseconds', offset: 96, size: 8, type: 'i64' },
    { name: 'st_ctime', key: 'ctimeSeconds', offset: 104, size: 8, type: 'i64' },
    { name: 'st_ctime_nsec', key: 'ctimeNanoseconds', offset: 112, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;

/**
 * `struct linux_dirent64`: getdents64(2). The name follows at byte 19, ended by a zero; the next entry is `lengthBytes`
 * after the start of this one.
 */
export const linuxDirent64Layout = {
  name: 'struct linux_dirent64',
  size: 24,
  align: 8,
  fields: [
    { name: 'd_ino', key: 'inode', offset: 0, size: 8, type: 'u64' },
    { name: 'd_off', key: 'next', offset: 8, size: 8, type: 'i64' },
    { name: 'd_reclen', key: 'lengthBytes', offset: 16, size: 2, type: 'u16' },
    { name: 'd_type', key: 'type', offset: 18, size: 1, type: 'u8' },
  ],
} as const satisfies Layout;
