/* fetch http://A.B.C.D[:PORT][/PATH]: prints what a web server has there. The exit status is 0 when the server said that
   it is what was asked for (2xx), 1 otherwise, 2 when that was no URL. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "url.h"

/* An answer's header is at most so long. */
#define HEADER_BYTES 8192

static int send_text(int fd, const char *text)
{
  size_t left = strlen(text);
  while (left > 0) {
    ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    text += sent;
    left -= (size_t)sent;
  }
  return 0;
}

/* By HTTP/1.0: its answers are not cut into chunks, and end with the connection (RFC 9112, 6.3). */
static int send_request(int fd, const struct url *url)
{
  if (send_text(fd, "GET ") < 0 || send_text(fd, url->path) < 0) return -1;
  if (send_text(fd, " HTTP/1.0\r\nHost: ") < 0 || send_text(fd, url->host) < 0) return -1;
  return send_text(fd, "\r\nUser-Agent: synos-fetch\r\n\r\n");
}

/* Content-Length, or -1 where the header has none. */
static long body_length(const char *header)
{
  static const char name[] = "content-length:";
  for (const char *line = strchr(header, '\n'); line != NULL; line = strchr(line, '\n')) {
    line++;
    if (strncasecmp(line, name, sizeof name - 1) == 0) return strtol(line + sizeof name - 1, NULL, 10);
  }
  return -1;
}

/* Prints the body and answers the status; -1 where there was no answer, or not all of it. */
static int receive_answer(int fd)
{
  static char bytes[HEADER_BYTES + 1];
  size_t used = 0;
  char *body = NULL;
  while (body == NULL) {
    ssize_t received = recv(fd, bytes + used, HEADER_BYTES - used, 0);
    if (received < 0) perror("fetch: recv");
    if (received <= 0) return -1;
    used += (size_t)received;
    bytes[used] = '\0';
    body = strstr(bytes, "\r\n\r\n");
  }
  body[2] = '\0';
  body += 4;
  if (strncmp(bytes, "HTTP/1.", 7) != 0) return -1;
  int status = atoi(bytes + 9);
  long left = body_length(bytes);

  size_t part = used - (size_t)(body - bytes);
  for (;;) {
    if (write_all(STDOUT_FILENO, body, part) < 0) return -1;
    if (left >= 0) left -= (long)part;
    if (left == 0) return status;
    ssize_t received = recv(fd, bytes, HEADER_BYTES, 0);
    if (received < 0) perror("fetch: recv");
    if (received == 0 && left < 0) return status;
    if (received <= 0) return -1;
    body = bytes;
    part = (size_t)received;
    if (left >= 0 && part > (size_t)left) part = (size_t)left;
  }
}

int main(int argc, char **argv)
{
  struct url url;
  if (argc != 2 || parse_url(argv[1], &url) < 0) {
    dprintf(STDERR_FILENO, "usage: fetch http://A.B.C.D[:PORT][/PATH]\n");
    return 2;
  }
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&url.address, sizeof url.address) < 0) {
    perror("fetch: connect");
    return 1;
  }
  if (send_request(fd, &url) < 0) {
    perror("fetch: send");
    return 1;
  }
  int status = receive_answer(fd);
  close(fd);
  if (status < 0) dprintf(STDERR_FILENO, "fetch: that was no whole answer of HTTP\n");
  else if (status / 100 != 2) dprintf(STDERR_FILENO, "fetch: the server answered %d\n", status);
  return status / 100 == 2 ? 0 : 1;
}
