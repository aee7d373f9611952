#include "host.h"

#include <stdlib.h>
#include <unistd.h>

int synos_errno;

static uint64_t state = 1;

void seed_random(uint64_t seed)
{
  state = seed * 2654435761u + 1;
}

uint64_t random_bits(void)
{
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1du;
}

uint64_t random_below(uint64_t limit)
{
  return (random_bits() >> 11) % limit;
}

int synos_write_all(int fd, const void *from, size_t size)
{
  return write(fd, from, size) == (ssize_t)size ? 0 : -1;
}

/* A heap of 16 MB that begins in the middle of a word. */
void *synos_sbrk(long change)
{
  static char *heap;
  static long used = 5;
  const long size = 16 << 20;
  if (heap == NULL) heap = malloc((size_t)size);
  if (used + change > size || used + change < 5) {
    synos_errno = 12;
    return (void *)-1;
  }
  void *old = heap + used;
  used += change;
  return old;
}
