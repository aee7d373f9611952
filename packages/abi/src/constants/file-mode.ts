// `st_mode` of a file, and `d_type` of a directory's entry: include/uapi/linux/stat.h; inode(7), readdir(3).

/** Mask of the type. */
export const S_IFMT = 0o170000;
/** Socket. */
export const S_IFSOCK = 0o140000;
/** Symbolic link. */
export const S_IFLNK = 0o120000;
/** Regular file. */
export const S_IFREG = 0o100000;
/** Block device. */
export const S_IFBLK = 0o60000;
/** Directory. */
export const S_IFDIR = 0o40000;
/** Character device. */
export const S_IFCHR = 0o20000;
/** Pipe. */
export const S_IFIFO = 0o10000;
/** Set user on execution. */
export const S_ISUID = 0o4000;
/** Set group on execution. */
export const S_ISGID = 0o2000;
/** Sticky. */
export const S_ISVTX = 0o1000;
/** Owner: all. */
export const S_IRWXU = 0o700;
/** Owner: read. */
export const S_IRUSR = 0o400;
/** Owner: write. */
export const S_IWUSR = 0o200;
/** Owner: execute. */
export const S_IXUSR = 0o100;
/** Group: all. */
export const S_IRWXG = 0o70;
/** Group: read. */
export const S_IRGRP = 0o40;
/** Group: write. */
export const S_IWGRP = 0o20;
/** Group: execute. */
export const S_IXGRP = 0o10;
/** Others: all. */
export const S_IRWXO = 0o7;
/** Others: read. */
export const S_IROTH = 0o4;
/** Others: write. */
export const S_IWOTH = 0o2;
/** Others: execute. */
export const S_IXOTH = 0o1;
/** Not known. */
export const DT_UNKNOWN = 0;
/** Pipe. */
export const DT_FIFO = 1;
/** Character device. */
export const DT_CHR = 2;
/** Directory. */
export const DT_DIR = 4;
/** Block device. */
export const DT_BLK = 6;
/** Regular file. */
export const DT_REG = 8;
/** Symbolic link. */
export const DT_LNK = 10;
/** Socket. */
export const DT_SOCK = 12;
