// `si_code` of a siginfo_t, which says why a signal came: include/uapi/asm-generic/siginfo.h; sigaction(2).

/** kill(2). */
export const SI_USER = 0;
/** The kernel. */
export const SI_KERNEL = 128;
/** sigqueue(3). */
export const SI_QUEUE = -1;
/** A POSIX timer. */
export const SI_TIMER = -2;
/** A message queue. */
export const SI_MESGQ = -3;
/** Asynchronous input or output ended. */
export const SI_ASYNCIO = -4;
/** SIGIO in a queue. */
export const SI_SIGIO = -5;
/** tkill(2) or tgkill(2). */
export const SI_TKILL = -6;
/** SIGILL: opcode. */
export const ILL_ILLOPC = 1;
/** SIGILL: operand. */
export const ILL_ILLOPN = 2;
/** SIGILL: addressing mode. */
export const ILL_ILLADR = 3;
/** SIGILL: trap. */
export const ILL_ILLTRP = 4;
/** SIGILL: privileged opcode. */
export const ILL_PRVOPC = 5;
/** SIGILL: privileged register. */
export const ILL_PRVREG = 6;
/** SIGILL: coprocessor. */
export const ILL_COPROC = 7;
/** SIGILL: internal stack. */
export const ILL_BADSTK = 8;
/** SIGFPE: integer division by zero. */
export const FPE_INTDIV = 1;
/** SIGFPE: integer overflow. */
export const FPE_INTOVF = 2;
/** SIGFPE: floating-point division by zero. */
export const FPE_FLTDIV = 3;
/** SIGFPE: floating-point overflow. */
export const FPE_FLTOVF = 4;
/** SIGFPE: floating-point underflow. */
export const FPE_FLTUND = 5;
/** SIGFPE: inexact result. */
export const FPE_FLTRES = 6;
/** SIGFPE: invalid operation. */
export const FPE_FLTINV = 7;
/** SIGFPE: subscript out of range. */
export const FPE_FLTSUB = 8;
/** SIGSEGV: nothing is mapped there. */
export const SEGV_MAPERR = 1;
/** SIGSEGV: the mapping does not permit it. */
export const SEGV_ACCERR = 2;
/** SIGSEGV: bounds. */
export const SEGV_BNDERR = 3;
/** SIGSEGV: protection key. */
export const SEGV_PKUERR = 4;
/** SIGBUS: alignment. */
export const BUS_ADRALN = 1;
/** SIGBUS: no such physical address. */
export const BUS_ADRERR = 2;
/** SIGBUS: hardware error. */
export const BUS_OBJERR = 3;
/** SIGBUS: memory error that was used. */
export const BUS_MCEERR_AR = 4;
/** SIGBUS: memory error that was found. */
export const BUS_MCEERR_AO = 5;
/** SIGTRAP: breakpoint. */
export const TRAP_BRKPT = 1;
/** SIGTRAP: trace. */
export const TRAP_TRACE = 2;
/** SIGCHLD: exited. */
export const CLD_EXITED = 1;
/** SIGCHLD: killed by a signal. */
export const CLD_KILLED = 2;
/** SIGCHLD: killed by a signal, with a core dump. */
export const CLD_DUMPED = 3;
/** SIGCHLD: a traced child trapped. */
export const CLD_TRAPPED = 4;
/** SIGCHLD: stopped. */
export const CLD_STOPPED = 5;
/** SIGCHLD: goes on. */
export const CLD_CONTINUED = 6;
/** SIGIO: data can be read. */
export const POLL_IN = 1;
/** SIGIO: data can be written. */
export const POLL_OUT = 2;
/** SIGIO: a message can be read. */
export const POLL_MSG = 3;
/** SIGIO: error. */
export const POLL_ERR = 4;
/** SIGIO: urgent data. */
export const POLL_PRI = 5;
/** SIGIO: hung up. */
export const POLL_HUP = 6;
