#include "response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

/* Longer than any header below. */
#define HEADER_BYTES 256

/* An answer as it is sent: twice, without and with "Connection: close". */
struct prepared {
  size_t header_size;
  size_t size;
  char *bytes;
};

static struct prepared prepared[RESPONSE_KINDS][2];

static const char *const statuses[RESPONSE_KINDS] = {
  [RESPONSE_PAGE] = "200 OK",
  [RESPONSE_BAD_REQUEST] = "400 Bad Request",
  [RESPONSE_NOT_FOUND] = "404 Not Found",
  [RESPONSE_METHOD_NOT_ALLOWED] = "405 Method Not Allowed\r\nAllow: GET, HEAD",
  [RESPONSE_TOO_LARGE] = "431 Request Header Fields Too Large",
  [RESPONSE_VERSION] = "505 HTTP Version Not Supported",
};

static const char *const texts[RESPONSE_KINDS] = {
  [RESPONSE_PAGE] = page,
  [RESPONSE_BAD_REQUEST] = "That was no request of HTTP/1.1.\n",
  [RESPONSE_NOT_FOUND] = "There is nothing here. The page is at /.\n",
  [RESPONSE_METHOD_NOT_ALLOWED] = "GET and HEAD are all that can be done here.\n",
  [RESPONSE_TOO_LARGE] = "The header of that request is too long.\n",
  [RESPONSE_VERSION] = "HTTP/1.0 and HTTP/1.1 are understood here.\n",
};

static int write_header(char *room, size_t size, const char *status, const char *type, size_t body_size, int closes)
{
  return snprintf(room, size, "HTTP/1.1 %s\r\nServer: synos-httpd\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
                  status, type, body_size, closes ? "Connection: close\r\n" : "");
}

int prepare_responses(void)
{
  for (int kind = 0; kind < RESPONSE_KINDS; kind++) {
    const char *type = kind == RESPONSE_PAGE ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
    size_t body_size = kind == RESPONSE_PAGE ? page_size : strlen(texts[kind]);
    for (int closes = 0; closes < 2; closes++) {
      char header[HEADER_BYTES];
      size_t header_size = (size_t)write_header(header, sizeof header, statuses[kind], type, body_size, closes);
      char *bytes = malloc(header_size + body_size);
      if (bytes == NULL) return -1;
      memcpy(bytes, header, header_size);
      memcpy(bytes + header_size, texts[kind], body_size);
      prepared[kind][closes] = (struct prepared){ header_size, header_size + body_size, bytes };
    }
  }
  return 0;
}

struct response response_of(enum response_kind kind, int head, int keep_alive)
{
  const struct prepared *answer = &prepared[kind][!keep_alive];
  return (struct response){ answer->bytes, head ? answer->header_size : answer->size };
}

struct response write_response(char *room, size_t size, const char *text, int head, int keep_alive)
{
  int length = write_header(room, size, "200 OK", "text/plain; charset=utf-8", strlen(text), !keep_alive);
  if (!head) length += snprintf(room + length, size - (size_t)length, "%s", text);
  return (struct response){ room, (size_t)length };
}
