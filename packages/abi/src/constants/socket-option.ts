// Options at level `SOL_SOCKET`: include/uapi/asm-generic/socket.h of Linux 6.17, which x86-64 uses unchanged.

/** Record debugging information; privileged. */
export const SO_DEBUG = 1;
/** Allow binding to an address in TIME-WAIT (TCP) or shared (UDP). */
export const SO_REUSEADDR = 2;
/** Read only: the socket's type. */
export const SO_TYPE = 3;
/** Read only: the pending error, which reading clears. */
export const SO_ERROR = 4;
/** Send to directly attached networks only. */
export const SO_DONTROUTE = 5;
/** Allow sending to broadcast addresses. */
export const SO_BROADCAST = 6;
/** Send buffer in bytes; Linux doubles what is set. */
export const SO_SNDBUF = 7;
/** Receive buffer in bytes; Linux doubles what is set. */
export const SO_RCVBUF = 8;
/** Probe an idle connection. */
export const SO_KEEPALIVE = 9;
/** Leave urgent data in the stream. */
export const SO_OOBINLINE = 10;
/** Send UDP without a checksum. */
export const SO_NO_CHECK = 11;
/** Queueing priority of what is sent. */
export const SO_PRIORITY = 12;
/** `struct linger`: what close does with unsent data. */
export const SO_LINGER = 13;
/** Accepted and ignored. */
export const SO_BSDCOMPAT = 14;
/** Let several sockets share one address and port. */
export const SO_REUSEPORT = 15;
/** Receive the peer's credentials (unix sockets). */
export const SO_PASSCRED = 16;
/** Read only: credentials of the peer (unix sockets). */
export const SO_PEERCRED = 17;
/** Fewest bytes that make the socket readable. */
export const SO_RCVLOWAT = 18;
/** Fewest free bytes that make the socket writable; fixed at 1 in Linux. */
export const SO_SNDLOWAT = 19;
/** `struct timeval` with a long: receive timeout. */
export const SO_RCVTIMEO_OLD = 20;
/** `struct timeval` with a long: send timeout. */
export const SO_SNDTIMEO_OLD = 21;
/** Reserved, without effect. */
export const SO_SECURITY_AUTHENTICATION = 22;
/** Reserved, without effect. */
export const SO_SECURITY_ENCRYPTION_TRANSPORT = 23;
/** Reserved, without effect. */
export const SO_SECURITY_ENCRYPTION_NETWORK = 24;
/** Bind to a network interface by name. */
export const SO_BINDTODEVICE = 25;
/** Attach a classic BPF filter. */
export const SO_ATTACH_FILTER = 26;
/** Remove the filter. */
export const SO_DETACH_FILTER = 27;
/** Reading {@link SO_ATTACH_FILTER} returns the filter. */
export const SO_GET_FILTER = SO_ATTACH_FILTER;
/** Read only: what getpeername(2) returns. */
export const SO_PEERNAME = 28;
/** Receive timestamps as `struct timeval` with a long. */
export const SO_TIMESTAMP_OLD = 29;
/** Read only: whether the socket listens. */
export const SO_ACCEPTCONN = 30;
/** Read only: security context of the peer. */
export const SO_PEERSEC = 31;
/** {@link SO_SNDBUF} above the system's limit; privileged. */
export const SO_SNDBUFFORCE = 32;
/** {@link SO_RCVBUF} above the system's limit; privileged. */
export const SO_RCVBUFFORCE = 33;
/** Receive the peer's security context. */
export const SO_PASSSEC = 34;
/** Receive timestamps as `struct timespec` with a long. */
export const SO_TIMESTAMPNS_OLD = 35;
/** Mark of outgoing packets. */
export const SO_MARK = 36;
/** Detailed timestamps, with a long. */
export const SO_TIMESTAMPING_OLD = 37;
/** Read only: the socket's protocol. */
export const SO_PROTOCOL = 38;
/** Read only: the socket's address family. */
export const SO_DOMAIN = 39;
/** Report the number of datagrams dropped for lack of buffer. */
export const SO_RXQ_OVFL = 40;
/** Report whether a wireless frame was acknowledged. */
export const SO_WIFI_STATUS = 41;
/** Control message of {@link SO_WIFI_STATUS}. */
export const SCM_WIFI_STATUS = SO_WIFI_STATUS;
/** Offset at which the next MSG_PEEK reads. */
export const SO_PEEK_OFF = 42;
/** The last four bytes sent are the frame check sequence. */
export const SO_NOFCS = 43;
/** The filter may not be changed any more. */
export const SO_LOCK_FILTER = 44;
/** A message in the error queue makes select(2) report an exception. */
export const SO_SELECT_ERR_QUEUE = 45;
/** Microseconds to poll the device when a receive would block. */
export const SO_BUSY_POLL = 46;
/** Limit of the pacing rate in bytes per second. */
export const SO_MAX_PACING_RATE = 47;
/** Read only: which BPF extensions are there. */
export const SO_BPF_EXTENSIONS = 48;
/** CPU that handles the socket's packets. */
export const SO_INCOMING_CPU = 49;
/** Attach an eBPF filter by descriptor. */
export const SO_ATTACH_BPF = 50;
/** Same as {@link SO_DETACH_FILTER}. */
export const SO_DETACH_BPF = SO_DETACH_FILTER;
/** Classic BPF program that chooses among SO_REUSEPORT sockets. */
export const SO_ATTACH_REUSEPORT_CBPF = 51;
/** eBPF program that chooses among SO_REUSEPORT sockets. */
export const SO_ATTACH_REUSEPORT_EBPF = 52;
/** Advice that the path does not work: look for another. */
export const SO_CNX_ADVICE = 53;
/** Control message: TCP statistics that go with a timestamp. */
export const SCM_TIMESTAMPING_OPT_STATS = 54;
/** Read only: memory counters of the socket. */
export const SO_MEMINFO = 55;
/** Read only: identifier of the receive queue. */
export const SO_INCOMING_NAPI_ID = 56;
/** Read only: the socket's unique number, 64 bits. */
export const SO_COOKIE = 57;
/** Control message: interface and length of a timestamped packet. */
export const SCM_TIMESTAMPING_PKTINFO = 58;
/** Read only: supplementary groups of the peer (unix sockets). */
export const SO_PEERGROUPS = 59;
/** Allow MSG_ZEROCOPY. */
export const SO_ZEROCOPY = 60;
/** Send at a stated time. */
export const SO_TXTIME = 61;
/** Control message of {@link SO_TXTIME}. */
export const SCM_TXTIME = SO_TXTIME;
/** Bind to a network interface by index. */
export const SO_BINDTOIFINDEX = 62;
/** Receive timestamps as a 64-bit `struct timeval`. */
export const SO_TIMESTAMP_NEW = 63;
/** Receive timestamps as a 64-bit `struct timespec`. */
export const SO_TIMESTAMPNS_NEW = 64;
/** Detailed timestamps, 64-bit. */
export const SO_TIMESTAMPING_NEW = 65;
/** 64-bit `struct timeval`: receive timeout. */
export const SO_RCVTIMEO_NEW = 66;
/** 64-bit `struct timeval`: send timeout. */
export const SO_SNDTIMEO_NEW = 67;
/** Remove the SO_REUSEPORT program. */
export const SO_DETACH_REUSEPORT_BPF = 68;
/** Prefer polling to interrupts. */
export const SO_PREFER_BUSY_POLL = 69;
/** Packets handled in one poll. */
export const SO_BUSY_POLL_BUDGET = 70;
/** Read only: number of the network namespace, 64 bits. */
export const SO_NETNS_COOKIE = 71;
/** Which buffers the system may not resize. */
export const SO_BUF_LOCK = 72;
/** Bytes reserved for the socket. */
export const SO_RESERVE_MEM = 73;
/** Choose another path after a timeout. */
export const SO_TXREHASH = 74;
/** Report the mark of received packets. */
export const SO_RCVMARK = 75;
/** Receive the peer's pidfd (Linux 6.5). */
export const SO_PASSPIDFD = 76;
/** Read only: pidfd of the peer (Linux 6.5). */
export const SO_PEERPIDFD = 77;
/** Payload in host memory (Linux 6.12). */
export const SO_DEVMEM_LINEAR = 78;
/** Control message of {@link SO_DEVMEM_LINEAR}. */
export const SCM_DEVMEM_LINEAR = SO_DEVMEM_LINEAR;
/** Payload in device memory (Linux 6.12). */
export const SO_DEVMEM_DMABUF = 79;
/** Control message of {@link SO_DEVMEM_DMABUF}. */
export const SCM_DEVMEM_DMABUF = SO_DEVMEM_DMABUF;
/** Return device memory (Linux 6.12). */
export const SO_DEVMEM_DONTNEED = 80;
/** Control message: identifier of a timestamp (Linux 6.13). */
export const SCM_TS_OPT_ID = 81;
/** Report the priority of received packets (Linux 6.14). */
export const SO_RCVPRIORITY = 82;
/** Accept descriptors from the peer (Linux 6.16). */
export const SO_PASSRIGHTS = 83;
/** Report the bytes left to read (Linux 6.17). */
export const SO_INQ = 84;
/** Control message of {@link SO_INQ}. */
export const SCM_INQ = SO_INQ;

// On a 64-bit system the plain names are the old ones, whose long is 64 bits wide already.

/** Receive timestamps as `struct timeval`. */
export const SO_TIMESTAMP = SO_TIMESTAMP_OLD;
/** Control message of {@link SO_TIMESTAMP}. */
export const SCM_TIMESTAMP = SO_TIMESTAMP;
/** Receive timestamps as `struct timespec`. */
export const SO_TIMESTAMPNS = SO_TIMESTAMPNS_OLD;
/** Control message of {@link SO_TIMESTAMPNS}. */
export const SCM_TIMESTAMPNS = SO_TIMESTAMPNS;
/** Detailed timestamps. */
export const SO_TIMESTAMPING = SO_TIMESTAMPING_OLD;
/** Control message of {@link SO_TIMESTAMPING}. */
export const SCM_TIMESTAMPING = SO_TIMESTAMPING;
/** `struct timeval`: receive timeout; zero means none. */
export const SO_RCVTIMEO = SO_RCVTIMEO_OLD;
/** `struct timeval`: send timeout; zero means none. */
export const SO_SNDTIMEO = SO_SNDTIMEO_OLD;

// Control messages of unix sockets (unix(7)).

/** Control message: descriptors. */
export const SCM_RIGHTS = 1;
/** Control message: `struct ucred`. */
export const SCM_CREDENTIALS = 2;
