// Types of socket(2), and the two flags that may be ORed in: include/linux/net.h.

/** Ordered, reliable bytes over a connection. */
export const SOCK_STREAM = 1;
/** Datagrams without a connection. */
export const SOCK_DGRAM = 2;
/** Raw access to a network protocol. */
export const SOCK_RAW = 3;
/** Reliable datagrams, unordered. */
export const SOCK_RDM = 4;
/** Ordered, reliable records over a connection. */
export const SOCK_SEQPACKET = 5;
/** Datagram congestion control protocol. */
export const SOCK_DCCP = 6;
/** Link-layer packets; obsolete, see `AF_PACKET`. */
export const SOCK_PACKET = 10;
/** Flag: the new descriptor is non-blocking (equals `O_NONBLOCK`). */
export const SOCK_NONBLOCK = 0o4000;
/** Flag: the new descriptor closes on exec (equals `O_CLOEXEC`). */
export const SOCK_CLOEXEC = 0o2000000;
/** What remains of the `type` argument when the flags are masked off. */
export const SOCK_TYPE_MASK = 0xf;
