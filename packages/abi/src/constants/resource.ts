// Resources of getrlimit(2) and subjects of getrusage(2): include/uapi/asm-generic/resource.h,
// include/uapi/linux/resource.h.

/** Processor time, in seconds. */
export const RLIMIT_CPU = 0;
/** Size of a file, in bytes. */
export const RLIMIT_FSIZE = 1;
/** Data segment, in bytes. */
export const RLIMIT_DATA = 2;
/** Stack, in bytes. */
export const RLIMIT_STACK = 3;
/** Core dump, in bytes. */
export const RLIMIT_CORE = 4;
/** Resident pages; no effect. */
export const RLIMIT_RSS = 5;
/** Threads of the user. */
export const RLIMIT_NPROC = 6;
/** One more than the highest descriptor. */
export const RLIMIT_NOFILE = 7;
/** Locked memory, in bytes. */
export const RLIMIT_MEMLOCK = 8;
/** Address space, in bytes. */
export const RLIMIT_AS = 9;
/** File locks; no effect. */
export const RLIMIT_LOCKS = 10;
/** Queued signals. */
export const RLIMIT_SIGPENDING = 11;
/** POSIX message queues, in bytes. */
export const RLIMIT_MSGQUEUE = 12;
/** 20 minus the lowest nice value. */
export const RLIMIT_NICE = 13;
/** Real-time priority. */
export const RLIMIT_RTPRIO = 14;
/** Real-time processor time without a blocking call, in microseconds. */
export const RLIMIT_RTTIME = 15;
/** Number of resources. */
export const RLIM_NLIMITS = 16;
/** The process. */
export const RUSAGE_SELF = 0;
/** Its children that were waited for. */
export const RUSAGE_CHILDREN = -1;
/** The thread. */
export const RUSAGE_THREAD = 1;
