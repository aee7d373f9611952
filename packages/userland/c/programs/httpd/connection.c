#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "request.h"

/* How a step of a connection ended. */
enum progress { DONE, WAIT_TO_SEND, WAIT_TO_RECEIVE, OVER };

static enum progress send_unsent(struct connection *connection)
{
  while (connection->unsent.size > 0) {
    ssize_t sent = send(connection->fd, connection->unsent.at, connection->unsent.size, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? WAIT_TO_SEND : OVER;
    }
    connection->unsent.at += sent;
    connection->unsent.size -= (size_t)sent;
  }
  return DONE;
}

static struct response stats_response(struct connection *connection, const struct request *request,
                                      const struct statistics *statistics)
{
  char text[128];
  snprintf(text, sizeof text, "requests %ld\naccepted %ld\nopen %ld\n", statistics->requests, statistics->accepted,
           statistics->open);
  return write_response(connection->made, sizeof connection->made, text, request->head, request->keep_alive);
}

static struct response answer_to(struct connection *connection, const struct request *request,
                                 const struct statistics *statistics)
{
  static const enum response_kind kinds[] = {
    [REQUEST_PAGE] = RESPONSE_PAGE,
    [REQUEST_NOT_FOUND] = RESPONSE_NOT_FOUND,
    [REQUEST_BAD] = RESPONSE_BAD_REQUEST,
    [REQUEST_METHOD] = RESPONSE_METHOD_NOT_ALLOWED,
    [REQUEST_VERSION] = RESPONSE_VERSION,
  };
  if (request->kind == REQUEST_STATS) return stats_response(connection, request, statistics);
  return response_of(kinds[request->kind], request->head, request->keep_alive);
}

/* Answers the requests that have come whole, one after the other (pipelining: RFC 9112, 9.3.2). */
static enum progress answer_requests(struct connection *connection, struct statistics *statistics)
{
  size_t read = 0;
  enum progress progress = DONE;
  while (progress == DONE && connection->state == CONNECTION_OPEN) {
    struct request request = parse_request(connection->bytes + read, connection->used - read);
    if (request.kind == REQUEST_INCOMPLETE) {
      if (connection->used - read < sizeof connection->bytes) break;
      request = (struct request){ .size = connection->used };
      connection->unsent = response_of(RESPONSE_TOO_LARGE, 0, 0);
    } else connection->unsent = answer_to(connection, &request, statistics);
    statistics->requests++;
    read += request.size;
    if (!request.keep_alive) connection->state = CONNECTION_CLOSING;
    progress = send_unsent(connection);
  }
  connection->used -= read;
  memmove(connection->bytes, connection->bytes + read, connection->used);
  return progress;
}

/* Reads once: a client that sends without an end must not keep the others waiting. */
static enum progress receive(struct connection *connection)
{
  char *room = connection->bytes + connection->used;
  ssize_t received = recv(connection->fd, room, sizeof connection->bytes - connection->used, 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR ? WAIT_TO_RECEIVE : OVER;
  if (received == 0) return OVER;
  connection->used += (size_t)received;
  return DONE;
}

/* A close with bytes unread would be a reset, which may overtake the last answer on its way (RFC 9112, 9.6). So our side
   says that it is done, and the client's bytes go nowhere until it is done too. */
static enum progress drain(struct connection *connection)
{
  if (connection->state == CONNECTION_CLOSING) {
    if (shutdown(connection->fd, SHUT_WR) < 0) return OVER;
    connection->state = CONNECTION_DRAINING;
    connection->used = 0;
  }
  enum progress progress = receive(connection);
  connection->drained += connection->used;
  connection->used = 0;
  if (progress != DONE) return progress;
  return connection->drained > DRAIN_BYTES ? OVER : WAIT_TO_RECEIVE;
}

uint32_t connection_run(struct connection *connection, struct statistics *statistics)
{
  enum progress progress = send_unsent(connection);
  /* Requests that were left because an answer did not go out whole. */
  if (progress == DONE) progress = answer_requests(connection, statistics);
  if (progress == DONE && connection->state == CONNECTION_OPEN) {
    progress = receive(connection);
    if (progress == DONE) progress = answer_requests(connection, statistics);
  }
  if (progress == DONE) progress = connection->state == CONNECTION_OPEN ? WAIT_TO_RECEIVE : drain(connection);
  if (progress == OVER) return 0;
  return progress == WAIT_TO_SEND ? EPOLLOUT : EPOLLIN;
}
