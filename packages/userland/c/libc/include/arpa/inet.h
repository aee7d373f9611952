#ifndef ARPA_INET_H
#define ARPA_INET_H

#include <netinet/in.h>

#define INET_ADDRSTRLEN 16

/* "192.0.2.1" and struct in_addr; AF_INET alone (EAFNOSUPPORT). 1, or 0 where the text is no address. */
int inet_pton(int family, const char *text, void *address);
/* NULL and ENOSPC where it does not fit. */
const char *inet_ntop(int family, const void *address, char *text, socklen_t size);

#endif
