// IP protocol numbers of socket(2): include/uapi/linux/in.h and in6.h, after the IANA registry.

/** The default protocol of the socket's type; as an option level, IPv4. */
export const IPPROTO_IP = 0;
/** IPv6 hop-by-hop options. */
export const IPPROTO_HOPOPTS = 0;
/** ICMP. */
export const IPPROTO_ICMP = 1;
/** IGMP. */
export const IPPROTO_IGMP = 2;
/** IPv4 in IPv4. */
export const IPPROTO_IPIP = 4;
/** TCP. */
export const IPPROTO_TCP = 6;
/** Exterior gateway protocol. */
export const IPPROTO_EGP = 8;
/** PUP. */
export const IPPROTO_PUP = 12;
/** UDP. */
export const IPPROTO_UDP = 17;
/** XNS IDP. */
export const IPPROTO_IDP = 22;
/** ISO transport class 4. */
export const IPPROTO_TP = 29;
/** DCCP. */
export const IPPROTO_DCCP = 33;
/** IPv6 in IPv4; as an option level, IPv6. */
export const IPPROTO_IPV6 = 41;
/** IPv6 routing header. */
export const IPPROTO_ROUTING = 43;
/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT = 44;
/** RSVP. */
export const IPPROTO_RSVP = 46;
/** GRE. */
export const IPPROTO_GRE = 47;
/** IPsec encapsulated payload. */
export const IPPROTO_ESP = 50;
/** IPsec authentication header. */
export const IPPROTO_AH = 51;
/** ICMPv6. */
export const IPPROTO_ICMPV6 = 58;
/** IPv6: nothing follows. */
export const IPPROTO_NONE = 59;
/** IPv6 destination options. */
export const IPPROTO_DSTOPTS = 60;
/** Multicast transport protocol. */
export const IPPROTO_MTP = 92;
/** Pseudo header of IPsec BEET mode. */
export const IPPROTO_BEETPH = 94;
/** Encapsulation header. */
export const IPPROTO_ENCAP = 98;
/** Protocol-independent multicast. */
export const IPPROTO_PIM = 103;
/** IP payload compression. */
export const IPPROTO_COMP = 108;
/** L2TP. */
export const IPPROTO_L2TP = 115;
/** SCTP. */
export const IPPROTO_SCTP = 132;
/** IPv6 mobility header. */
export const IPPROTO_MH = 135;
/** UDP-Lite. */
export const IPPROTO_UDPLITE = 136;
/** MPLS in IP. */
export const IPPROTO_MPLS = 137;
/** Ethernet in IPv6. */
export const IPPROTO_ETHERNET = 143;
/** Raw packets whose sender writes the IP header. */
export const IPPROTO_RAW = 255;
/** Multipath TCP; no protocol number on the wire, only an argument of socket(2). */
export const IPPROTO_MPTCP = 262;
/** One more than the largest argument that socket(2) takes for an internet family. */
export const IPPROTO_MAX = 263;
