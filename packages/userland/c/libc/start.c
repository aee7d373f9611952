/* Where a program begins. */

#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp);

char **environ;
int errno;

/* The kernel jumps here with nothing but a stack: argc, argv, a NULL, envp, a NULL (System V ABI for x86-64, 3.4.1).
   Its frame has no caller, hence rbp = 0, and C wants the stack on a 16-byte boundary before a call. */
__asm__(
  ".section .text._start, \"ax\"\n"
  ".globl _start\n"
  "_start:\n"
  "  xor %ebp, %ebp\n"
  "  mov %rsp, %rdi\n"
  "  and $-16, %rsp\n"
  "  call start_main\n"
  "  ud2\n"
  ".text\n"
);

__attribute__((noreturn, used)) void start_main(long *stack)
{
  int argc = (int)stack[0];
  char **argv = (char **)(stack + 1);
  environ = argv + argc + 1;
  exit(main(argc, argv, environ));
}

void exit(int status)
{
  _exit(status);
}
