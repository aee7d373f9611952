#include <errno.h>
#include <stdlib.h>

#define LONG_MAX 0x7fffffffffffffffL

static int digit_of(char character)
{
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'z') return character - 'a' + 10;
  if (character >= 'A' && character <= 'Z') return character - 'A' + 10;
  return 99;
}

static int is_space(char character)
{
  return character == ' ' || (character >= '\t' && character <= '\r');
}

long strtol(const char *text, char **end, int base)
{
  const char *at = text;
  while (is_space(*at)) at++;
  int negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  /* "0x" counts only with a digit behind it: of "0xyz" the number is the 0. */
  int has_prefix = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && digit_of(at[2]) < 16;
  if ((base == 0 || base == 16) && has_prefix) {
    at += 2;
    base = 16;
  } else if (base == 0) base = *at == '0' ? 8 : 10;

  /* The number grows as a magnitude: that of the least long is one more than that of the greatest. */
  unsigned long most = (unsigned long)LONG_MAX + (unsigned long)negative;
  unsigned long number = 0;
  int too_large = 0;
  const char *first = at;
  for (; digit_of(*at) < base; at++) {
    unsigned long digit = (unsigned long)digit_of(*at);
    if (number > (most - digit) / (unsigned long)base) too_large = 1;
    else number = number * (unsigned long)base + digit;
  }
  if (end != NULL) *end = (char *)(at == first ? text : at);
  if (too_large) {
    errno = ERANGE;
    number = most;
  }
  return (long)(negative ? -number : number);
}

int atoi(const char *text)
{
  return (int)strtol(text, NULL, 10);
}
