#ifndef SYS_SOCKET_H
#define SYS_SOCKET_H

#include <synos.h>

int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *address, socklen_t size);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *address, socklen_t *size);
int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int connect(int fd, const struct sockaddr *address, socklen_t size);
ssize_t send(int fd, const void *from, size_t size, int flags);
ssize_t recv(int fd, void *into, size_t size, int flags);
ssize_t sendto(int fd, const void *from, size_t size, int flags, const struct sockaddr *to, socklen_t to_size);
ssize_t recvfrom(int fd, void *into, size_t size, int flags, struct sockaddr *sender, socklen_t *sender_size);
int shutdown(int fd, int how);
int getsockname(int fd, struct sockaddr *address, socklen_t *size);
int getpeername(int fd, struct sockaddr *address, socklen_t *size);
int setsockopt(int fd, int level, int option, const void *value, socklen_t size);
int getsockopt(int fd, int level, int option, void *value, socklen_t *size);

#endif
