// Clocks and timers: include/uapi/linux/time.h, timerfd.h.

/** Wall clock; may be set. */
export const CLOCK_REALTIME = 0;
/** Time since a start that is not said; never goes back. */
export const CLOCK_MONOTONIC = 1;
/** Processor time of the process. */
export const CLOCK_PROCESS_CPUTIME_ID = 2;
/** Processor time of the thread. */
export const CLOCK_THREAD_CPUTIME_ID = 3;
/** {@link CLOCK_MONOTONIC} that nobody adjusts. */
export const CLOCK_MONOTONIC_RAW = 4;
/** {@link CLOCK_REALTIME} of the last tick. */
export const CLOCK_REALTIME_COARSE = 5;
/** {@link CLOCK_MONOTONIC} of the last tick. */
export const CLOCK_MONOTONIC_COARSE = 6;
/** {@link CLOCK_MONOTONIC} and the time asleep. */
export const CLOCK_BOOTTIME = 7;
/** {@link CLOCK_REALTIME} whose timers wake the system. */
export const CLOCK_REALTIME_ALARM = 8;
/** {@link CLOCK_BOOTTIME} whose timers wake the system. */
export const CLOCK_BOOTTIME_ALARM = 9;
/** Atomic time: without leap seconds. */
export const CLOCK_TAI = 11;
/** The time is a date, not a duration. */
export const TIMER_ABSTIME = 1;
/** setitimer(2): real time, SIGALRM. */
export const ITIMER_REAL = 0;
/** setitimer(2): time in the program, SIGVTALRM. */
export const ITIMER_VIRTUAL = 1;
/** setitimer(2): time in the program and in the kernel for it, SIGPROF. */
export const ITIMER_PROF = 2;
/** timerfd_settime(2): the time is a date. */
export const TFD_TIMER_ABSTIME = 1;
/** timerfd_settime(2): ECANCELED when the wall clock is set. */
export const TFD_TIMER_CANCEL_ON_SET = 2;
/** timerfd_create(2): close on exec. */
export const TFD_CLOEXEC = 0o2000000;
/** timerfd_create(2): EAGAIN in place of blocking. */
export const TFD_NONBLOCK = 0o4000;
