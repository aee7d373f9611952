// System calls that no program here may make: natively they must not be executed, and answer ENOSYS.
#include "program.h"

int program(void) {
  line("mkdir", (uint64_t)system_call(83, (long)"/tmp/synos-must-not-exist", 0755, 0));
  line("open", (uint64_t)system_call(2, (long)"/etc/passwd", 0, 0));
  line("socket", (uint64_t)system_call(41, 2, 1, 0));
  line("fork", (uint64_t)system_call(57, 0, 0, 0));
  return 3;
}
