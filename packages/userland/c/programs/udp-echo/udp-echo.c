/* udp-echo [PORT]: sends each datagram back to where it came from, on port 7 by default (RFC 862). */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* No datagram is longer: 65,535 bytes of IPv4 less its header and UDP's. */
static char datagram[65507];

int main(int argc, char **argv)
{
  int port = argc > 1 ? atoi(argv[1]) : 7;
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("udp-echo");
    return 1;
  }
  printf("udp-echo: listening on port %d\n", port);
  for (;;) {
    struct sockaddr_in sender;
    socklen_t size = sizeof sender;
    ssize_t length = recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr *)&sender, &size);
    /* An error here is an answer to an earlier datagram that found nobody (ICMP): no reason to stop. */
    if (length < 0) {
      if (errno == EBADF || errno == ENOTSOCK || errno == EFAULT) return 1;
      continue;
    }
    /* Port 0 cannot be answered. */
    if (sender.sin_port != 0) sendto(fd, datagram, (size_t)length, 0, (struct sockaddr *)&sender, size);
  }
}
