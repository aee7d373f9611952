// Flags of send(2) and recv(2) and their relatives: include/linux/socket.h.

/** Urgent data. */
export const MSG_OOB = 0x1;
/** Read without taking away. */
export const MSG_PEEK = 0x2;
/** Send to directly attached networks only. */
export const MSG_DONTROUTE = 0x4;
/** DECnet name of {@link MSG_DONTROUTE}. */
export const MSG_TRYHARD = MSG_DONTROUTE;
/** Result: control messages were cut off. */
export const MSG_CTRUNC = 0x8;
/** Supply or ask for a second address. */
export const MSG_PROXY = 0x10;
/** Result: the datagram was cut off. Argument: return its real length; on TCP, discard the bytes. */
export const MSG_TRUNC = 0x20;
/** Do not block in this call. */
export const MSG_DONTWAIT = 0x40;
/** End of a record. */
export const MSG_EOR = 0x80;
/** Wait until the buffer is full, or the stream ends. */
export const MSG_WAITALL = 0x100;
/** End of a connection (SOCK_SEQPACKET). */
export const MSG_FIN = 0x200;
/** Start of a connection. */
export const MSG_SYN = 0x400;
/** The neighbour is known to be reachable. */
export const MSG_CONFIRM = 0x800;
/** Abort of a connection. */
export const MSG_RST = 0x1000;
/** Read from the error queue. */
export const MSG_ERRQUEUE = 0x2000;
/** No SIGPIPE: EPIPE only. */
export const MSG_NOSIGNAL = 0x4000;
/** More data will follow: hold back what does not fill a segment. */
export const MSG_MORE = 0x8000;
/** recvmmsg(2): block for the first message only. */
export const MSG_WAITFORONE = 0x10000;
/** sendmmsg(2): more messages follow. */
export const MSG_BATCH = 0x40000;
/** Send from user pages without copying. */
export const MSG_ZEROCOPY = 0x4000000;
/** Connect and send in one call (RFC 7413). */
export const MSG_FASTOPEN = 0x20000000;
/** Received descriptors close on exec. */
export const MSG_CMSG_CLOEXEC = 0x40000000;
