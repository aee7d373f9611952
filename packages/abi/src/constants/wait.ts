// Options of wait4(2) and waitid(2): include/uapi/linux/wait.h.

/** Answer 0 in place of blocking. */
export const WNOHANG = 0x1;
/** Also children that have stopped. */
export const WUNTRACED = 0x2;
/** waitid(2): children that have stopped. */
export const WSTOPPED = WUNTRACED;
/** waitid(2): children that have ended. */
export const WEXITED = 0x4;
/** Also children that go on after SIGCONT. */
export const WCONTINUED = 0x8;
/** Leave the child to be waited for again. */
export const WNOWAIT = 0x1000000;
/** Children of this thread alone. */
export const __WNOTHREAD = 0x20000000;
/** All children, whatever signal they end with. */
export const __WALL = 0x40000000;
/** Only children that end with another signal than SIGCHLD. Unsigned here. */
export const __WCLONE = 0x80000000;
/** waitid(2): any child. */
export const P_ALL = 0;
/** waitid(2): the child with that pid. */
export const P_PID = 1;
/** waitid(2): any child in that process group. */
export const P_PGID = 2;
/** waitid(2): the child behind that descriptor. */
export const P_PIDFD = 3;
