/* tcp-echo [PORT]: sends back what it gets, on port 7 by default (RFC 862). One process, many clients, poll(2). What a
   client does not take back is not read from it either, so each needs one small buffer. */

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 128

struct client {
  int has_ended; /* Nothing more comes from it. */
  size_t from;   /* What is to be sent back lies between the two. */
  size_t to;
  char bytes[4096];
};

/* Entry 0 is the listener; the client of entry i is clients[i - 1]. */
static struct pollfd files[1 + MAX_CLIENTS];
static struct client clients[MAX_CLIENTS];
static int client_count;

static int open_listener(int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, MAX_CLIENTS) < 0) return -1;
  return fd;
}

static void accept_client(void)
{
  int fd = accept4(files[0].fd, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  client_count++;
  files[client_count] = (struct pollfd){ .fd = fd, .events = POLLIN };
  clients[client_count - 1].has_ended = 0;
  clients[client_count - 1].from = clients[client_count - 1].to = 0;
}

/* The last takes the place of the one that goes. */
static void end_client(int entry)
{
  close(files[entry].fd);
  files[entry] = files[client_count];
  memcpy(&clients[entry - 1], &clients[client_count - 1], sizeof clients[0]);
  client_count--;
}

/* Reads when there is room and sends when there is something. Answers 0 when the client is done. */
static int run_client(struct client *client, struct pollfd *file)
{
  if (client->from == client->to && !client->has_ended) {
    ssize_t received = recv(file->fd, client->bytes, sizeof client->bytes, 0);
    if (received < 0) return errno == EAGAIN || errno == EINTR;
    client->has_ended = received == 0;
    client->from = 0;
    client->to = (size_t)received;
  }
  if (client->from < client->to) {
    ssize_t sent = send(file->fd, client->bytes + client->from, client->to - client->from, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return 0;
    if (sent > 0) client->from += (size_t)sent;
  }
  file->events = client->from < client->to ? POLLOUT : POLLIN;
  return client->from < client->to || !client->has_ended;
}

int main(int argc, char **argv)
{
  int port = argc > 1 ? atoi(argv[1]) : 7;
  files[0].fd = open_listener(port);
  if (files[0].fd < 0) {
    perror("tcp-echo");
    return 1;
  }
  printf("tcp-echo: listening on port %d\n", port);
  for (;;) {
    files[0].events = client_count < MAX_CLIENTS ? POLLIN : 0;
    if (poll(files, 1 + (nfds_t)client_count, -1) < 0 && errno != EINTR) {
      perror("tcp-echo: poll");
      return 1;
    }
    /* Backwards: one that takes the place of another has had its turn. */
    for (int entry = client_count; entry > 0; entry--) {
      if (files[entry].revents != 0 && !run_client(&clients[entry - 1], &files[entry])) end_client(entry);
    }
    if (files[0].revents != 0) accept_client();
  }
}
