#ifndef URL_H
#define URL_H

#include <synos.h>

/* What a URL names: "http://192.0.2.1:8080/path". */
struct url {
  struct sockaddr_in address;
  char host[32];     /* As it is written, with its port. */
  const char *path;  /* Within the text. */
};

/* 0, or -1 where it is no URL of this kind. */
int parse_url(const char *text, struct url *url);

#endif
