// Signals, and arguments of calls about them: include/uapi/asm-generic/signal-defs.h,
// arch/x86/include/uapi/asm/signal.h; signal(7).

/** Terminal hung up, or controlling process ended. */
export const SIGHUP = 1;
/** Interrupt from the keyboard. */
export const SIGINT = 2;
/** Quit from the keyboard; dumps core. */
export const SIGQUIT = 3;
/** Illegal instruction. */
export const SIGILL = 4;
/** Breakpoint or trace. */
export const SIGTRAP = 5;
/** abort(3). */
export const SIGABRT = 6;
/** Old name of {@link SIGABRT}. */
export const SIGIOT = SIGABRT;
/** Bad memory access: nothing behind the address. */
export const SIGBUS = 7;
/** Arithmetic error. */
export const SIGFPE = 8;
/** Kill; cannot be caught. */
export const SIGKILL = 9;
/** Free for programs. */
export const SIGUSR1 = 10;
/** Invalid memory reference. */
export const SIGSEGV = 11;
/** Free for programs. */
export const SIGUSR2 = 12;
/** Writing where nobody reads. */
export const SIGPIPE = 13;
/** alarm(2). */
export const SIGALRM = 14;
/** Please end. */
export const SIGTERM = 15;
/** Unused. */
export const SIGSTKFLT = 16;
/** A child stopped or ended. */
export const SIGCHLD = 17;
/** Go on. */
export const SIGCONT = 18;
/** Stop; cannot be caught. */
export const SIGSTOP = 19;
/** Stop from the keyboard. */
export const SIGTSTP = 20;
/** Background process reads the terminal. */
export const SIGTTIN = 21;
/** Background process writes to the terminal. */
export const SIGTTOU = 22;
/** Urgent data on a socket. */
export const SIGURG = 23;
/** RLIMIT_CPU is reached. */
export const SIGXCPU = 24;
/** RLIMIT_FSIZE is reached. */
export const SIGXFSZ = 25;
/** ITIMER_VIRTUAL. */
export const SIGVTALRM = 26;
/** ITIMER_PROF. */
export const SIGPROF = 27;
/** The window's size changed. */
export const SIGWINCH = 28;
/** Input or output is possible. */
export const SIGIO = 29;
/** Name of {@link SIGIO} in System V. */
export const SIGPOLL = SIGIO;
/** Power failure. */
export const SIGPWR = 30;
/** Bad system call (seccomp). */
export const SIGSYS = 31;
/** rt_sigprocmask(2): add to the blocked ones. */
export const SIG_BLOCK = 0;
/** rt_sigprocmask(2): take from the blocked ones. */
export const SIG_UNBLOCK = 1;
/** rt_sigprocmask(2): these are the blocked ones. */
export const SIG_SETMASK = 2;
/** The signal's default action. */
export const SIG_DFL = 0;
/** Ignore the signal. */
export const SIG_IGN = 1;
/** No SIGCHLD when children stop. */
export const SA_NOCLDSTOP = 0x1;
/** Children leave no zombies. */
export const SA_NOCLDWAIT = 0x2;
/** The handler takes three arguments. */
export const SA_SIGINFO = 0x4;
/** `sa_restorer` is set; x86-64 needs it. */
export const SA_RESTORER = 0x4000000;
/** On the stack of sigaltstack(2). */
export const SA_ONSTACK = 0x8000000;
/** Restart interrupted calls. */
export const SA_RESTART = 0x10000000;
/** Do not block the signal while it is handled. */
export const SA_NODEFER = 0x40000000;
/** Back to the default action first. Unsigned here. */
export const SA_RESETHAND = 0x80000000;
/** sigaltstack(2): running on it now. */
export const SS_ONSTACK = 1;
/** sigaltstack(2): none. */
export const SS_DISABLE = 2;
/** Smallest alternative stack, in bytes. */
export const MINSIGSTKSZ = 2048;
/** Usual alternative stack, in bytes. */
export const SIGSTKSZ = 8192;
/** sigevent(3): send a signal. */
export const SIGEV_SIGNAL = 0;
/** sigevent(3): do nothing. */
export const SIGEV_NONE = 1;
/** sigevent(3): start a thread (the C library does). */
export const SIGEV_THREAD = 2;
/** sigevent(3): signal to one thread. */
export const SIGEV_THREAD_ID = 4;
/** signalfd4(2): close on exec. */
export const SFD_CLOEXEC = 0o2000000;
/** signalfd4(2): EAGAIN in place of blocking. */
export const SFD_NONBLOCK = 0o4000;
/** eventfd2(2): a read takes 1. */
export const EFD_SEMAPHORE = 1;
/** eventfd2(2): close on exec. */
export const EFD_CLOEXEC = 0o2000000;
/** eventfd2(2): EAGAIN in place of blocking. */
export const EFD_NONBLOCK = 0o4000;
