#include <string.h>

/* REP MOVSB and REP STOSB: the CPU's own loops. A loop in C would be turned into a call of this very function. */

void *memcpy(void *to, const void *from, size_t size)
{
  void *at = to;
  __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
  return to;
}

void *memset(void *start, int byte, size_t size)
{
  void *at = start;
  __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
  return start;
}

void *memmove(void *to, const void *from, size_t size)
{
  char *target = to;
  const char *source = from;
  /* Forwards is right unless the target begins inside of the source; one comparison, for the difference wraps. */
  if ((size_t)(target - source) >= size) return memcpy(to, from, size);
  while (size > 0) {
    size--;
    target[size] = source[size];
  }
  return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
  const unsigned char *a = left;
  const unsigned char *b = right;
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i]) return a[i] - b[i];
  }
  return 0;
}

void *memchr(const void *start, int byte, size_t size)
{
  const unsigned char *at = start;
  for (size_t i = 0; i < size; i++) {
    if (at[i] == (unsigned char)byte) return (void *)(at + i);
  }
  return NULL;
}

size_t strnlen(const char *text, size_t most)
{
  size_t length = 0;
  while (length < most && text[length] != '\0') length++;
  return length;
}

size_t strlen(const char *text)
{
  return strnlen(text, (size_t)-1);
}

int strncmp(const char *left, const char *right, size_t most)
{
  for (size_t i = 0; i < most; i++) {
    unsigned char a = (unsigned char)left[i];
    unsigned char b = (unsigned char)right[i];
    if (a != b) return a - b;
    if (a == '\0') break;
  }
  return 0;
}

int strcmp(const char *left, const char *right)
{
  return strncmp(left, right, (size_t)-1);
}

static int small(unsigned char character)
{
  return character >= 'A' && character <= 'Z' ? character + 'a' - 'A' : character;
}

int strncasecmp(const char *left, const char *right, size_t most)
{
  for (size_t i = 0; i < most; i++) {
    int a = small((unsigned char)left[i]);
    int b = small((unsigned char)right[i]);
    if (a != b) return a - b;
    if (a == '\0') break;
  }
  return 0;
}

char *strchr(const char *text, int character)
{
  for (;; text++) {
    if (*text == (char)character) return (char *)text;
    if (*text == '\0') return NULL;
  }
}

char *strrchr(const char *text, int character)
{
  const char *last = NULL;
  for (;; text++) {
    if (*text == (char)character) last = text;
    if (*text == '\0') return (char *)last;
  }
}

char *strstr(const char *text, const char *part)
{
  size_t length = strlen(part);
  for (;; text++) {
    if (strncmp(text, part, length) == 0) return (char *)text;
    if (*text == '\0') return NULL;
  }
}
