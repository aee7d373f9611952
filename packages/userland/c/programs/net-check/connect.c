#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

struct sockaddr_in loopback(int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int start_server(const char *program, int port)
{
  char path[64];
  char text[16];
  snprintf(path, sizeof path, "/boot/%s", program);
  snprintf(text, sizeof text, "%d", port);
  char *arguments[] = { (char *)program, text, NULL };
  return spawn(path, arguments, environ);
}

int connect_to(int port)
{
  struct sockaddr_in address = loopback(port);
  struct timespec pause = { .tv_nsec = 10000000 };
  for (int tries = 0; tries < 100; tries++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    if (errno != ECONNREFUSED) return -1;
    nanosleep(&pause, NULL);
  }
  return -1;
}

int send_all(int fd, const char *from, size_t size)
{
  while (size > 0) {
    ssize_t sent = send(fd, from, size, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    from += sent;
    size -= (size_t)sent;
  }
  return 0;
}

long receive_all(int fd, char *into, size_t size)
{
  size_t used = 0;
  while (used < size) {
    ssize_t received = recv(fd, into + used, size - used, 0);
    if (received < 0) return -1;
    if (received == 0) break;
    used += (size_t)received;
  }
  return (long)used;
}
