/* A kernel of sockets for one server, in this process: no socket is opened. Clients come from standard input, one a line:
   `ENDING LIMIT HEX`, where ENDING is how the client behaves when all is sent (`h` half-closes at once, `w` waits for the
   server's end and closes then, `n` never closes, `r` resets, `s` is silent for five
   seconds first and half-closes at the end), LIMIT is how many bytes it takes of the answer before it
   resets (-1: all), and HEX what it sends. Chance decides how many bytes each call moves, when there is EAGAIN, and which
   of the ready descriptors epoll tells. In the end it prints a line for each client: whether the server closed, and how
   the client saw the end, and what it got in HEX. */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "host.h"

enum { LISTENER = 3, EPOLL = 4, FIRST = 5, MOST = 4096 };

struct client {
  char ending;
  long limit;
  unsigned char *sends;
  size_t size;
  size_t sent;
  unsigned char *got;
  size_t got_size;
  int accepted;
  long accepted_ms;
  int closed;    /* The server did. */
  int shut;      /* The server said that it sends no more. */
  int watched;
  struct epoll_event event;
};

static struct client *clients;
static int client_count;
static int next_client;
static int open_count;
static int limit_of_descriptors;
static struct epoll_event listener_event;
static int listener_watched;
static long clock_ms = 1000;
static long idle_rounds;

static long fail(int error)
{
  synos_errno = error;
  return -1;
}

static void panic(const char *why)
{
  printf("fake kernel: %s\n", why);
  exit(3);
}

static struct client *client_of(int fd)
{
  int index = fd - FIRST;
  if (index < 0 || index >= client_count || !clients[index].accepted || clients[index].closed) panic("a descriptor that is not open");
  return &clients[index];
}

static int is_reset(const struct client *client)
{
  if (client->limit >= 0 && client->got_size >= (size_t)client->limit) return 1;
  return client->ending == 'r' && client->sent == client->size;
}

/* What can be received of it now. */
static size_t waiting(const struct client *client)
{
  if (client->ending == 's' && clock_ms < client->accepted_ms + 5000) return 0;
  return client->size - client->sent;
}

static int at_end(const struct client *client)
{
  if (client->sent < client->size) return 0;
  return client->ending == 'h' || client->ending == 's' || (client->ending == 'w' && client->shut);
}

int synos_socket(int domain, int type, int protocol) { return domain == 2 && (type & 15) == 1 ? LISTENER : -1; }
int synos_setsockopt(int fd, int level, int option, const void *value, unsigned size) { return 0; }
int synos_bind(int fd, const void *address, unsigned size) { return 0; }
int synos_listen(int fd, int backlog) { return 0; }
int synos_epoll_create1(int flags) { return EPOLL; }
long synos_monotonic_ms(void) { return clock_ms; }

int synos_accept4(int fd, void *address, void *size, int flags)
{
  if (fd != LISTENER || !(flags & SOCK_NONBLOCK)) panic("accept that would block");
  if (next_client == client_count) return (int)fail(EAGAIN);
  if (random_below(20) == 0) return (int)fail(random_below(2) ? ECONNABORTED : EINTR);
  if (open_count >= limit_of_descriptors) return (int)fail(EMFILE);
  clients[next_client].accepted = 1;
  clients[next_client].accepted_ms = clock_ms;
  open_count++;
  return FIRST + next_client++;
}

long synos_recv(int fd, void *into, size_t size, int flags)
{
  struct client *client = client_of(fd);
  if (size == 0) panic("recv of nothing");
  size_t left = waiting(client);
  if (random_below(8) == 0) return fail(random_below(4) == 0 ? EINTR : EAGAIN);
  if (is_reset(client)) return fail(ECONNRESET);
  if (left == 0) return at_end(client) ? 0 : fail(EAGAIN);
  size_t part = random_below(3) == 0 ? 1 + random_below(5) : 1 + random_below(3000);
  if (part > left) part = left;
  if (part > size) part = size;
  memcpy(into, client->sends + client->sent, part);
  client->sent += part;
  return (long)part;
}

long synos_send(int fd, const void *from, size_t size, int flags)
{
  struct client *client = client_of(fd);
  if (!(flags & MSG_NOSIGNAL)) panic("send that may raise SIGPIPE");
  if (client->shut) panic("send behind shutdown");
  if (random_below(6) == 0) return fail(random_below(4) == 0 ? EINTR : EAGAIN);
  if (is_reset(client)) return fail(random_below(2) ? EPIPE : ECONNRESET);
  size_t part = random_below(3) == 0 ? 1 + random_below(9) : 1 + random_below(3000);
  if (part > size) part = size;
  client->got = realloc(client->got, client->got_size + part);
  memcpy(client->got + client->got_size, from, part);
  client->got_size += part;
  return (long)part;
}

int synos_shutdown(int fd, int how)
{
  struct client *client = client_of(fd);
  if (how != SHUT_WR) panic("shutdown of the wrong side");
  if (is_reset(client)) return (int)fail(ENOTCONN);
  client->shut = 1;
  return 0;
}

int synos_close(int fd)
{
  struct client *client = client_of(fd);
  client->closed = 1;
  client->watched = 0;
  open_count--;
  return 0;
}

int synos_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
  if (fd == LISTENER) {
    listener_watched = 1;
    listener_event = *event;
    return 0;
  }
  struct client *client = client_of(fd);
  if (client->watched != (operation == EPOLL_CTL_MOD)) panic("epoll_ctl that does not fit");
  client->watched = 1;
  client->event = *event;
  return 0;
}

static unsigned ready_events(const struct client *client)
{
  if (is_reset(client)) return EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLOUT;
  return EPOLLOUT | (waiting(client) > 0 || at_end(client) ? EPOLLIN : 0);
}

static void finish(void)
{
  for (int i = 0; i < client_count; i++) {
    const struct client *client = &clients[i];
    printf("%s %s ", client->closed ? "closed" : client->accepted ? "open" : "waiting", client->shut ? "shut" : "-");
    for (size_t k = 0; k < client->got_size; k++) printf("%02x", client->got[k]);
    printf("\n");
  }
  exit(0);
}

int synos_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
  int count = 0;
  int start = client_count == 0 ? 0 : (int)random_below((uint64_t)client_count);
  clock_ms += (long)random_below(2);
  if (random_below(30) == 0) return (int)fail(EINTR);
  if ((listener_event.events & EPOLLIN) && next_client < client_count) events[count++] = listener_event;
  for (int i = 0; i < client_count && count < most; i++) {
    struct client *client = &clients[(start + i) % client_count];
    if (!client->watched || random_below(3) == 0) continue;
    unsigned told = ready_events(client) & (client->event.events | EPOLLERR | EPOLLHUP);
    if (told == 0) continue;
    events[count] = client->event;
    events[count++].events = told;
  }
  if (count > 0) {
    idle_rounds = 0;
    return count;
  }
  /* Some rounds without anything, so that chance does not look like idleness; then time passes, and then it is over. */
  if (++idle_rounds < 20) return 0;
  if (timeout_ms < 0 || idle_rounds > 200) finish();
  clock_ms += timeout_ms;
  return 0;
}

int synos_main(int argc, char **argv, char **envp);

int main(int argc, char **argv, char **envp)
{
  if (argc != 3) return 2;
  seed_random(strtoul(argv[1], NULL, 10));
  limit_of_descriptors = atoi(argv[2]);
  clients = calloc(MOST, sizeof *clients);
  char *line = NULL;
  size_t room = 0;
  while (client_count < MOST && getline(&line, &room, stdin) > 0) {
    struct client *client = &clients[client_count++];
    int at = 0;
    client->sends = malloc(strlen(line) / 2 + 1);
    if (sscanf(line, "%c %ld %n", &client->ending, &client->limit, &at) < 2) return 2;
    for (const char *hex = line + at; sscanf(hex, "%2hhx", &client->sends[client->size]) == 1; hex += 2) client->size++;
  }
  char *arguments[] = { "httpd", "8080", NULL };
  return synos_main(2, arguments, envp);
}
