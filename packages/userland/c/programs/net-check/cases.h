#ifndef CASES_H
#define CASES_H

#include <synos.h>

/* 127.0.0.1 and a port. */
struct sockaddr_in loopback(int port);

/* Starts a server of /boot with its port as the argument. */
int start_server(const char *program, int port);

/* A connection to a port of this machine; waits a second at most until somebody listens there. -1 where nobody does. */
int connect_to(int port);

/* Sends all, and receives so many bytes or up to the end: how many it were, or -1. */
int send_all(int fd, const char *from, size_t size);
long receive_all(int fd, char *into, size_t size);

void check_connections(void);
void check_datagrams(void);
void check_http(int port);
void check_fetch(int port);
void check_tcp_echo(int port);
void check_udp_echo(int port);

#endif
