/* Answers, written once when the program starts. */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stddef.h>

enum response_kind {
  RESPONSE_PAGE,
  RESPONSE_BAD_REQUEST,
  RESPONSE_NOT_FOUND,
  RESPONSE_METHOD_NOT_ALLOWED,
  RESPONSE_TOO_LARGE,
  RESPONSE_VERSION,
  RESPONSE_KINDS,
};

/* Bytes that are to be sent. */
struct response {
  const char *at;
  size_t size;
};

/* 0, or -1 when there is no memory. */
int prepare_responses(void);

/* Header and body; for HEAD the header alone. It says so when the connection ends with it. */
struct response response_of(enum response_kind kind, int head, int keep_alive);

/* A text that is made now, into `room`. */
struct response write_response(char *room, size_t size, const char *text, int head, int keep_alive);

#endif
