/* All that a system call might change in the CPU. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

struct registers {
  uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rflags;
  uint64_t rsp; /* Of `after`: how far it moved, which should be 0. */
};

/* Puts `before` into the registers, executes INT 0x80, and stores what is in them then. */
void trap_with_registers(const struct registers *before, struct registers *after);

/* Tries to set these flags, and answers what they are then. */
uint64_t set_flags(uint64_t flags);

#endif
