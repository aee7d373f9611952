// Flags of open(2) and of F_GETFL/F_SETFL: include/uapi/asm-generic/fcntl.h, in octal as there.

/** Read only. */
export const O_RDONLY = 0;
/** Write only. */
export const O_WRONLY = 0o1;
/** Read and write. */
export const O_RDWR = 0o2;
/** Mask of the three access modes. */
export const O_ACCMODE = 0o3;
/** Create the file. */
export const O_CREAT = 0o100;
/** Fail if the file is there. */
export const O_EXCL = 0o200;
/** Do not take the terminal as the controlling one. */
export const O_NOCTTY = 0o400;
/** Cut the file to no length. */
export const O_TRUNC = 0o1000;
/** Write at the end. */
export const O_APPEND = 0o2000;
/** Do not block: EAGAIN instead. */
export const O_NONBLOCK = 0o4000;
/** Old name of {@link O_NONBLOCK}. */
export const O_NDELAY = O_NONBLOCK;
/** Writes complete when the data is stored. */
export const O_DSYNC = 0o10000;
/** Send SIGIO when the descriptor becomes ready. */
export const O_ASYNC = 0o20000;
/** Bypass the page cache. */
export const O_DIRECT = 0o40000;
/** Allow large files; implied on a 64-bit system. */
export const O_LARGEFILE = 0o100000;
/** Fail if it is not a directory. */
export const O_DIRECTORY = 0o200000;
/** Do not follow a last symbolic link. */
export const O_NOFOLLOW = 0o400000;
/** Leave the access time alone. */
export const O_NOATIME = 0o1000000;
/** Close on exec. */
export const O_CLOEXEC = 0o2000000;
/** Writes complete when data and metadata are stored. */
export const O_SYNC = 0o4010000;
/** Same as {@link O_SYNC} in Linux. */
export const O_RSYNC = O_SYNC;
/** A place in the tree, not open for reading or writing. */
export const O_PATH = 0o10000000;
/** A file without a name in the given directory. */
export const O_TMPFILE = 0o20200000;
