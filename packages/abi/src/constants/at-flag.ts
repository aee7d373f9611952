// Arguments of the calls that end in `at`: include/uapi/linux/fcntl.h.

/** In place of a directory's descriptor: the working directory. */
export const AT_FDCWD = -100;
/** Do not follow a last symbolic link. */
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** faccessat2(2): by the effective user. */
export const AT_EACCESS = 0x200;
/** unlinkat(2): a directory. */
export const AT_REMOVEDIR = 0x200;
/** linkat(2): follow a last symbolic link. */
export const AT_SYMLINK_FOLLOW = 0x400;
/** Mount nothing on the way. */
export const AT_NO_AUTOMOUNT = 0x800;
/** With an empty path: the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;
/** statx(2): mask of the three that follow. */
export const AT_STATX_SYNC_TYPE = 0x6000;
/** statx(2): as fresh as stat(2). */
export const AT_STATX_SYNC_AS_STAT = 0x0;
/** statx(2): fresh. */
export const AT_STATX_FORCE_SYNC = 0x2000;
/** statx(2): what is known. */
export const AT_STATX_DONT_SYNC = 0x4000;
/** The whole tree below. */
export const AT_RECURSIVE = 0x8000;
/** access(2): is it there? */
export const F_OK = 0;
/** access(2): may it be executed? */
export const X_OK = 1;
/** access(2): may it be written? */
export const W_OK = 2;
/** access(2): may it be read? */
export const R_OK = 4;
