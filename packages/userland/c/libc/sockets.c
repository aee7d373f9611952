#include <errno.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol) { return (int)answer(sys_socket(domain, type, protocol)); }

int bind(int fd, const struct sockaddr *address, socklen_t size) { return (int)answer(sys_bind(fd, address, size)); }

int listen(int fd, int backlog) { return (int)answer(sys_listen(fd, backlog)); }

int accept(int fd, struct sockaddr *address, socklen_t *size) { return (int)answer(sys_accept(fd, address, size)); }

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
  return (int)answer(sys_accept4(fd, address, size, flags));
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
  return (int)answer(sys_connect(fd, address, size));
}

ssize_t send(int fd, const void *from, size_t size, int flags) { return answer(sys_send(fd, from, size, flags)); }

ssize_t recv(int fd, void *into, size_t size, int flags) { return answer(sys_recv(fd, into, size, flags)); }

ssize_t sendto(int fd, const void *from, size_t size, int flags, const struct sockaddr *to, socklen_t to_size)
{
  return answer(sys_sendto(fd, from, size, flags, to, to_size));
}

ssize_t recvfrom(int fd, void *into, size_t size, int flags, struct sockaddr *sender, socklen_t *sender_size)
{
  return answer(sys_recvfrom(fd, into, size, flags, sender, sender_size));
}

int shutdown(int fd, int how) { return (int)answer(sys_shutdown(fd, how)); }

int getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
  return (int)answer(sys_getsockname(fd, address, size));
}

int getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
  return (int)answer(sys_getpeername(fd, address, size));
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
  return (int)answer(sys_setsockopt(fd, level, option, (void *)value, size));
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
  return (int)answer(sys_getsockopt(fd, level, option, value, size));
}
