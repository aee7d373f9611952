/* Accesses that must not be survived. */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"

static void touch(volatile char *at) { (void)*at; }
static void store(volatile char *at) { *at = 1; }

static void read_unmapped(void)
{
  char *memory = map(PAGE);
  store(memory);
  munmap(memory, PAGE);
  touch(memory);
}

static void write_unmapped(void)
{
  char *memory = map(PAGE);
  store(memory);
  munmap(memory, PAGE);
  store(memory);
}

static void write_read_only(void)
{
  char *memory = map(PAGE);
  store(memory);
  mprotect(memory, PAGE, PROT_READ);
  touch(memory);
  store(memory);
}

static void read_nothing(void)
{
  char *memory = map(PAGE);
  store(memory);
  mprotect(memory, PAGE, PROT_NONE);
  touch(memory);
}

static void execute_data(void)
{
  char *memory = map(PAGE);
  /* RET, which would come back here. */
  memory[0] = (char)0xc3;
  __asm__ volatile("call *%0" : : "r"(memory) : "memory");
}

static void execute_after_mprotect(void)
{
  char *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memory[0] = (char)0xc3;
  __asm__ volatile("call *%0" : : "r"(memory) : "memory");
  mprotect(memory, PAGE, PROT_READ | PROT_WRITE);
  __asm__ volatile("call *%0" : : "r"(memory) : "memory");
}

static void read_hole(void)
{
  char *memory = map(3 * PAGE);
  memset(memory, 1, 3 * PAGE);
  munmap(memory + PAGE, PAGE);
  touch(memory);
  touch(memory + 2 * PAGE);
  touch(memory + PAGE);
}

static void write_below_heap_end(void)
{
  char *start = sbrk(2 * (long)PAGE);
  memset(start, 1, 2 * PAGE);
  sbrk(-2 * (long)PAGE);
  store(start + PAGE);
}

const struct access accesses[] = {
  { "read-unmapped", read_unmapped },
  { "write-unmapped", write_unmapped },
  { "write-read-only", write_read_only },
  { "read-without-rights", read_nothing },
  { "execute-data", execute_data },
  { "execute-after-mprotect", execute_after_mprotect },
  { "read-a-hole", read_hole },
  { "write-behind-the-heap", write_below_heap_end },
  { NULL, NULL },
};
