#include "registers.h"

#include <stddef.h>

_Static_assert(offsetof(struct registers, r8) == 56 && offsetof(struct registers, rflags) == 120, "offsets below");

__asm__(
  ".text\n"
  ".globl trap_with_registers\n"
  "trap_with_registers:\n"
  /* What a function must not change (System V ABI for x86-64, 3.2.1), and where the result goes. */
  "  push %rbx\n"
  "  push %rbp\n"
  "  push %r12\n"
  "  push %r13\n"
  "  push %r14\n"
  "  push %r15\n"
  "  push %rsi\n"
  "  mov %rsp, saved_stack(%rip)\n"
  "  mov %rdi, %rax\n"
  "  mov 8(%rax), %rbx\n"
  "  mov 16(%rax), %rcx\n"
  "  mov 24(%rax), %rdx\n"
  "  mov 32(%rax), %rsi\n"
  "  mov 40(%rax), %rdi\n"
  "  mov 48(%rax), %rbp\n"
  "  mov 56(%rax), %r8\n"
  "  mov 64(%rax), %r9\n"
  "  mov 72(%rax), %r10\n"
  "  mov 80(%rax), %r11\n"
  "  mov 88(%rax), %r12\n"
  "  mov 96(%rax), %r13\n"
  "  mov 104(%rax), %r14\n"
  "  mov 112(%rax), %r15\n"
  "  push 120(%rax)\n"
  "  mov (%rax), %rax\n"
  "  popfq\n"
  "  int $0x80\n"
  /* Two words lie on the stack now, and the third is where the result goes. */
  "  pushfq\n"
  "  push %rax\n"
  "  mov 16(%rsp), %rax\n"
  "  mov %rbx, 8(%rax)\n"
  "  mov %rcx, 16(%rax)\n"
  "  mov %rdx, 24(%rax)\n"
  "  mov %rsi, 32(%rax)\n"
  "  mov %rdi, 40(%rax)\n"
  "  mov %rbp, 48(%rax)\n"
  "  mov %r8, 56(%rax)\n"
  "  mov %r9, 64(%rax)\n"
  "  mov %r10, 72(%rax)\n"
  "  mov %r11, 80(%rax)\n"
  "  mov %r12, 88(%rax)\n"
  "  mov %r13, 96(%rax)\n"
  "  mov %r14, 104(%rax)\n"
  "  mov %r15, 112(%rax)\n"
  "  pop %rcx\n"
  "  mov %rcx, (%rax)\n"
  "  pop %rcx\n"
  "  mov %rcx, 120(%rax)\n"
  "  mov %rsp, %rcx\n"
  "  sub saved_stack(%rip), %rcx\n"
  "  mov %rcx, 128(%rax)\n"
  "  cld\n"
  "  pop %rsi\n"
  "  pop %r15\n"
  "  pop %r14\n"
  "  pop %r13\n"
  "  pop %r12\n"
  "  pop %rbp\n"
  "  pop %rbx\n"
  "  ret\n"
  ".local saved_stack\n"
  ".comm saved_stack, 8, 8\n"
);

uint64_t set_flags(uint64_t flags)
{
  uint64_t result;
  __asm__ volatile("pushfq\n\tpush %1\n\tpopfq\n\tpushfq\n\tpop %0\n\tpopfq" : "=&r"(result) : "r"(flags) : "memory", "cc");
  return result;
}
