// Options at level `IPPROTO_TCP`: include/uapi/linux/tcp.h of Linux 6.15; tcp(7).

/** Do not hold back small segments (Nagle off). */
export const TCP_NODELAY = 1;
/** Maximum segment size in bytes. */
export const TCP_MAXSEG = 2;
/** Send full segments only. */
export const TCP_CORK = 3;
/** Seconds of silence before keepalive probes. */
export const TCP_KEEPIDLE = 4;
/** Seconds between keepalive probes. */
export const TCP_KEEPINTVL = 5;
/** Unanswered keepalive probes that end a connection. */
export const TCP_KEEPCNT = 6;
/** Retransmissions of a SYN. */
export const TCP_SYNCNT = 7;
/** Seconds that an orphan stays in FIN-WAIT-2. */
export const TCP_LINGER2 = 8;
/** Seconds that a listener waits for data before it reports a connection. */
export const TCP_DEFER_ACCEPT = 9;
/** Largest window to advertise, in bytes. */
export const TCP_WINDOW_CLAMP = 10;
/** Read only: `struct tcp_info`. */
export const TCP_INFO = 11;
/** Acknowledge at once, for now. */
export const TCP_QUICKACK = 12;
/** Congestion control by name. */
export const TCP_CONGESTION = 13;
/** Key of RFC 2385 signatures. */
export const TCP_MD5SIG = 14;
/** Withdrawn from Linux (RFC 6013); glibc still names it. */
export const TCP_COOKIE_TRANSACTIONS = 15;
/** No exponential back-off on thin streams. */
export const TCP_THIN_LINEAR_TIMEOUTS = 16;
/** Fast retransmit after one duplicate ACK; without effect since Linux 4.14. */
export const TCP_THIN_DUPACK = 17;
/** Milliseconds that sent data may stay unacknowledged (RFC 5482). */
export const TCP_USER_TIMEOUT = 18;
/** Repair mode, for checkpoint and restore. */
export const TCP_REPAIR = 19;
/** Queue that the repair concerns. */
export const TCP_REPAIR_QUEUE = 20;
/** Sequence number of the repaired queue. */
export const TCP_QUEUE_SEQ = 21;
/** Options of the repaired connection. */
export const TCP_REPAIR_OPTIONS = 22;
/** Length of the Fast Open queue of a listener (RFC 7413). */
export const TCP_FASTOPEN = 23;
/** Timestamp clock of a repaired connection. */
export const TCP_TIMESTAMP = 24;
/** Unsent bytes above which the socket is not writable. */
export const TCP_NOTSENT_LOWAT = 25;
/** Read only: state of the congestion control. */
export const TCP_CC_INFO = 26;
/** Keep the headers of SYNs. */
export const TCP_SAVE_SYN = 27;
/** Read only: the kept headers. */
export const TCP_SAVED_SYN = 28;
/** Window of a repaired connection. */
export const TCP_REPAIR_WINDOW = 29;
/** Use Fast Open in connect(2). */
export const TCP_FASTOPEN_CONNECT = 30;
/** Attach an upper layer by name, such as "tls". */
export const TCP_ULP = 31;
/** {@link TCP_MD5SIG} for a prefix or interface. */
export const TCP_MD5SIG_EXT = 32;
/** Key of Fast Open cookies. */
export const TCP_FASTOPEN_KEY = 33;
/** Fast Open without cookies. */
export const TCP_FASTOPEN_NO_COOKIE = 34;
/** Map received pages. */
export const TCP_ZEROCOPY_RECEIVE = 35;
/** Report the bytes left to read. */
export const TCP_INQ = 36;
/** Control message of {@link TCP_INQ}. */
export const TCP_CM_INQ = TCP_INQ;
/** Microseconds by which to delay what is sent. */
export const TCP_TX_DELAY = 37;
/** Add a key of RFC 5925 (Linux 6.7). */
export const TCP_AO_ADD_KEY = 38;
/** Delete a key of RFC 5925 (Linux 6.7). */
export const TCP_AO_DEL_KEY = 39;
/** State of RFC 5925 authentication (Linux 6.7). */
export const TCP_AO_INFO = 40;
/** List the keys of RFC 5925 (Linux 6.7). */
export const TCP_AO_GET_KEYS = 41;
/** Repair RFC 5925 state (Linux 6.7). */
export const TCP_AO_REPAIR = 42;
/** Read only: whether Multipath TCP is in use. */
export const TCP_IS_MPTCP = 43;
/** Largest retransmission timeout in milliseconds (Linux 6.15). */
export const TCP_RTO_MAX_MS = 44;
/** Smallest retransmission timeout in microseconds (Linux 6.15). */
export const TCP_RTO_MIN_US = 45;
/** Longest delay of an ACK in microseconds (Linux 6.15). */
export const TCP_DELACK_MAX_US = 46;
/** Value of {@link TCP_REPAIR}: leave repair mode. */
export const TCP_REPAIR_OFF = 0;
/** Value of {@link TCP_REPAIR}: enter repair mode. */
export const TCP_REPAIR_ON = 1;
/** Value of {@link TCP_REPAIR}: leave without a window probe. */
export const TCP_REPAIR_OFF_NO_WP = -1;
