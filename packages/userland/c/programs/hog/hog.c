/* hog [SECONDS]: uses the CPU and never waits, for so long or until it is killed. It says how far it came four times a
   second: beside others a scheduler that is fair lets it advance, and a kernel that cannot preempt never runs again. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REPORT_MS 250

int main(int argc, char **argv)
{
  long end_ms = argc > 1 ? monotonic_ms() + 1000 * strtol(argv[1], NULL, 10) : -1;
  long report_ms = monotonic_ms() + REPORT_MS;
  pid_t pid = getpid();
  /* volatile: every addition is made, and none of them is a system call. */
  volatile unsigned long rounds = 0;
  for (;;) {
    for (int i = 0; i < 20000; i++) rounds++;
    long now_ms = monotonic_ms();
    if (now_ms >= report_ms) {
      printf("hog %d: %lu rounds\n", pid, rounds);
      report_ms = now_ms + REPORT_MS;
    }
    if (end_ms >= 0 && now_ms >= end_ms) break;
  }
  printf("hog %d: done after %lu rounds\n", pid, rounds);
  return 0;
}
