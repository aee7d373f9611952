// Requests of ioctl(2) on sockets: include/uapi/asm-generic/ioctls.h, include/uapi/linux/sockios.h; netdevice(7).

/** `int`: bytes that can be read now; on UDP, the length of the next datagram. */
export const FIONREAD = 0x541b;
/** `int`: non-zero makes the descriptor non-blocking. */
export const FIONBIO = 0x5421;
/** Clear close on exec. */
export const FIONCLEX = 0x5450;
/** Set close on exec. */
export const FIOCLEX = 0x5451;
/** `int`: non-zero asks for SIGIO. */
export const FIOASYNC = 0x5452;
/** `int`: bytes not sent and acknowledged yet. */
export const TIOCOUTQ = 0x5411;
/** Terminal name of {@link FIONREAD}. */
export const TIOCINQ = FIONREAD;
/** Socket name of {@link FIONREAD}. */
export const SIOCINQ = FIONREAD;
/** Socket name of {@link TIOCOUTQ}. */
export const SIOCOUTQ = TIOCOUTQ;
/** Set who gets SIGIO and SIGURG. */
export const FIOSETOWN = 0x8901;
/** Same as {@link FIOSETOWN}. */
export const SIOCSPGRP = 0x8902;
/** Read who gets SIGIO and SIGURG. */
export const FIOGETOWN = 0x8903;
/** Same as {@link FIOGETOWN}. */
export const SIOCGPGRP = 0x8904;
/** `int`: whether the stream is at the urgent mark. */
export const SIOCATMARK = 0x8905;
/** `struct timeval`: when the last packet came. */
export const SIOCGSTAMP_OLD = 0x8906;
/** `struct timespec`: when the last packet came. */
export const SIOCGSTAMPNS_OLD = 0x8907;
/** On 64-bit systems {@link SIOCGSTAMP_OLD}. */
export const SIOCGSTAMP = SIOCGSTAMP_OLD;
/** On 64-bit systems {@link SIOCGSTAMPNS_OLD}. */
export const SIOCGSTAMPNS = SIOCGSTAMPNS_OLD;
/** Add a route. */
export const SIOCADDRT = 0x890b;
/** Delete a route. */
export const SIOCDELRT = 0x890c;
/** Interface name of an index. */
export const SIOCGIFNAME = 0x8910;
/** List the interfaces. */
export const SIOCGIFCONF = 0x8912;
/** Read interface flags. */
export const SIOCGIFFLAGS = 0x8913;
/** Set interface flags. */
export const SIOCSIFFLAGS = 0x8914;
/** Read an interface's address. */
export const SIOCGIFADDR = 0x8915;
/** Set an interface's address. */
export const SIOCSIFADDR = 0x8916;
/** Read the peer address of a point-to-point interface. */
export const SIOCGIFDSTADDR = 0x8917;
/** Set the peer address of a point-to-point interface. */
export const SIOCSIFDSTADDR = 0x8918;
/** Read the broadcast address. */
export const SIOCGIFBRDADDR = 0x8919;
/** Set the broadcast address. */
export const SIOCSIFBRDADDR = 0x891a;
/** Read the network mask. */
export const SIOCGIFNETMASK = 0x891b;
/** Set the network mask. */
export const SIOCSIFNETMASK = 0x891c;
/** Read the metric. */
export const SIOCGIFMETRIC = 0x891d;
/** Set the metric. */
export const SIOCSIFMETRIC = 0x891e;
/** Read the MTU in bytes. */
export const SIOCGIFMTU = 0x8921;
/** Set the MTU in bytes. */
export const SIOCSIFMTU = 0x8922;
/** Rename an interface. */
export const SIOCSIFNAME = 0x8923;
/** Set the hardware address. */
export const SIOCSIFHWADDR = 0x8924;
/** Read the hardware address. */
export const SIOCGIFHWADDR = 0x8927;
/** Add a multicast hardware address. */
export const SIOCADDMULTI = 0x8931;
/** Delete a multicast hardware address. */
export const SIOCDELMULTI = 0x8932;
/** Interface index of a name. */
export const SIOCGIFINDEX = 0x8933;
/** Delete an address. */
export const SIOCDIFADDR = 0x8936;
/** Set the hardware broadcast address. */
export const SIOCSIFHWBROADCAST = 0x8937;
/** Number of interfaces. */
export const SIOCGIFCOUNT = 0x8938;
/** Read the length of the transmit queue. */
export const SIOCGIFTXQLEN = 0x8942;
/** Set the length of the transmit queue. */
export const SIOCSIFTXQLEN = 0x8943;
/** ethtool requests. */
export const SIOCETHTOOL = 0x8946;
/** `int`: bytes not sent yet. */
export const SIOCOUTQNSD = 0x894b;
/** Descriptor of the socket's network namespace. */
export const SIOCGSKNS = 0x894c;
/** Delete an ARP entry. */
export const SIOCDARP = 0x8953;
/** Read an ARP entry. */
export const SIOCGARP = 0x8954;
/** Set an ARP entry. */
export const SIOCSARP = 0x8955;
/** Read device parameters. */
export const SIOCGIFMAP = 0x8970;
/** Set device parameters. */
export const SIOCSIFMAP = 0x8971;
/** First of 16 requests private to a device. */
export const SIOCDEVPRIVATE = 0x89f0;
/** First of 16 requests private to a protocol. */
export const SIOCPROTOPRIVATE = 0x89e0;
