#include "url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int parse_url(const char *text, struct url *url)
{
  static const char scheme[] = "http://";
  if (strncasecmp(text, scheme, sizeof scheme - 1) != 0) return -1;
  text += sizeof scheme - 1;

  const char *slash = strchr(text, '/');
  size_t size = slash == NULL ? strlen(text) : (size_t)(slash - text);
  if (size >= sizeof url->host) return -1;
  memcpy(url->host, text, size);
  url->host[size] = '\0';
  url->path = slash == NULL ? "/" : slash;

  char name[sizeof url->host];
  memcpy(name, url->host, sizeof name);
  char *colon = strchr(name, ':');
  long port = 80;
  if (colon != NULL) {
    char *end;
    *colon = '\0';
    if (colon[1] < '0' || colon[1] > '9') return -1;
    port = strtol(colon + 1, &end, 10);
    if (*end != '\0' || port < 1 || port > 65535) return -1;
  }
  url->address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
  return inet_pton(AF_INET, name, &url->address.sin_addr) == 1 ? 0 : -1;
}
