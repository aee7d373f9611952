// Flags of clone(2), unshare(2) and setns(2): include/uapi/linux/sched.h. Policies of sched_setscheduler(2).

/** Mask of the signal that is sent when the child ends. */
export const CSIGNAL = 0xff;
/** New time namespace. */
export const CLONE_NEWTIME = 0x80;
/** Share memory. */
export const CLONE_VM = 0x100;
/** Share root, working directory, umask. */
export const CLONE_FS = 0x200;
/** Share descriptors. */
export const CLONE_FILES = 0x400;
/** Share signal handlers. */
export const CLONE_SIGHAND = 0x800;
/** Store a descriptor of the child. */
export const CLONE_PIDFD = 0x1000;
/** Trace the child as well. */
export const CLONE_PTRACE = 0x2000;
/** Wait until the child lets go of memory. */
export const CLONE_VFORK = 0x4000;
/** The child's parent is the caller's. */
export const CLONE_PARENT = 0x8000;
/** Same thread group. */
export const CLONE_THREAD = 0x10000;
/** New mount namespace. */
export const CLONE_NEWNS = 0x20000;
/** Share semaphore undo values. */
export const CLONE_SYSVSEM = 0x40000;
/** Set FS base. */
export const CLONE_SETTLS = 0x80000;
/** Store the child's thread id in the parent's memory. */
export const CLONE_PARENT_SETTID = 0x100000;
/** Clear it in the child's memory, and wake a futex there, when it ends. */
export const CLONE_CHILD_CLEARTID = 0x200000;
/** Ignored. */
export const CLONE_DETACHED = 0x400000;
/** Nobody can force {@link CLONE_PTRACE}. */
export const CLONE_UNTRACED = 0x800000;
/** Store it in the child's memory. */
export const CLONE_CHILD_SETTID = 0x1000000;
/** New cgroup namespace. */
export const CLONE_NEWCGROUP = 0x2000000;
/** New host name. */
export const CLONE_NEWUTS = 0x4000000;
/** New IPC namespace. */
export const CLONE_NEWIPC = 0x8000000;
/** New user namespace. */
export const CLONE_NEWUSER = 0x10000000;
/** New process namespace. */
export const CLONE_NEWPID = 0x20000000;
/** New network namespace. */
export const CLONE_NEWNET = 0x40000000;
/** Share the I/O context. Unsigned here. */
export const CLONE_IO = 0x80000000;
/** Usual time sharing. */
export const SCHED_OTHER = 0;
/** Real time, first in, first out. */
export const SCHED_FIFO = 1;
/** Real time, round robin. */
export const SCHED_RR = 2;
/** Time sharing for long work. */
export const SCHED_BATCH = 3;
/** When there is nothing else. */
export const SCHED_IDLE = 5;
/** Earliest deadline first. */
export const SCHED_DEADLINE = 6;
