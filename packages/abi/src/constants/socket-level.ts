// Levels of getsockopt(2) and setsockopt(2): include/linux/socket.h.

/** IPv4 options, `IP_*`. */
export const SOL_IP = 0;
/** Options of any socket, `SO_*`. */
export const SOL_SOCKET = 1;
/** TCP options, `TCP_*`. */
export const SOL_TCP = 6;
/** UDP options, `UDP_*`. */
export const SOL_UDP = 17;
/** IPv6 options, `IPV6_*`. */
export const SOL_IPV6 = 41;
/** ICMPv6 options. */
export const SOL_ICMPV6 = 58;
/** SCTP options. */
export const SOL_SCTP = 132;
/** UDP-Lite options. */
export const SOL_UDPLITE = 136;
/** Raw socket options. */
export const SOL_RAW = 255;
/** DECnet options. */
export const SOL_DECNET = 261;
/** X.25 options. */
export const SOL_X25 = 262;
/** Packet socket options. */
export const SOL_PACKET = 263;
/** ATM cell layer options. */
export const SOL_ATM = 264;
/** ATM adaption layer options. */
export const SOL_AAL = 265;
/** Infrared options. */
export const SOL_IRDA = 266;
/** NetBEUI options. */
export const SOL_NETBEUI = 267;
/** LLC options. */
export const SOL_LLC = 268;
/** DCCP options. */
export const SOL_DCCP = 269;
/** Netlink options. */
export const SOL_NETLINK = 270;
/** TIPC options. */
export const SOL_TIPC = 271;
/** RxRPC options. */
export const SOL_RXRPC = 272;
/** PPP over L2TP options. */
export const SOL_PPPOL2TP = 273;
/** Bluetooth options. */
export const SOL_BLUETOOTH = 274;
/** Phonet pipe options. */
export const SOL_PNPIPE = 275;
/** RDS options. */
export const SOL_RDS = 276;
/** IUCV options. */
export const SOL_IUCV = 277;
/** CAIF options. */
export const SOL_CAIF = 278;
/** Kernel cryptography options. */
export const SOL_ALG = 279;
/** NFC options. */
export const SOL_NFC = 280;
/** KCM options. */
export const SOL_KCM = 281;
/** Kernel TLS options. */
export const SOL_TLS = 282;
/** XDP options. */
export const SOL_XDP = 283;
/** Multipath TCP options. */
export const SOL_MPTCP = 284;
/** MCTP options. */
export const SOL_MCTP = 285;
/** SMC options. */
export const SOL_SMC = 286;
/** vsock options. */
export const SOL_VSOCK = 287;
