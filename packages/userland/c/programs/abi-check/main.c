/* abi-check: that the kernel keeps to the interface: every argument where it belongs, every register as it was, the
   errors that Linux has. One line for each check; the exit status is how many failed. */

#include "../../check/check.h"
#include "cases.h"

int main(int argc, char **argv)
{
  (void)argc;
  check_registers();
  check_descriptors();
  check_errors(check_own_path(argv[0]));
  check_socket_errors();
  return check_summary();
}
