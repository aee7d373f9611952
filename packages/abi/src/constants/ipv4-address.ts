// Well-known IPv4 addresses: include/uapi/linux/in.h. In the order of the address as written (127.0.0.1 is 0x7f000001)
// and as signed int32, the form of the words of an address here, so that `===` compares them.

/** 0.0.0.0: any address. */
export const INADDR_ANY = 0;
/** 255.255.255.255: everybody on the link. */
export const INADDR_BROADCAST = -1;
/** 255.255.255.255 as an error value. */
export const INADDR_NONE = -1;
/** 127.0.0.1: this host. */
export const INADDR_LOOPBACK = 0x7f000001;
/** 192.0.0.8: source of ICMP errors of a host without an address (RFC 7600). */
export const INADDR_DUMMY = -1073741816;
/** 224.0.0.0: the multicast base address. */
export const INADDR_UNSPEC_GROUP = -536870912;
/** 224.0.0.1: all hosts. */
export const INADDR_ALLHOSTS_GROUP = -536870911;
/** 224.0.0.2: all routers. */
export const INADDR_ALLRTRS_GROUP = -536870910;
/** 224.0.0.106: all snooping switches. */
export const INADDR_ALLSNOOPERS_GROUP = -536870806;
/** 224.0.0.255: the last group that routers do not forward. */
export const INADDR_MAX_LOCAL_GROUP = -536870657;
