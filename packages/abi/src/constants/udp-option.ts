// Options at level `IPPROTO_UDP`: include/uapi/linux/udp.h.

/** Gather what is sent into one datagram until cleared. */
export const UDP_CORK = 1;
/** Take encapsulated packets (`UDP_ENCAP_*`). */
export const UDP_ENCAP = 100;
/** Send without a checksum over IPv6. */
export const UDP_NO_CHECK6_TX = 101;
/** Accept missing checksums over IPv6. */
export const UDP_NO_CHECK6_RX = 102;
/** Bytes of a segment: cut one send into datagrams. */
export const UDP_SEGMENT = 103;
/** Take several datagrams in one receive. */
export const UDP_GRO = 104;
