/* Sockets that are used wrongly. */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"

static void check_creation(void)
{
  check_errno(socket(999, SOCK_STREAM, 0), EAFNOSUPPORT, "a socket of a family that is none");
  check_errno(socket(AF_INET, 99, 0), EINVAL, "a socket of a type that is none");
  check_errno(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT, "a stream of UDP");
  check_errno(bind(-1, NULL, 0), EBADF, "bind of -1");
  check_errno(listen(STDOUT_FILENO, 1), ENOTSOCK, "listen on the console");
  check_errno(recv(STDOUT_FILENO, NULL, 0, 0), ENOTSOCK, "recv from the console");
}

static void check_stream(void)
{
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (!check(fd >= 0, "a stream socket")) return;
  char byte = 0;
  check_errno(recv(fd, &byte, 1, 0), ENOTCONN, "recv before connect");
  check_errno(send(fd, &byte, 1, MSG_NOSIGNAL), EPIPE, "send before connect");
  check_errno(shutdown(fd, SHUT_RDWR), ENOTCONN, "shutdown before connect");
  check_errno(shutdown(fd, 7), EINVAL, "shutdown of no direction");
  check_errno(getpeername(fd, (struct sockaddr *)&address, &size), ENOTCONN, "getpeername before connect");
  check_errno(accept(fd, NULL, NULL), EINVAL, "accept before listen");
  check_errno(lseek(fd, 0, SEEK_CUR), ESPIPE, "lseek on a socket");
  address = (struct sockaddr_in){ .sin_family = AF_INET };
  check_errno(bind(fd, (struct sockaddr *)&address, 4), EINVAL, "bind to half an address");
  check_errno(bind(fd, (struct sockaddr *)0xffff800000000000, 16), EFAULT, "bind to an address in the kernel");
  address = (struct sockaddr_in){ .sin_family = 77 };
  check_errno(bind(fd, (struct sockaddr *)&address, sizeof address), EAFNOSUPPORT, "bind to an address of another family");
  check_errno(setsockopt(fd, SOL_SOCKET, 12345, &byte, 4), ENOPROTOOPT, "an option that is none");
  check_errno(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &byte, 1), EINVAL, "an option of one byte");
  int value = 1;
  check_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value), 0, "SO_REUSEADDR");
  socklen_t value_size = sizeof value;
  check_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &value_size), 0, "SO_TYPE");
  check_equal(value, SOCK_STREAM, "and it is a stream");
  close(fd);
}

static void check_addresses(void)
{
  struct sockaddr_in address;
  struct sockaddr_in bound;
  socklen_t size = sizeof bound;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int other = socket(AF_INET, SOCK_DGRAM, 0);
  address = (struct sockaddr_in){ .sin_family = AF_INET };
  check_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0, "bind to any port");
  check_equal(getsockname(fd, (struct sockaddr *)&bound, &size), 0, "getsockname");
  check_equal(size, sizeof bound, "and the address is 16 bytes");
  check_equal(bound.sin_family, AF_INET, "of the family AF_INET");
  check(bound.sin_port != 0, "with a port");
  check_errno(bind(fd, (struct sockaddr *)&address, sizeof address), EINVAL, "bind twice");
  check_errno(bind(other, (struct sockaddr *)&bound, sizeof bound), EADDRINUSE, "bind to a port that is taken");
  check_errno(listen(fd, 1), EOPNOTSUPP, "listen on a datagram socket");
  check_errno(send(fd, "x", 1, 0), EDESTADDRREQ, "send without a destination");
  close(fd);
  check_equal(bind(other, (struct sockaddr *)&bound, sizeof bound), 0, "a port is free again after close");
  close(other);
}

void check_socket_errors(void)
{
  check_creation();
  check_stream();
  check_addresses();
}
