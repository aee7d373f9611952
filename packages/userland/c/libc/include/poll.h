#ifndef POLL_H
#define POLL_H

#include <synos.h>

int poll(struct pollfd *files, nfds_t count, int timeout_ms);

#endif
