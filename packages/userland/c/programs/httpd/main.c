/* httpd [PORT]: serves one page by HTTP/1.1, to as many clients at a time as there are connections below. One process,
   one thread: epoll says which sockets have something to do, and none of them is ever waited for. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"

#define MAX_CONNECTIONS 1024
#define EVENTS 64

/* A client that says nothing for so long is sent away. */
#define IDLE_MS 30000
/* One that does not close after the last answer. */
#define DRAIN_MS 2000
#define SWEEP_MS 1000

struct server {
  int epoll;
  int listener;
  int is_listening;  /* The listener is in the epoll: there is room for another client. */
  long now_ms;
  long swept_ms;
  struct connection *free;
  struct statistics statistics;
  struct connection connections[MAX_CONNECTIONS];
};

static struct server server;

static int open_listener(int port)
{
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    perror("httpd: socket");
    return -1;
  }
  /* Without it the port stays taken for a minute after a server that closed its connections itself (TIME-WAIT). */
  int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) perror("httpd: SO_REUSEADDR");

  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("httpd: bind");
    return -1;
  }
  if (listen(fd, MAX_CONNECTIONS) < 0) {
    perror("httpd: listen");
    return -1;
  }
  return fd;
}

/* Wants these events of a file told; 0 takes it out. The connection is what the event will carry: NULL for the listener. */
static int watch(int operation, int fd, uint32_t events, struct connection *connection)
{
  struct epoll_event event = { .events = events, .data = { .ptr = connection } };
  return epoll_ctl(server.epoll, operation, fd, &event);
}

/* With no room for a client its connection waits in the listener's queue, and epoll must not speak of it. */
static void set_listening(int is_listening)
{
  if (server.is_listening == is_listening) return;
  if (watch(EPOLL_CTL_MOD, server.listener, is_listening ? EPOLLIN : 0, NULL) == 0) server.is_listening = is_listening;
}

static void end(struct connection *connection)
{
  close(connection->fd);
  connection->state = CONNECTION_FREE;
  connection->next = server.free;
  server.free = connection;
  server.statistics.open--;
  set_listening(1);
}

static void run(struct connection *connection)
{
  uint32_t events = connection_run(connection, &server.statistics);
  connection->active_ms = server.now_ms;
  if (events == 0 || watch(EPOLL_CTL_MOD, connection->fd, events, connection) < 0) end(connection);
}

static void begin(int fd)
{
  struct connection *connection = server.free;
  server.free = connection->next;
  connection->state = CONNECTION_OPEN;
  connection->fd = fd;
  connection->unsent.size = 0;
  connection->drained = 0;
  connection->used = 0;
  connection->active_ms = server.now_ms;
  server.statistics.accepted++;
  server.statistics.open++;
  if (watch(EPOLL_CTL_ADD, fd, EPOLLIN, connection) < 0) end(connection);
}

static void accept_clients(void)
{
  while (server.free != NULL) {
    int fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      begin(fd);
      continue;
    }
    if (errno == EAGAIN) return;
    /* Those two are over with this client. Others mean that we are out of descriptors or memory, until a client goes. */
    if (errno != ECONNABORTED && errno != EINTR) break;
  }
  if (server.statistics.open > 0) set_listening(0);
}

/* Ends those that have been silent for too long. */
static void sweep(void)
{
  if (server.now_ms - server.swept_ms < SWEEP_MS) return;
  server.swept_ms = server.now_ms;
  for (int i = 0; i < MAX_CONNECTIONS; i++) {
    struct connection *connection = &server.connections[i];
    if (connection->state == CONNECTION_FREE) continue;
    long most = connection->state == CONNECTION_DRAINING ? DRAIN_MS : IDLE_MS;
    if (server.now_ms - connection->active_ms >= most) end(connection);
  }
}

static int serve(void)
{
  struct epoll_event events[EVENTS];
  for (;;) {
    int timeout_ms = server.statistics.open > 0 ? SWEEP_MS : -1;
    int count = epoll_wait(server.epoll, events, EVENTS, timeout_ms);
    if (count < 0 && errno != EINTR) {
      perror("httpd: epoll_wait");
      return 1;
    }
    server.now_ms = monotonic_ms();
    for (int i = 0; i < count; i++) {
      struct connection *connection = events[i].data.ptr;
      if (connection == NULL) accept_clients();
      else run(connection);
    }
    sweep();
  }
}

int main(int argc, char **argv)
{
  int port = argc > 1 ? atoi(argv[1]) : 80;
  if (port < 1 || port > 65535) {
    dprintf(STDERR_FILENO, "usage: httpd [PORT]\n");
    return 2;
  }
  if (prepare_responses() < 0) {
    perror("httpd");
    return 1;
  }
  for (int i = MAX_CONNECTIONS - 1; i >= 0; i--) {
    server.connections[i].next = server.free;
    server.free = &server.connections[i];
  }
  server.listener = open_listener(port);
  if (server.listener < 0) return 1;
  server.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (server.epoll < 0 || watch(EPOLL_CTL_ADD, server.listener, EPOLLIN, NULL) < 0) {
    perror("httpd: epoll");
    return 1;
  }
  server.is_listening = 1;
  printf("httpd: listening on port %d\n", port);
  return serve();
}
