// Flags of getrandom(2): include/uapi/linux/random.h.

/** EAGAIN in place of blocking. */
export const GRND_NONBLOCK = 1;
/** As /dev/random. */
export const GRND_RANDOM = 2;
/** Even before there is enough entropy. */
export const GRND_INSECURE = 4;
