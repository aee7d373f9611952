#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"

void check_brk(void)
{
  char *start = sbrk(0);
  check(start != NULL, "brk says where the heap ends");
  check(sbrk(3 * (long)PAGE) == start, "the heap grows");
  check(sbrk(0) == start + 3 * PAGE, "by as much as was asked for");
  check(filled_with(start, 3 * PAGE, 0), "new heap is zero");
  memset(start, 0x55, 3 * PAGE);
  check(filled_with(start, 3 * PAGE, 0x55), "and can be written");
  check(sbrk(-2 * (long)PAGE) == start + 3 * PAGE, "the heap shrinks");
  check(filled_with(start, PAGE, 0x55), "what is left stays");
  check(sbrk(2 * (long)PAGE) == start + PAGE, "the heap grows again");
  /* It may end inside of a page, which stayed as it was; the next ones are new. */
  char *next = (char *)(((uintptr_t)start + 2 * PAGE - 1) & ~(PAGE - 1));
  check(filled_with(next, (size_t)(start + 3 * PAGE - next), 0), "and what it lost is zero");
  check_errno((long)sbrk((long)1 << 40), ENOMEM, "a terabyte of heap");
  check(sbrk(0) == start + 3 * PAGE, "and the end is where it was");
  sbrk(-3 * (long)PAGE);
}

static uint32_t next_random(uint32_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* Each block is filled with a byte of its own: a block that overlaps another spoils it. */
void check_malloc(void)
{
  enum { BLOCKS = 64, ROUNDS = 4000 };
  static char *blocks[BLOCKS];
  static size_t sizes[BLOCKS];
  uint32_t random = 2463534242;
  int spoiled = 0;
  int unaligned = 0;
  int refused = 0;
  for (int round = 0; round < ROUNDS; round++) {
    uint32_t i = next_random(&random) % BLOCKS;
    if (blocks[i] != NULL) {
      if (!filled_with(blocks[i], sizes[i], (char)i)) spoiled++;
      free(blocks[i]);
      blocks[i] = NULL;
      continue;
    }
    sizes[i] = next_random(&random) % (round % 50 == 0 ? 20000 : 300);
    blocks[i] = malloc(sizes[i]);
    if (blocks[i] == NULL) refused++;
    else memset(blocks[i], (int)i, sizes[i]);
    if ((uintptr_t)blocks[i] % 16 != 0) unaligned++;
  }
  for (int i = 0; i < BLOCKS; i++) {
    if (blocks[i] != NULL && !filled_with(blocks[i], sizes[i], (char)i)) spoiled++;
    free(blocks[i]);
    blocks[i] = NULL;
  }
  check_equal(refused, 0, "malloc has memory");
  check_equal(unaligned, 0, "on 16-byte boundaries");
  check_equal(spoiled, 0, "and no block overlaps another");
  check(malloc((size_t)-1) == NULL && errno == ENOMEM, "malloc of all bytes there are");
  check(calloc((size_t)1 << 40, (size_t)1 << 40) == NULL && errno == ENOMEM, "calloc of a product that overflows");
  char *text = malloc(4);
  memcpy(text, "abc", 4);
  text = realloc(text, 5000);
  check(text != NULL && strcmp(text, "abc") == 0, "realloc keeps what was there");
  free(text);
}
