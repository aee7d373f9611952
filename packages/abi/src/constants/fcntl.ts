// Commands of fcntl(2): include/uapi/asm-generic/fcntl.h and include/uapi/linux/fcntl.h.

/** Duplicate to the lowest descriptor not below the argument. */
export const F_DUPFD = 0;
/** Read the descriptor's flags ({@link FD_CLOEXEC}). */
export const F_GETFD = 1;
/** Set the descriptor's flags. */
export const F_SETFD = 2;
/** Read the status flags (`O_*`). */
export const F_GETFL = 3;
/** Set the status flags. */
export const F_SETFL = 4;
/** Read a record lock. */
export const F_GETLK = 5;
/** Set a record lock. */
export const F_SETLK = 6;
/** Set a record lock, waiting. */
export const F_SETLKW = 7;
/** Set who gets SIGIO and SIGURG. */
export const F_SETOWN = 8;
/** Read who gets SIGIO and SIGURG. */
export const F_GETOWN = 9;
/** Set the signal in place of SIGIO. */
export const F_SETSIG = 10;
/** Read the signal in place of SIGIO. */
export const F_GETSIG = 11;
/** {@link F_SETOWN} with a thread, process or group. */
export const F_SETOWN_EX = 15;
/** {@link F_GETOWN} with a thread, process or group. */
export const F_GETOWN_EX = 16;
/** Read a lock of the open file description. */
export const F_OFD_GETLK = 36;
/** Set a lock of the open file description. */
export const F_OFD_SETLK = 37;
/** Set a lock of the open file description, waiting. */
export const F_OFD_SETLKW = 38;
/** Set a lease. */
export const F_SETLEASE = 1024;
/** Read the lease. */
export const F_GETLEASE = 1025;
/** Ask for notification of changes in a directory. */
export const F_NOTIFY = 1026;
/** {@link F_DUPFD} with close on exec. */
export const F_DUPFD_CLOEXEC = 1030;
/** Set a pipe's capacity in bytes. */
export const F_SETPIPE_SZ = 1031;
/** Read a pipe's capacity in bytes. */
export const F_GETPIPE_SZ = 1032;
/** Add seals to a file in memory. */
export const F_ADD_SEALS = 1033;
/** Read the seals. */
export const F_GET_SEALS = 1034;
/** Descriptor flag: close on exec. */
export const FD_CLOEXEC = 1;
