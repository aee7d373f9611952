// Where lseek(2) counts from: include/uapi/linux/fs.h.

/** The start. */
export const SEEK_SET = 0;
/** Where the file offset is. */
export const SEEK_CUR = 1;
/** The end. */
export const SEEK_END = 2;
/** The next data at or after the offset. */
export const SEEK_DATA = 3;
/** The next hole at or after the offset. */
export const SEEK_HOLE = 4;
