#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);
void *memchr(const void *at, int byte, size_t size);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t most);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);
char *strstr(const char *text, const char *part);

/* ASCII letters alike, big or small. */
int strncasecmp(const char *left, const char *right, size_t most);

/* Name of an error: "EADDRINUSE"; "errno" where it is none of those that programs meet. */
const char *strerrorname(int error);

#endif
