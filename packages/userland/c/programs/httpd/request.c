#include "request.h"

#include <string.h>

/* A piece of the request. */
struct text {
  const char *at;
  size_t size;
};

static int equals(struct text text, const char *word)
{
  return text.size == strlen(word) && memcmp(text.at, word, text.size) == 0;
}

/* Names of fields and of connection options have no case (RFC 9110, 5.1 and 7.6.1). */
static int equals_anycase(struct text text, const char *word)
{
  return text.size == strlen(word) && strncasecmp(text.at, word, text.size) == 0;
}

/* RFC 9110, 5.6.2: what methods and names of fields are made of. */
static int is_token(struct text text)
{
  for (size_t i = 0; i < text.size; i++) {
    char c = text.at[i];
    int alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alphanumeric && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) return 0;
  }
  return text.size > 0;
}

/* Takes what stands before the first `separator` off the front, and the separator; all where there is none. */
static struct text split(struct text *rest, char separator)
{
  const char *found = memchr(rest->at, separator, rest->size);
  struct text first = { rest->at, found == NULL ? rest->size : (size_t)(found - rest->at) };
  size_t taken = found == NULL ? first.size : first.size + 1;
  rest->at += taken;
  rest->size -= taken;
  return first;
}

static struct text trim(struct text text)
{
  for (; text.size > 0 && (*text.at == ' ' || *text.at == '\t'); text.at++) text.size--;
  while (text.size > 0 && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t')) text.size--;
  return text;
}

/* The next line without its end, which is CRLF, or a lone LF (RFC 9112, 2.2). 0 where there is no whole line. */
static int next_line(struct text *rest, struct text *line)
{
  if (memchr(rest->at, '\n', rest->size) == NULL) return 0;
  *line = split(rest, '\n');
  if (line->size > 0 && line->at[line->size - 1] == '\r') line->size--;
  return 1;
}

/* Which page a target names: its path, whatever the query, and whatever host an absolute form names (RFC 9112, 3.2). */
static enum request_kind page_of(struct text target)
{
  if (target.size > 7 && strncasecmp(target.at, "http://", 7) == 0) {
    target.at += 7;
    target.size -= 7;
    const char *path = memchr(target.at, '/', target.size);
    /* "http://host" is "/" (RFC 9110, 4.2.3). */
    if (path == NULL) return REQUEST_PAGE;
    target.size -= (size_t)(path - target.at);
    target.at = path;
  }
  if (target.size == 0 || *target.at != '/') return REQUEST_BAD;
  struct text path = split(&target, '?');
  if (equals(path, "/")) return REQUEST_PAGE;
  return equals(path, "/stats") ? REQUEST_STATS : REQUEST_NOT_FOUND;
}

/* RFC 9112, 3: method, target and version with single spaces between them. */
static void parse_request_line(struct text line, struct request *request)
{
  struct text method = split(&line, ' ');
  struct text target = split(&line, ' ');
  struct text version = line;
  int is_version = version.size == 8 && memcmp(version.at, "HTTP/", 5) == 0 && version.at[6] == '.' &&
                   version.at[5] >= '0' && version.at[5] <= '9' && version.at[7] >= '0' && version.at[7] <= '9';
  if (!is_token(method) || target.size == 0 || !is_version) {
    request->kind = REQUEST_BAD;
  } else if (version.at[5] != '1') {
    request->kind = REQUEST_VERSION;
  } else if (!equals(method, "GET") && !equals(method, "HEAD")) {
    request->kind = REQUEST_METHOD;
  } else {
    request->kind = page_of(target);
    request->head = equals(method, "HEAD");
  }
  /* HTTP/1.0 closes unless told otherwise, and we do not offer it the other (RFC 9112, 9.3). */
  request->keep_alive = is_version && version.at[7] != '0';
}

/* Connection: a list with commas between its options. */
static int has_option(struct text list, const char *option)
{
  while (list.size > 0) {
    if (equals_anycase(trim(split(&list, ',')), option)) return 1;
  }
  return 0;
}

/* One field. Returns 0 where it breaks the grammar. */
static int parse_field(struct text line, struct request *request, int *hosts)
{
  if (memchr(line.at, ':', line.size) == NULL) return 0;
  struct text name = split(&line, ':');
  struct text value = trim(line);
  /* No space before the colon, no line that goes on with the value before, no NUL and no CR (RFC 9112, 2.2 and 5). */
  if (!is_token(name)) return 0;
  if (memchr(value.at, '\0', value.size) != NULL || memchr(value.at, '\r', value.size) != NULL) return 0;

  if (equals_anycase(name, "host")) ++*hosts;
  if (equals_anycase(name, "connection") && has_option(value, "close")) request->keep_alive = 0;
  /* Nobody here wants a body. Where it ends is not looked for, and what follows it is not read. */
  if (equals_anycase(name, "transfer-encoding")) request->keep_alive = 0;
  if (equals_anycase(name, "content-length") && !equals(value, "0")) request->keep_alive = 0;
  return 1;
}

struct request parse_request(const char *bytes, size_t size)
{
  struct request request = { REQUEST_INCOMPLETE, 0, 0, 0 };
  struct text rest = { bytes, size };
  struct text line;

  /* Empty lines in front are left over from the request before, by clients of old (RFC 9112, 2.2). */
  do {
    if (!next_line(&rest, &line)) return request;
  } while (line.size == 0);
  struct request found = { REQUEST_INCOMPLETE, 0, 0, 0 };
  parse_request_line(line, &found);
  int needs_host = found.keep_alive;

  int hosts = 0;
  int is_bad = found.kind == REQUEST_BAD;
  for (;;) {
    if (!next_line(&rest, &line)) return request;
    if (line.size == 0) break;
    if (!is_bad && !parse_field(line, &found, &hosts)) is_bad = 1;
  }
  /* RFC 9112, 3.2: one Host, which HTTP/1.0 may leave out. */
  if (hosts > 1 || (needs_host && hosts == 0)) is_bad = 1;
  if (is_bad) found.kind = REQUEST_BAD;
  if (found.kind == REQUEST_BAD || found.kind == REQUEST_VERSION) found.keep_alive = 0;
  found.size = (size_t)(rest.at - bytes);
  return found;
}
