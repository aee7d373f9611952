/* mem-check [CASE]: that memory is given, kept apart, and taken back: mmap, munmap, mprotect, brk, malloc. Without an
   argument it makes all checks, and starts itself once for each access that must not be survived; with one it is that
   access. One line for each check; the exit status is how many failed. */

#include <stdio.h>
#include <string.h>

#include "../../check/check.h"
#include "cases.h"
#include <synos.h>

static int run_one(const char *name)
{
  for (const struct access *access = accesses; access->name != NULL; access++) {
    if (strcmp(access->name, name) == 0) {
      access->run();
      dprintf(STDERR_FILENO, "mem-check: survived %s\n", name);
      return 1;
    }
  }
  return 2;
}

int main(int argc, char **argv)
{
  if (argc > 1) return run_one(argv[1]);
  check_mmap();
  check_partial();
  check_errors();
  check_many();
  check_pattern();
  check_exhaustion();
  check_brk();
  check_malloc();
  for (const struct access *access = accesses; access->name != NULL; access++) {
    check_signal(check_spawn_self(argv[0], access->name), SIGSEGV, access->name);
  }
  return check_summary();
}
