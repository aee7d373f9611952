/* Requests of HTTP/1.1 as bytes (RFC 9112). */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>

/* What a server of one page makes of a request. */
enum request_kind {
  REQUEST_INCOMPLETE, /* More bytes are needed. */
  REQUEST_PAGE,
  REQUEST_STATS,
  REQUEST_NOT_FOUND,
  REQUEST_BAD,        /* 400: it does not follow the grammar; nothing behind it can be believed. */
  REQUEST_METHOD,     /* 405 */
  REQUEST_VERSION,    /* 505 */
};

struct request {
  enum request_kind kind;
  int head;        /* HEAD: the answer has no body. */
  int keep_alive;  /* The connection is good for another request. */
  size_t size;     /* How many bytes the request was. */
};

/* Reads the first request among these bytes. Never looks beyond them. */
struct request parse_request(const char *bytes, size_t size);

#endif
