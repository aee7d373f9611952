/* faults [CASE]: that a program which does what no program may is ended, by the right signal, and nobody else is. Without
   an argument it starts itself once for each case; with one it is that case. One line for each check; the exit status is
   how many failed. */

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "../../check/check.h"
#include "cases.h"

static int run_one(const char *name)
{
  for (int i = 0; i < fault_count; i++) {
    if (strcmp(faults[i].name, name) == 0) {
      faults[i].run();
      dprintf(STDERR_FILENO, "faults: survived %s\n", name);
      return 1;
    }
  }
  dprintf(STDERR_FILENO, "faults: there is no case %s\n", name);
  return 2;
}

int main(int argc, char **argv)
{
  if (argc > 1) return run_one(argv[1]);
  for (int i = 0; i < fault_count; i++) {
    check_signal(check_spawn_self(argv[0], faults[i].name), faults[i].signal, faults[i].name);
  }
  /* After all of that the kernel still does what it is asked to. */
  int status = check_spawn_self(argv[0], "no-such-case");
  check(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 2, "a program that ends by itself has an exit status");
  return check_summary();
}
