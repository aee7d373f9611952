#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

int inet_pton(int family, const char *text, void *address)
{
  if (family != AF_INET) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  unsigned char bytes[4];
  for (int i = 0; i < 4; i++) {
    if (i > 0 && *text++ != '.') return 0;
    int number = 0;
    int digits = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
      /* "01" is octal to some and decimal to others, hence no address at all. */
      if (digits > 0 && number == 0) return 0;
      number = number * 10 + (*text - '0');
      digits++;
      if (number > 255) return 0;
    }
    if (digits == 0) return 0;
    bytes[i] = (unsigned char)number;
  }
  if (*text != '\0') return 0;
  for (int i = 0; i < 4; i++) ((unsigned char *)address)[i] = bytes[i];
  return 1;
}

const char *inet_ntop(int family, const void *address, char *text, socklen_t size)
{
  if (family != AF_INET) {
    errno = EAFNOSUPPORT;
    return NULL;
  }
  const unsigned char *bytes = address;
  char whole[INET_ADDRSTRLEN];
  int length = snprintf(whole, sizeof whole, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
  if ((socklen_t)length >= size) {
    errno = ENOSPC;
    return NULL;
  }
  for (int i = 0; i <= length; i++) text[i] = whole[i];
  return text;
}
