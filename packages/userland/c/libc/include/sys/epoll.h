#ifndef SYS_EPOLL_H
#define SYS_EPOLL_H

#include <synos.h>

typedef union epoll_data epoll_data_t;

int epoll_create1(int flags);
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms);

#endif
