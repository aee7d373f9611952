#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

int atoi(const char *text);
/* Bases 2 to 36, and 0: as the text says by 0x or 0. Out of range: the nearest long, and ERANGE. */
long strtol(const char *text, char **end, int base);

/* Memory for any use, on 16-byte boundaries; NULL and ENOMEM when there is none. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *memory);

__attribute__((noreturn)) void exit(int status);

#endif
