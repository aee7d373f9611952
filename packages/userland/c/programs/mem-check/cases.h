#ifndef CASES_H
#define CASES_H

#include <stddef.h>

#define PAGE ((size_t)4096)

/* Anonymous private memory for reading and writing, anywhere. */
char *map(size_t size);

/* Whether every byte is this one. */
int filled_with(const char *memory, size_t size, char byte);

void check_mmap(void);
void check_partial(void);
void check_errors(void);
void check_many(void);
void check_pattern(void);
void check_exhaustion(void);
void check_brk(void);
void check_malloc(void);

/* What must end by SIGSEGV, by name: NULL behind the last. */
struct access {
  const char *name;
  void (*run)(void);
};

extern const struct access accesses[];

#endif
