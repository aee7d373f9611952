// Options at level `IPPROTO_IPV6`: include/uapi/linux/in6.h; RFC 3493 and RFC 3542.

/** Turn the socket into an IPv4 one. */
export const IPV6_ADDRFORM = 1;
/** {@link IPV6_PKTINFO} as RFC 2292 had it. */
export const IPV6_2292PKTINFO = 2;
/** {@link IPV6_HOPOPTS} as RFC 2292 had it. */
export const IPV6_2292HOPOPTS = 3;
/** {@link IPV6_DSTOPTS} as RFC 2292 had it. */
export const IPV6_2292DSTOPTS = 4;
/** {@link IPV6_RTHDR} as RFC 2292 had it. */
export const IPV6_2292RTHDR = 5;
/** All options of a packet, as RFC 2292 had it. */
export const IPV6_2292PKTOPTIONS = 6;
/** Offset of the checksum in a raw socket's data. */
export const IPV6_CHECKSUM = 7;
/** {@link IPV6_HOPLIMIT} as RFC 2292 had it. */
export const IPV6_2292HOPLIMIT = 8;
/** Next hop of what is sent. */
export const IPV6_NEXTHOP = 9;
/** Authentication header; obsolete. */
export const IPV6_AUTHHDR = 10;
/** Report the flow information. */
export const IPV6_FLOWINFO = 11;
/** Hop limit of what is sent; -1 for the default. */
export const IPV6_UNICAST_HOPS = 16;
/** Interface for outgoing multicasts. */
export const IPV6_MULTICAST_IF = 17;
/** Hop limit of outgoing multicasts. */
export const IPV6_MULTICAST_HOPS = 18;
/** Whether outgoing multicasts come back. */
export const IPV6_MULTICAST_LOOP = 19;
/** Join a group. */
export const IPV6_ADD_MEMBERSHIP = 20;
/** RFC 3493 name of {@link IPV6_ADD_MEMBERSHIP}. */
export const IPV6_JOIN_GROUP = IPV6_ADD_MEMBERSHIP;
/** Leave a group. */
export const IPV6_DROP_MEMBERSHIP = 21;
/** RFC 3493 name of {@link IPV6_DROP_MEMBERSHIP}. */
export const IPV6_LEAVE_GROUP = IPV6_DROP_MEMBERSHIP;
/** Take packets with the router alert option. */
export const IPV6_ROUTER_ALERT = 22;
/** Path MTU discovery, `IPV6_PMTUDISC_*`. */
export const IPV6_MTU_DISCOVER = 23;
/** Path MTU in bytes. */
export const IPV6_MTU = 24;
/** Queue ICMPv6 errors for MSG_ERRQUEUE. */
export const IPV6_RECVERR = 25;
/** No IPv4 on this socket. */
export const IPV6_V6ONLY = 26;
/** Take packets of an anycast address. */
export const IPV6_JOIN_ANYCAST = 27;
/** Leave an anycast address. */
export const IPV6_LEAVE_ANYCAST = 28;
/** Take multicasts of groups that other sockets joined. */
export const IPV6_MULTICAST_ALL = 29;
/** Keep router alerts inside the network namespace. */
export const IPV6_ROUTER_ALERT_ISOLATE = 30;
/** Report extended ICMPv6 errors (RFC 4884). */
export const IPV6_RECVERR_RFC4884 = 31;
/** Manage flow labels. */
export const IPV6_FLOWLABEL_MGR = 32;
/** Send the flow information of the address. */
export const IPV6_FLOWINFO_SEND = 33;
/** IPsec policy. */
export const IPV6_IPSEC_POLICY = 34;
/** IPsec policy in the xfrm form. */
export const IPV6_XFRM_POLICY = 35;
/** The sender of a raw socket writes the IPv6 header. */
export const IPV6_HDRINCL = 36;
/** Report interface and destination. */
export const IPV6_RECVPKTINFO = 49;
/** Choose interface and source. */
export const IPV6_PKTINFO = 50;
/** Report the hop limit. */
export const IPV6_RECVHOPLIMIT = 51;
/** Control message: hop limit. */
export const IPV6_HOPLIMIT = 52;
/** Report hop-by-hop options. */
export const IPV6_RECVHOPOPTS = 53;
/** Hop-by-hop options to send. */
export const IPV6_HOPOPTS = 54;
/** Destination options before the routing header. */
export const IPV6_RTHDRDSTOPTS = 55;
/** Report the routing header. */
export const IPV6_RECVRTHDR = 56;
/** Routing header to send. */
export const IPV6_RTHDR = 57;
/** Report destination options. */
export const IPV6_RECVDSTOPTS = 58;
/** Destination options to send. */
export const IPV6_DSTOPTS = 59;
/** Report changes of the path MTU. */
export const IPV6_RECVPATHMTU = 60;
/** Read only: path MTU. */
export const IPV6_PATHMTU = 61;
/** Do not fragment what is sent. */
export const IPV6_DONTFRAG = 62;
/** Report the traffic class. */
export const IPV6_RECVTCLASS = 66;
/** Traffic class of what is sent. */
export const IPV6_TCLASS = 67;
/** Choose flow labels automatically. */
export const IPV6_AUTOFLOWLABEL = 70;
/** Preferences in source selection (RFC 5014). */
export const IPV6_ADDR_PREFERENCES = 72;
/** Drop packets with a smaller hop limit (RFC 5082). */
export const IPV6_MINHOPCOUNT = 73;
/** Report the destination before redirection. */
export const IPV6_ORIGDSTADDR = 74;
/** Same as {@link IPV6_ORIGDSTADDR}. */
export const IPV6_RECVORIGDSTADDR = IPV6_ORIGDSTADDR;
/** Allow foreign local addresses; privileged. */
export const IPV6_TRANSPARENT = 75;
/** Interface for outgoing unicasts. */
export const IPV6_UNICAST_IF = 76;
/** Report the largest fragment. */
export const IPV6_RECVFRAGSIZE = 77;
/** Allow binding to an address that is not there yet. */
export const IPV6_FREEBIND = 78;
/** {@link IPV6_MTU_DISCOVER}: do not discover. */
export const IPV6_PMTUDISC_DONT = 0;
/** {@link IPV6_MTU_DISCOVER}: as the route says. */
export const IPV6_PMTUDISC_WANT = 1;
/** {@link IPV6_MTU_DISCOVER}: never fragment. */
export const IPV6_PMTUDISC_DO = 2;
/** {@link IPV6_MTU_DISCOVER}: never fragment, ignore the path MTU. */
export const IPV6_PMTUDISC_PROBE = 3;
/** {@link IPV6_MTU_DISCOVER}: the interface's MTU. */
export const IPV6_PMTUDISC_INTERFACE = 4;
/** {@link IPV6_MTU_DISCOVER}: as INTERFACE, fragments allowed. */
export const IPV6_PMTUDISC_OMIT = 5;
