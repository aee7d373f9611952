// Operations of futex(2): include/uapi/linux/futex.h.

/** Wait while the word has that value. */
export const FUTEX_WAIT = 0;
/** Wake so many. */
export const FUTEX_WAKE = 1;
/** Gone since Linux 2.6.26. */
export const FUTEX_FD = 2;
/** Wake some, move others to a second word. */
export const FUTEX_REQUEUE = 3;
/** {@link FUTEX_REQUEUE} if the word has that value. */
export const FUTEX_CMP_REQUEUE = 4;
/** Change a second word, and wake there as well. */
export const FUTEX_WAKE_OP = 5;
/** Lock, with priority inheritance. */
export const FUTEX_LOCK_PI = 6;
/** Unlock. */
export const FUTEX_UNLOCK_PI = 7;
/** Lock if it is free. */
export const FUTEX_TRYLOCK_PI = 8;
/** {@link FUTEX_WAIT} with a mask and a date. */
export const FUTEX_WAIT_BITSET = 9;
/** {@link FUTEX_WAKE} with a mask. */
export const FUTEX_WAKE_BITSET = 10;
/** Wait, to be moved to a lock. */
export const FUTEX_WAIT_REQUEUE_PI = 11;
/** Move waiters to a lock. */
export const FUTEX_CMP_REQUEUE_PI = 12;
/** {@link FUTEX_LOCK_PI} with a choice of clocks. */
export const FUTEX_LOCK_PI2 = 13;
/** The word is not shared with other processes. */
export const FUTEX_PRIVATE_FLAG = 128;
/** The timeout is of CLOCK_REALTIME. */
export const FUTEX_CLOCK_REALTIME = 256;
/** All bits. Unsigned here. */
export const FUTEX_BITSET_MATCH_ANY = 0xffffffff;
/** In the word: somebody waits. Unsigned here. */
export const FUTEX_WAITERS = 0x80000000;
/** In the word: its owner ended. */
export const FUTEX_OWNER_DIED = 0x40000000;
/** In the word: its owner. */
export const FUTEX_TID_MASK = 0x3fffffff;
