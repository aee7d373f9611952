#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../../check/check.h"
#include "cases.h"

char *map(size_t size)
{
  return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int filled_with(const char *memory, size_t size, char byte)
{
  for (size_t i = 0; i < size; i++) {
    if (memory[i] != byte) return 0;
  }
  return 1;
}

/* The first kernel of this design answered equal lengths with equal addresses, and mapped nothing. */
void check_mmap(void)
{
  char *a = map(3 * PAGE);
  char *b = map(3 * PAGE);
  if (!check(a != MAP_FAILED && b != MAP_FAILED, "mmap answers twice")) return;
  check(a != b, "equal lengths are given different addresses");
  check(a + 3 * PAGE <= b || b + 3 * PAGE <= a, "what is mapped does not overlap");
  check_equal((long)a % (long)PAGE, 0, "a mapping begins with a page");
  check(filled_with(a, 3 * PAGE, 0) && filled_with(b, 3 * PAGE, 0), "new memory is zero");
  memset(a, 0x11, 3 * PAGE);
  memset(b, 0x22, 3 * PAGE);
  check(filled_with(a, 3 * PAGE, 0x11), "what was written is read");
  check(filled_with(b, 3 * PAGE, 0x22), "and the other mapping is another");

  check_equal(munmap(a, 3 * PAGE), 0, "munmap answers 0");
  check_equal(munmap(a, 3 * PAGE), 0, "munmap of what is not mapped is no error");
  char *c = map(3 * PAGE);
  check(c != MAP_FAILED && filled_with(c, 3 * PAGE, 0), "memory that was used before is zero again");
  munmap(b, 3 * PAGE);
  munmap(c, 3 * PAGE);
}

void check_partial(void)
{
  char *memory = map(5 * PAGE);
  if (!check(memory != MAP_FAILED, "five pages")) return;
  memset(memory, 0x33, 5 * PAGE);
  check_equal(munmap(memory + 2 * PAGE, PAGE), 0, "munmap of the page in the middle");
  check(filled_with(memory, 2 * PAGE, 0x33), "the pages before it stay");
  check(filled_with(memory + 3 * PAGE, 2 * PAGE, 0x33), "the pages behind it stay");

  char *hole = mmap(memory + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  check(hole == memory + 2 * PAGE, "MAP_FIXED answers the address that it is told");
  check(filled_with(hole, PAGE, 0), "and the page there is new");
  hole = mmap(memory, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  check(hole == memory && filled_with(memory, PAGE, 0), "MAP_FIXED replaces what was there");
  check(filled_with(memory + PAGE, PAGE, 0x33), "and nothing else");

  check_equal(mprotect(memory + PAGE, PAGE, PROT_READ), 0, "mprotect to read-only");
  check(filled_with(memory + PAGE, PAGE, 0x33), "what is there can still be read");
  check_equal(mprotect(memory + PAGE, PAGE, PROT_READ | PROT_WRITE), 0, "mprotect back");
  memory[PAGE] = 0x44;
  check_equal(memory[PAGE], 0x44, "and it can be written again");
  check_equal(munmap(memory, 5 * PAGE), 0, "munmap of all of it");
}

void check_errors(void)
{
  const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  char *memory = map(PAGE);
  check_errno((long)mmap(NULL, 0, PROT_READ, anonymous, -1, 0), EINVAL, "mmap of no bytes");
  check_errno((long)mmap(NULL, (size_t)-1, PROT_READ, anonymous, -1, 0), ENOMEM, "mmap of all bytes there are");
  check_errno((long)mmap(NULL, (size_t)1 << 40, PROT_READ | PROT_WRITE, anonymous, -1, 0), ENOMEM, "mmap of a terabyte");
  check_errno((long)mmap(memory + 1, PAGE, PROT_READ, anonymous | MAP_FIXED, -1, 0), EINVAL,
              "MAP_FIXED inside of a page");
  check_errno((long)mmap((void *)0xffff800000000000, PAGE, PROT_READ, anonymous | MAP_FIXED, -1, 0), ENOMEM,
              "MAP_FIXED in the kernel's half");
  check_errno((long)mmap((void *)0x00007ffffffff000, PAGE, PROT_READ, anonymous | MAP_FIXED, -1, 0), ENOMEM,
              "MAP_FIXED on the last page below the hole");
  check_errno(munmap(memory + 1, PAGE), EINVAL, "munmap inside of a page");
  check_errno(munmap(memory, 0), EINVAL, "munmap of no bytes");
  check_errno(munmap((void *)0xffff800000000000, PAGE), EINVAL, "munmap of the kernel's memory");
  check_errno(mprotect(memory + 1, PAGE, PROT_READ), EINVAL, "mprotect inside of a page");
  munmap(memory, PAGE);
  check_errno(mprotect(memory, PAGE, PROT_READ), ENOMEM, "mprotect of what is not mapped");
}

/* More page tables than one, and more mappings than a few. */
void check_many(void)
{
  enum { COUNT = 512, PAGES = 4 };
  static char *mappings[COUNT];
  int wrong = 0;
  for (int i = 0; i < COUNT; i++) {
    mappings[i] = map(PAGES * PAGE);
    if (mappings[i] == MAP_FAILED) {
      check(0, "512 mappings of four pages");
      return;
    }
    for (size_t page = 0; page < PAGES; page++) *(size_t *)(mappings[i] + page * PAGE) = (size_t)i * PAGES + page;
  }
  for (int i = 0; i < COUNT; i++) {
    for (size_t page = 0; page < PAGES; page++) {
      if (*(size_t *)(mappings[i] + page * PAGE) != (size_t)i * PAGES + page) wrong++;
    }
  }
  check_equal(wrong, 0, "2048 pages each hold their own number");
  for (int i = 0; i < COUNT; i++) wrong += munmap(mappings[i], PAGES * PAGE) != 0;
  check_equal(wrong, 0, "and all are given back");
}

void check_pattern(void)
{
  const size_t size = (size_t)8 << 20;
  unsigned long *words = (unsigned long *)map(size);
  if (!check(words != MAP_FAILED, "8 MB")) return;
  unsigned long value = 1;
  for (size_t i = 0; i < size / sizeof *words; i += 8) {
    words[i] = value;
    value = value * 6364136223846793005 + 1442695040888963407;
  }
  value = 1;
  int wrong = 0;
  for (size_t i = 0; i < size / sizeof *words; i += 8) {
    if (words[i] != value) wrong++;
    value = value * 6364136223846793005 + 1442695040888963407;
  }
  check_equal(wrong, 0, "a pattern over 8 MB is read as it was written");
  munmap(words, size);
}

/* Memory runs out at mmap, with an error; never later, by a death. */
void check_exhaustion(void)
{
  enum { MOST = 4096 };
  static char *mappings[MOST];
  const size_t size = (size_t)1 << 20;
  int count = 0;
  for (; count < MOST; count++) {
    mappings[count] = map(size);
    if (mappings[count] == MAP_FAILED) break;
    mappings[count][0] = 1;
  }
  check(count > 0, "some megabytes are there");
  if (count < MOST) check_equal(errno, ENOMEM, "and when no more are, mmap says ENOMEM");
  int wrong = 0;
  for (int i = 0; i < count; i++) {
    /* What was promised is there, to its last page. */
    for (size_t page = 0; page < size; page += PAGE) mappings[i][page] = 2;
  }
  for (int i = 0; i < count; i++) wrong += munmap(mappings[i], size) != 0;
  check_equal(wrong, 0, "what was mapped could be written and given back");
  char *again = map(size);
  check(again != MAP_FAILED, "and is there for the next");
  munmap(again, size);
}
