#ifndef FCNTL_H
#define FCNTL_H

#include <synos.h>

int open(const char *path, int flags);
int fcntl(int fd, int operation, long argument);

#endif
