/** Bytes of an Ethernet header without a tag. */
export const linkHeaderBytes = 14;
/** The longest IPv4 packet with its link header: what the longest super-segment frame measures. */
export const longestFrameBytes = linkHeaderBytes + 65_535;
/** RFC 791 §3.1: every network must carry 68 bytes. */
export const smallestMtuBytes = 68;
/** The longest packet that an IPv4 total length can state. */
export const largestMtuBytes = 65_535;
