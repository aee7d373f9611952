/* One client's connection: what came and is not read yet, what is to be sent and is not taken yet. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "response.h"

/* A request's header is at most so long (431 beyond). */
#define REQUEST_BYTES 2048

/* Bytes that are read and thrown away behind the last answer, at most. */
#define DRAIN_BYTES (64 * 1024)

enum connection_state {
  CONNECTION_FREE,
  CONNECTION_OPEN,
  CONNECTION_CLOSING,  /* The last answer is on its way. */
  CONNECTION_DRAINING, /* Our side is shut; what the client still sends is thrown away. */
};

struct connection {
  enum connection_state state;
  int fd;
  long active_ms;          /* When something last moved. */
  struct connection *next; /* Of those that are free. */
  struct response unsent;
  size_t drained;
  size_t used;
  char bytes[REQUEST_BYTES];
  char made[384];          /* An answer that is made for this client. */
};

struct statistics {
  long requests;
  long accepted;
  long open;
};

/* Goes on as far as it can without waiting. Answers the events of epoll to wait for, or 0 when the connection is over. */
uint32_t connection_run(struct connection *connection, struct statistics *statistics);

#endif
