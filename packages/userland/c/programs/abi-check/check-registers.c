/* Arguments and registers across INT 0x80. A stub that shifts its arguments by one was the first bug of all. */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"
#include "registers.h"

/* CF, PF, AF, ZF, SF, DF and OF; bit 1 is always set (SDM vol. 1, 3.4.3). */
#define ARITHMETIC_FLAGS 0xcd5UL
#define FLAG_ONE 0x2UL
#define FLAG_IF 0x200UL
#define FLAGS_IOPL 0x3000UL

static const struct registers patterns = {
  .rax = SYS_getpid,
  .rbx = 0x0123456789abcdef,
  .rcx = 0xfedcba9876543210,
  .rdx = 0x1111111122222222,
  .rsi = 0x8000000000000001,
  .rdi = 0x7fffffffffffffff,
  .rbp = 0xa5a5a5a55a5a5a5a,
  .r8 = 0x0808080880808080,
  .r9 = 0x0909090990909090,
  .r10 = 0x1010101001010101,
  .r11 = 0x1111111011111101,
  .r12 = 0xffffffff00000000,
  .r13 = 0x00000000ffffffff,
  .r14 = 0xffffffffffffffff,
  .r15 = 0x8000000080000000,
  .rflags = FLAG_ONE,
};

static void check_preserved(const struct registers *before, const struct registers *after, const char *when)
{
  static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
                                       "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };
  const uint64_t *was = &before->rax;
  const uint64_t *is = &after->rax;
  char name[64];
  for (int i = 1; i < 15; i++) {
    snprintf(name, sizeof name, "INT 0x80 preserves %s, %s", names[i], when);
    check_equal((long)is[i], (long)was[i], name);
  }
  snprintf(name, sizeof name, "INT 0x80 preserves rsp, %s", when);
  check_equal((long)after->rsp, 0, name);
  snprintf(name, sizeof name, "INT 0x80 preserves the flags, %s", when);
  check_equal((long)(after->rflags & ARITHMETIC_FLAGS), (long)(before->rflags & ARITHMETIC_FLAGS), name);
}

static void check_all_preserved(void)
{
  struct registers before = patterns;
  struct registers after;
  trap_with_registers(&before, &after);
  check_equal((long)after.rax, getpid(), "getpid answers in rax");
  check_preserved(&before, &after, "flags clear");

  before.rflags = ARITHMETIC_FLAGS | FLAG_ONE;
  trap_with_registers(&before, &after);
  check_preserved(&before, &after, "flags set");

  before.rax = 48;
  trap_with_registers(&before, &after);
  check_equal((long)after.rax, -ENOSYS, "a number without a call is -ENOSYS in rax");
  check_preserved(&before, &after, "no such call");
}

static void check_echo(void)
{
  uint64_t seen[7] = { 0 };
  struct registers before = patterns;
  struct registers after;
  before.rax = SYS_echo;
  before.rdi = (uint64_t)seen;
  trap_with_registers(&before, &after);
  check_equal((long)after.rax, 0, "echo answers 0");
  check_equal((long)seen[0], SYS_echo, "the number comes from rax");
  check_equal((long)seen[1], (long)before.rdi, "argument 1 comes from rdi");
  check_equal((long)seen[2], (long)before.rsi, "argument 2 comes from rsi");
  check_equal((long)seen[3], (long)before.rdx, "argument 3 comes from rdx");
  check_equal((long)seen[4], (long)before.r10, "argument 4 comes from r10");
  check_equal((long)seen[5], (long)before.r8, "argument 5 comes from r8");
  check_equal((long)seen[6], (long)before.r9, "argument 6 comes from r9");
  check_preserved(&before, &after, "echo");
}

static void check_privilege(void)
{
  uint64_t flags = set_flags(FLAG_ONE | FLAGS_IOPL);
  check((flags & FLAG_IF) != 0, "POPF does not disable interrupts in ring 3");
  check((flags & FLAGS_IOPL) == 0, "POPF does not raise the I/O privilege level in ring 3");
}

/* Many in a row: a stack that leaks a little with every trap shows only then. */
static void check_repetition(void)
{
  pid_t pid = getpid();
  int wrong = 0;
  for (int i = 0; i < 2000; i++) {
    if (getpid() != pid) wrong++;
  }
  check_equal(wrong, 0, "2000 traps in a row answer alike");
}

void check_registers(void)
{
  check_echo();
  check_all_preserved();
  check_privilege();
  check_repetition();
}
