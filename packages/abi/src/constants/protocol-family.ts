import * as family from './address-family.js';

// Protocol families are the address families under their older names (socket(2), NOTES).

/** Protocol family of `AF_UNSPEC`. */
export const PF_UNSPEC = family.AF_UNSPEC;
/** Protocol family of `AF_UNIX`. */
export const PF_UNIX = family.AF_UNIX;
/** Protocol family of `AF_LOCAL`. */
export const PF_LOCAL = family.AF_LOCAL;
/** Protocol family of `AF_FILE`. */
export const PF_FILE = family.AF_FILE;
/** Protocol family of `AF_INET`. */
export const PF_INET = family.AF_INET;
/** Protocol family of `AF_AX25`. */
export const PF_AX25 = family.AF_AX25;
/** Protocol family of `AF_IPX`. */
export const PF_IPX = family.AF_IPX;
/** Protocol family of `AF_APPLETALK`. */
export const PF_APPLETALK = family.AF_APPLETALK;
/** Protocol family of `AF_NETROM`. */
export const PF_NETROM = family.AF_NETROM;
/** Protocol family of `AF_BRIDGE`. */
export const PF_BRIDGE = family.AF_BRIDGE;
/** Protocol family of `AF_ATMPVC`. */
export const PF_ATMPVC = family.AF_ATMPVC;
/** Protocol family of `AF_X25`. */
export const PF_X25 = family.AF_X25;
/** Protocol family of `AF_INET6`. */
export const PF_INET6 = family.AF_INET6;
/** Protocol family of `AF_ROSE`. */
export const PF_ROSE = family.AF_ROSE;
/** Protocol family of `AF_DECnet`. */
export const PF_DECnet = family.AF_DECnet;
/** Protocol family of `AF_NETBEUI`. */
export const PF_NETBEUI = family.AF_NETBEUI;
/** Protocol family of `AF_SECURITY`. */
export const PF_SECURITY = family.AF_SECURITY;
/** Protocol family of `AF_KEY`. */
export const PF_KEY = family.AF_KEY;
/** Protocol family of `AF_NETLINK`. */
export const PF_NETLINK = family.AF_NETLINK;
/** Protocol family of `AF_ROUTE`. */
export const PF_ROUTE = family.AF_ROUTE;
/** Protocol family of `AF_PACKET`. */
export const PF_PACKET = family.AF_PACKET;
/** Protocol family of `AF_ASH`. */
export const PF_ASH = family.AF_ASH;
/** Protocol family of `AF_ECONET`. */
export const PF_ECONET = family.AF_ECONET;
/** Protocol family of `AF_ATMSVC`. */
export const PF_ATMSVC = family.AF_ATMSVC;
/** Protocol family of `AF_RDS`. */
export const PF_RDS = family.AF_RDS;
/** Protocol family of `AF_SNA`. */
export const PF_SNA = family.AF_SNA;
/** Protocol family of `AF_IRDA`. */
export const PF_IRDA = family.AF_IRDA;
/** Protocol family of `AF_PPPOX`. */
export const PF_PPPOX = family.AF_PPPOX;
/** Protocol family of `AF_WANPIPE`. */
export const PF_WANPIPE = family.AF_WANPIPE;
/** Protocol family of `AF_LLC`. */
export const PF_LLC = family.AF_LLC;
/** Protocol family of `AF_IB`. */
export const PF_IB = family.AF_IB;
/** Protocol family of `AF_MPLS`. */
export const PF_MPLS = family.AF_MPLS;
/** Protocol family of `AF_CAN`. */
export const PF_CAN = family.AF_CAN;
/** Protocol family of `AF_TIPC`. */
export const PF_TIPC = family.AF_TIPC;
/** Protocol family of `AF_BLUETOOTH`. */
export const PF_BLUETOOTH = family.AF_BLUETOOTH;
/** Protocol family of `AF_IUCV`. */
export const PF_IUCV = family.AF_IUCV;
/** Protocol family of `AF_RXRPC`. */
export const PF_RXRPC = family.AF_RXRPC;
/** Protocol family of `AF_ISDN`. */
export const PF_ISDN = family.AF_ISDN;
/** Protocol family of `AF_PHONET`. */
export const PF_PHONET = family.AF_PHONET;
/** Protocol family of `AF_IEEE802154`. */
export const PF_IEEE802154 = family.AF_IEEE802154;
/** Protocol family of `AF_CAIF`. */
export const PF_CAIF = family.AF_CAIF;
/** Protocol family of `AF_ALG`. */
export const PF_ALG = family.AF_ALG;
/** Protocol family of `AF_NFC`. */
export const PF_NFC = family.AF_NFC;
/** Protocol family of `AF_VSOCK`. */
export const PF_VSOCK = family.AF_VSOCK;
/** Protocol family of `AF_KCM`. */
export const PF_KCM = family.AF_KCM;
/** Protocol family of `AF_QIPCRTR`. */
export const PF_QIPCRTR = family.AF_QIPCRTR;
/** Protocol family of `AF_SMC`. */
export const PF_SMC = family.AF_SMC;
/** Protocol family of `AF_XDP`. */
export const PF_XDP = family.AF_XDP;
/** Protocol family of `AF_MCTP`. */
export const PF_MCTP = family.AF_MCTP;
/** Protocol family of `AF_MAX`. */
export const PF_MAX = family.AF_MAX;
