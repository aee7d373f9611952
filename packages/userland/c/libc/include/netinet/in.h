#ifndef NETINET_IN_H
#define NETINET_IN_H

#include <synos.h>

/* Networks send the highest byte first (RFC 791, appendix B); x86 keeps the lowest first. */
static inline uint16_t htons(uint16_t host) { return __builtin_bswap16(host); }
static inline uint16_t ntohs(uint16_t network) { return __builtin_bswap16(network); }
static inline uint32_t htonl(uint32_t host) { return __builtin_bswap32(host); }
static inline uint32_t ntohl(uint32_t network) { return __builtin_bswap32(network); }

#endif
