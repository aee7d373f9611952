/** The longest payload: 65,535 less an IPv4 and a UDP header. The same for every network, so that programs see one. */
export const longestDatagramBytes = 65_507;
/** Bound of the receive queue unless set, that of Linux (net.core.rmem_default). */
export const defaultReceiveBufferBytes = 212_992;
/** Reported send buffer unless set (net.core.wmem_default); datagrams do not wait in one. */
export const defaultSendBufferBytes = 212_992;
/** RFC 1700, and Linux. */
export const defaultTtl = 64;
/** Group datagrams stay on the link unless told otherwise (RFC 1112 §6.1). */
export const defaultGroupTtl = 1;
/** Endpoints that a UDP opens at most unless told otherwise. */
export const defaultEndpoints = 65_536;
