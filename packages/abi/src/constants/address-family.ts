// Address families of socket(2), Linux `AF_*`: include/linux/socket.h. The kernel knows no other name for the domain.

/** No family: "any" in a lookup, "dissolve the association" in connect. */
export const AF_UNSPEC = 0;
/** Sockets between processes of one host. */
export const AF_UNIX = 1;
/** POSIX name of {@link AF_UNIX}. */
export const AF_LOCAL = AF_UNIX;
/** Old name of {@link AF_UNIX}. */
export const AF_FILE = AF_UNIX;
/** IPv4. */
export const AF_INET = 2;
/** Amateur radio AX.25. */
export const AF_AX25 = 3;
/** Novell IPX. */
export const AF_IPX = 4;
/** AppleTalk DDP. */
export const AF_APPLETALK = 5;
/** Amateur radio NET/ROM. */
export const AF_NETROM = 6;
/** Multi-protocol bridge. */
export const AF_BRIDGE = 7;
/** ATM permanent virtual circuits. */
export const AF_ATMPVC = 8;
/** X.25. */
export const AF_X25 = 9;
/** IPv6. */
export const AF_INET6 = 10;
/** Amateur radio X.25 packet layer. */
export const AF_ROSE = 11;
/** DECnet. */
export const AF_DECnet = 12;
/** 802.2 LLC, reserved. */
export const AF_NETBEUI = 13;
/** Security call-back, a pseudo family. */
export const AF_SECURITY = 14;
/** Key management (PF_KEY). */
export const AF_KEY = 15;
/** Messages between kernel and programs. */
export const AF_NETLINK = 16;
/** BSD name that Linux maps to {@link AF_NETLINK}. */
export const AF_ROUTE = AF_NETLINK;
/** Link-layer packets. */
export const AF_PACKET = 17;
/** Ash. */
export const AF_ASH = 18;
/** Acorn Econet. */
export const AF_ECONET = 19;
/** ATM switched virtual circuits. */
export const AF_ATMSVC = 20;
/** Reliable datagram sockets. */
export const AF_RDS = 21;
/** IBM SNA. */
export const AF_SNA = 22;
/** Infrared. */
export const AF_IRDA = 23;
/** PPP over anything. */
export const AF_PPPOX = 24;
/** Wanpipe. */
export const AF_WANPIPE = 25;
/** IEEE 802.2 LLC. */
export const AF_LLC = 26;
/** Native InfiniBand addresses. */
export const AF_IB = 27;
/** MPLS. */
export const AF_MPLS = 28;
/** Controller area network. */
export const AF_CAN = 29;
/** TIPC. */
export const AF_TIPC = 30;
/** Bluetooth. */
export const AF_BLUETOOTH = 31;
/** IUCV (z/VM). */
export const AF_IUCV = 32;
/** RxRPC. */
export const AF_RXRPC = 33;
/** mISDN. */
export const AF_ISDN = 34;
/** Phonet. */
export const AF_PHONET = 35;
/** IEEE 802.15.4. */
export const AF_IEEE802154 = 36;
/** CAIF. */
export const AF_CAIF = 37;
/** Kernel cryptography. */
export const AF_ALG = 38;
/** Near-field communication. */
export const AF_NFC = 39;
/** Between a virtual machine and its host. */
export const AF_VSOCK = 40;
/** Kernel connection multiplexer. */
export const AF_KCM = 41;
/** Qualcomm IPC router. */
export const AF_QIPCRTR = 42;
/** Shared memory communications. */
export const AF_SMC = 43;
/** Express data path. */
export const AF_XDP = 44;
/** Management component transport protocol. */
export const AF_MCTP = 45;
/** One more than the largest family (Linux 6.x). */
export const AF_MAX = 46;
