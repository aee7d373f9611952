// The more common operations of prctl(2): include/uapi/linux/prctl.h.

/** Signal for when the parent ends. */
export const PR_SET_PDEATHSIG = 1;
/** Store that signal. */
export const PR_GET_PDEATHSIG = 2;
/** Whether there will be a core dump. */
export const PR_GET_DUMPABLE = 3;
/** Set whether. */
export const PR_SET_DUMPABLE = 4;
/** Set the thread's name: 16 bytes with the zero. */
export const PR_SET_NAME = 15;
/** Store it. */
export const PR_GET_NAME = 16;
/** Seccomp's mode. */
export const PR_GET_SECCOMP = 21;
/** Set it. */
export const PR_SET_SECCOMP = 22;
/** Whether a capability is in the bounding set. */
export const PR_CAPBSET_READ = 23;
/** Drop it from there. */
export const PR_CAPBSET_DROP = 24;
/** Set the slack of timers, in nanoseconds. */
export const PR_SET_TIMERSLACK = 29;
/** The slack of timers. */
export const PR_GET_TIMERSLACK = 30;
/** Adopt orphans below. */
export const PR_SET_CHILD_SUBREAPER = 36;
/** Store whether. */
export const PR_GET_CHILD_SUBREAPER = 37;
/** execve(2) gives no more rights from now on. */
export const PR_SET_NO_NEW_PRIVS = 38;
/** Whether. */
export const PR_GET_NO_NEW_PRIVS = 39;
/** Name a region ({@link PR_SET_VMA_ANON_NAME}). */
export const PR_SET_VMA = 1398164801;
/** Second argument of {@link PR_SET_VMA}. */
export const PR_SET_VMA_ANON_NAME = 0;
