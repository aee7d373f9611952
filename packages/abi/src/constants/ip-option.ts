// Options at level `IPPROTO_IP`: include/uapi/linux/in.h; ip(7).

/** Type of service of what is sent. */
export const IP_TOS = 1;
/** Time to live of what is sent, 1 to 255; -1 for the default. */
export const IP_TTL = 2;
/** The sender of a raw socket writes the IP header. */
export const IP_HDRINCL = 3;
/** IP options to send. */
export const IP_OPTIONS = 4;
/** Take packets with the router alert option. */
export const IP_ROUTER_ALERT = 5;
/** Report received IP options. */
export const IP_RECVOPTS = 6;
/** Report received IP options as one would return them. */
export const IP_RETOPTS = 7;
/** BSD name of {@link IP_RETOPTS}. */
export const IP_RECVRETOPTS = IP_RETOPTS;
/** Report and choose interface and address per packet. */
export const IP_PKTINFO = 8;
/** Read only: control messages of a stream socket. */
export const IP_PKTOPTIONS = 9;
/** Path MTU discovery, `IP_PMTUDISC_*`. */
export const IP_MTU_DISCOVER = 10;
/** Queue ICMP errors for MSG_ERRQUEUE. */
export const IP_RECVERR = 11;
/** Report the time to live. */
export const IP_RECVTTL = 12;
/** Report the type of service. */
export const IP_RECVTOS = 13;
/** Read only: path MTU of a connected socket, in bytes. */
export const IP_MTU = 14;
/** Allow binding to an address that is not there yet. */
export const IP_FREEBIND = 15;
/** IPsec policy. */
export const IP_IPSEC_POLICY = 16;
/** IPsec policy in the xfrm form. */
export const IP_XFRM_POLICY = 17;
/** Report the peer's security context. */
export const IP_PASSSEC = 18;
/** Allow foreign local addresses; privileged. */
export const IP_TRANSPARENT = 19;
/** Report the destination before redirection. */
export const IP_ORIGDSTADDR = 20;
/** Same as {@link IP_ORIGDSTADDR}. */
export const IP_RECVORIGDSTADDR = IP_ORIGDSTADDR;
/** Drop packets with a smaller time to live (RFC 5082). */
export const IP_MINTTL = 21;
/** Do not reassemble (raw sockets). */
export const IP_NODEFRAG = 22;
/** Report the checksum. */
export const IP_CHECKSUM = 23;
/** bind(2) to port 0 leaves the port to connect(2). */
export const IP_BIND_ADDRESS_NO_PORT = 24;
/** Report the largest fragment. */
export const IP_RECVFRAGSIZE = 25;
/** Report extended ICMP errors (RFC 4884). */
export const IP_RECVERR_RFC4884 = 26;
/** Interface for outgoing multicasts. */
export const IP_MULTICAST_IF = 32;
/** Time to live of outgoing multicasts. */
export const IP_MULTICAST_TTL = 33;
/** Whether outgoing multicasts come back. */
export const IP_MULTICAST_LOOP = 34;
/** Join a group (`struct ip_mreqn`). */
export const IP_ADD_MEMBERSHIP = 35;
/** Leave a group. */
export const IP_DROP_MEMBERSHIP = 36;
/** Take a blocked source again. */
export const IP_UNBLOCK_SOURCE = 37;
/** Block a source of a group. */
export const IP_BLOCK_SOURCE = 38;
/** Join a group for one source. */
export const IP_ADD_SOURCE_MEMBERSHIP = 39;
/** Leave a group for one source. */
export const IP_DROP_SOURCE_MEMBERSHIP = 40;
/** Source filter of a group. */
export const IP_MSFILTER = 41;
/** Join a group of either family (RFC 3678). */
export const MCAST_JOIN_GROUP = 42;
/** Block a source of a group (RFC 3678). */
export const MCAST_BLOCK_SOURCE = 43;
/** Take a blocked source again (RFC 3678). */
export const MCAST_UNBLOCK_SOURCE = 44;
/** Leave a group (RFC 3678). */
export const MCAST_LEAVE_GROUP = 45;
/** Join a group for one source (RFC 3678). */
export const MCAST_JOIN_SOURCE_GROUP = 46;
/** Leave a group for one source (RFC 3678). */
export const MCAST_LEAVE_SOURCE_GROUP = 47;
/** Source filter of a group (RFC 3678). */
export const MCAST_MSFILTER = 48;
/** Filter mode: all sources but the listed ones (RFC 3678). */
export const MCAST_EXCLUDE = 0;
/** Filter mode: the listed sources only (RFC 3678). */
export const MCAST_INCLUDE = 1;
/** Take multicasts of groups that other sockets joined. */
export const IP_MULTICAST_ALL = 49;
/** Interface for outgoing unicasts. */
export const IP_UNICAST_IF = 50;
/** Range of ephemeral ports of this socket. */
export const IP_LOCAL_PORT_RANGE = 51;
/** Read only: protocol of a raw socket. */
export const IP_PROTOCOL = 52;
/** Old name of {@link IP_MTU_DISCOVER}. */
export const IP_PMTUDISC = IP_MTU_DISCOVER;
/** {@link IP_MTU_DISCOVER}: never set DF. */
export const IP_PMTUDISC_DONT = 0;
/** {@link IP_MTU_DISCOVER}: as the route says. */
export const IP_PMTUDISC_WANT = 1;
/** {@link IP_MTU_DISCOVER}: always set DF. */
export const IP_PMTUDISC_DO = 2;
/** {@link IP_MTU_DISCOVER}: set DF, ignore the path MTU. */
export const IP_PMTUDISC_PROBE = 3;
/** {@link IP_MTU_DISCOVER}: the interface's MTU, no DF, ICMP ignored. */
export const IP_PMTUDISC_INTERFACE = 4;
/** {@link IP_MTU_DISCOVER}: as INTERFACE, fragments allowed. */
export const IP_PMTUDISC_OMIT = 5;
/** Default of {@link IP_MULTICAST_TTL}. */
export const IP_DEFAULT_MULTICAST_TTL = 1;
/** Default of {@link IP_MULTICAST_LOOP}. */
export const IP_DEFAULT_MULTICAST_LOOP = 1;
