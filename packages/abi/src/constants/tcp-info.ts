// Values inside `struct tcp_info`: include/net/tcp_states.h and include/uapi/linux/tcp.h. Names are those of C.

/** `tcpi_state`: ESTABLISHED. */
export const TCP_ESTABLISHED = 1;
/** `tcpi_state`: SYN-SENT. */
export const TCP_SYN_SENT = 2;
/** `tcpi_state`: SYN-RECEIVED. */
export const TCP_SYN_RECV = 3;
/** `tcpi_state`: FIN-WAIT-1. */
export const TCP_FIN_WAIT1 = 4;
/** `tcpi_state`: FIN-WAIT-2. */
export const TCP_FIN_WAIT2 = 5;
/** `tcpi_state`: TIME-WAIT. */
export const TCP_TIME_WAIT = 6;
/** `tcpi_state`: CLOSED. */
export const TCP_CLOSE = 7;
/** `tcpi_state`: CLOSE-WAIT. */
export const TCP_CLOSE_WAIT = 8;
/** `tcpi_state`: LAST-ACK. */
export const TCP_LAST_ACK = 9;
/** `tcpi_state`: LISTEN. */
export const TCP_LISTEN = 10;
/** `tcpi_state`: CLOSING. */
export const TCP_CLOSING = 11;
/** `tcpi_ca_state`: nothing unusual. */
export const TCP_CA_Open = 0;
/** `tcpi_ca_state`: duplicate ACKs or SACKs came. */
export const TCP_CA_Disorder = 1;
/** `tcpi_ca_state`: the window is being reduced after ECN or local congestion. */
export const TCP_CA_CWR = 2;
/** `tcpi_ca_state`: fast recovery. */
export const TCP_CA_Recovery = 3;
/** `tcpi_ca_state`: recovery after a retransmission timeout. */
export const TCP_CA_Loss = 4;
/** `tcpi_options`: timestamps are on (RFC 7323). */
export const TCPI_OPT_TIMESTAMPS = 1;
/** `tcpi_options`: SACK is on (RFC 2018). */
export const TCPI_OPT_SACK = 2;
/** `tcpi_options`: window scaling is on (RFC 7323). */
export const TCPI_OPT_WSCALE = 4;
/** `tcpi_options`: ECN was negotiated (RFC 3168). */
export const TCPI_OPT_ECN = 8;
/** `tcpi_options`: a packet with ECT has come. */
export const TCPI_OPT_ECN_SEEN = 16;
/** `tcpi_options`: data in the SYN was acknowledged (RFC 7413). */
export const TCPI_OPT_SYN_DATA = 32;
