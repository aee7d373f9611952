// Events of poll(2): include/uapi/asm-generic/poll.h.

/** Reading will not block. */
export const POLLIN = 0x1;
/** Urgent data. */
export const POLLPRI = 0x2;
/** Writing will not block. */
export const POLLOUT = 0x4;
/** An error is pending. Always reported, never asked for. */
export const POLLERR = 0x8;
/** Both directions have ended. Always reported, never asked for. */
export const POLLHUP = 0x10;
/** The descriptor is not open. Always reported, never asked for. */
export const POLLNVAL = 0x20;
/** As {@link POLLIN}. */
export const POLLRDNORM = 0x40;
/** Out-of-band data can be read. */
export const POLLRDBAND = 0x80;
/** As {@link POLLOUT}. */
export const POLLWRNORM = 0x100;
/** Out-of-band data can be written. */
export const POLLWRBAND = 0x200;
/** A message is there; unused in Linux. */
export const POLLMSG = 0x400;
/** Solaris /dev/poll; unused in Linux. */
export const POLLREMOVE = 0x1000;
/** The peer will send no more. */
export const POLLRDHUP = 0x2000;
