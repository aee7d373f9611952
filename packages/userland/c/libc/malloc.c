/* A heap on brk: a list of free blocks in the order of their addresses, first fit, neighbours joined
   (Kernighan and Ritchie, The C Programming Language, 8.7). */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In front of every block. The size counts this header and is a multiple of 16. */
struct block {
  size_t size;
  struct block *next;
};

_Static_assert(sizeof(struct block) == 16, "what is behind a header is on a 16-byte boundary");

/* Asked of the kernel at least, so that most calls stay in the program. */
#define LEAST_GROWTH ((size_t)64 * 1024)

static struct block *first_free;

static struct block *end_of(struct block *block)
{
  return (struct block *)((char *)block + block->size);
}

/* Puts a block back in its place, and joins it with the free blocks on both sides. */
static void give_back(struct block *block)
{
  struct block *before = NULL;
  struct block *after = first_free;
  while (after != NULL && after < block) {
    before = after;
    after = after->next;
  }
  block->next = after;
  if (before == NULL) first_free = block;
  else before->next = block;

  if (after != NULL && end_of(block) == after) {
    block->size += after->size;
    block->next = after->next;
  }
  if (before != NULL && end_of(before) == block) {
    before->size += block->size;
    before->next = block->next;
  }
}

static int grow(size_t size)
{
  size_t growth = size < LEAST_GROWTH ? LEAST_GROWTH : size;
  /* A heap may begin anywhere: what is missing to 16 bytes is asked for once more. */
  size_t lost = -(uintptr_t)sbrk(0) & 15;
  char *place = sbrk((long)(lost + growth));
  if (place == (char *)-1) return -1;
  struct block *block = (struct block *)(place + lost);
  block->size = growth;
  give_back(block);
  return 0;
}

/* Takes so much from the first free block that has it, or nothing. */
static struct block *take(size_t size)
{
  struct block **link = &first_free;
  for (; *link != NULL; link = &(*link)->next) {
    struct block *block = *link;
    if (block->size < size) continue;
    if (block->size - size >= 2 * sizeof(struct block)) {
      struct block *rest = (struct block *)((char *)block + size);
      rest->size = block->size - size;
      rest->next = block->next;
      *link = rest;
      block->size = size;
    } else *link = block->next;
    return block;
  }
  return NULL;
}

void *malloc(size_t size)
{
  if (size > PTRDIFF_MAX - LEAST_GROWTH) {
    errno = ENOMEM;
    return NULL;
  }
  size_t whole = (size + sizeof(struct block) + 15) & ~(size_t)15;
  struct block *block = take(whole);
  if (block == NULL && grow(whole) == 0) block = take(whole);
  return block == NULL ? NULL : block + 1;
}

void free(void *memory)
{
  if (memory != NULL) give_back((struct block *)memory - 1);
}

void *calloc(size_t count, size_t size)
{
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) {
    errno = ENOMEM;
    return NULL;
  }
  void *memory = malloc(whole);
  if (memory != NULL) memset(memory, 0, whole);
  return memory;
}

void *realloc(void *old, size_t size)
{
  if (old == NULL) return malloc(size);
  size_t had = ((struct block *)old - 1)->size - sizeof(struct block);
  if (size <= had) return old;
  void *memory = malloc(size);
  if (memory == NULL) return NULL;
  memcpy(memory, old, had);
  free(old);
  return memory;
}
