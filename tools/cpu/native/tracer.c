// Runs a program on the real CPU, watched: tracer PROGRAM STEPS LOG.
//
// Its first STEPS instructions are taken one by one, and registers are written to LOG before each: sixteen in the
// hardware's order, RIP, RFLAGS. Of its system calls only a few reach the kernel; all others answer ENOSYS without having
// been executed. Its SYSCALL instructions stand where INT 0x80 was: natively that means the table of 32-bit programs.

#include <asm/errno.h>
#include <asm/ptrace.h>
#include <asm/unistd.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

#include "freestanding.h"

// The kernel's own header does not have it for programs.
struct registers {
  uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss,
      fs_base, gs_base, ds, es, fs, gs;
};

enum { SIGTRAP_NUMBER = 5, SYSCALL_STOP = SIGTRAP_NUMBER | 0x80, MAX_LOG = 1 << 16 };

static uint64_t log_buffer[MAX_LOG / 8];
static size_t log_words;
static int log_file;

static void die(const char *why) {
  size_t length = 0;
  while (why[length] != 0) length++;
  system_call(__NR_write, 2, (long)why, (long)length, 0, 0, 0);
  for (;;) system_call(__NR_exit_group, 125, 0, 0, 0, 0, 0);
}

static long trace(long request, long child, long address, long data) {
  return system_call(__NR_ptrace, request, child, address, data, 0, 0);
}

static void flush_log(void) {
  size_t done = 0;
  while (done < log_words * 8) {
    long wrote = system_call(__NR_write, log_file, (long)((uint8_t *)log_buffer + done), (long)(log_words * 8 - done), 0, 0, 0);
    if (wrote <= 0) die("the log cannot be written\n");
    done += (size_t)wrote;
  }
  log_words = 0;
}

static void log_registers(const struct registers *r) {
  const uint64_t words[18] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,   r->r8,
                              r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip, r->eflags};
  if (log_words + 18 > MAX_LOG / 8) flush_log();
  for (int i = 0; i < 18; i++) log_buffer[log_words++] = words[i];
}

static int is_allowed(uint64_t number) {
  switch (number) {
    case __NR_write:
    case __NR_mmap:
    case __NR_munmap:
    case __NR_brk:
    case __NR_getpid:
    case __NR_exit:
    case __NR_exit_group:
      return 1;
    default:
      return 0;
  }
}

static int wait_for(long child) {
  int status = 0;
  if (system_call(__NR_wait4, child, (long)&status, 0, 0, 0, 0) != child) die("the program is lost\n");
  if ((status & 0x7f) == 0) {
    flush_log();
    for (;;) system_call(__NR_exit_group, (status >> 8) & 0xff, 0, 0, 0, 0, 0);
  }
  if ((status & 0xff) != 0x7f) die("the program was killed\n");
  return (status >> 8) & 0xff;
}

static struct registers registers_of(long child) {
  struct registers registers;
  if (trace(PTRACE_GETREGS, child, 0, (long)&registers) != 0) die("no registers\n");
  return registers;
}

// At the entry of a system call, and then at its exit.
static void judge(long child) {
  struct registers at_entry = registers_of(child);
  int is_refused = !is_allowed(at_entry.orig_rax);
  if (is_refused) {
    struct registers changed = at_entry;
    changed.orig_rax = (uint64_t)-1;
    if (trace(PTRACE_SETREGS, child, 0, (long)&changed) != 0) die("a call cannot be refused\n");
  }
  if (trace(PTRACE_SYSCALL, child, 0, 0) != 0) die("the program does not go on\n");
  if (wait_for(child) != SYSCALL_STOP) die("a call did not come to its end\n");
  if (is_refused) {
    struct registers at_exit = registers_of(child);
    at_exit.rax = (uint64_t)-ENOSYS;
    if (trace(PTRACE_SETREGS, child, 0, (long)&at_exit) != 0) die("a call cannot be answered\n");
  }
}

// Whether the next instruction is SYSCALL: a single step would go through it.
static int is_at_call(long child, uint64_t rip) {
  uint64_t word = 0;
  // The raw call stores what the library would return.
  if (trace(PTRACE_PEEKTEXT, child, (long)rip, (long)&word) != 0) return 0;
  return (word & 0xffff) == 0x050f;
}

__attribute__((used)) static void run(long *stack) {
  if (stack[0] != 4) die("usage: tracer PROGRAM STEPS LOG\n");
  char **arguments = (char **)(stack + 1);
  uint64_t steps = 0;
  for (const char *digit = arguments[2]; *digit >= '0' && *digit <= '9'; digit++) steps = steps * 10 + (uint64_t)(*digit - '0');
  // O_WRONLY, O_CREAT, O_TRUNC.
  log_file = (int)system_call(__NR_open, (long)arguments[3], 01 | 0100 | 01000, 0600, 0, 0, 0);
  if (log_file < 0) die("no log\n");

  long child = system_call(__NR_fork, 0, 0, 0, 0, 0, 0);
  if (child == 0) {
    char *program[] = {arguments[1], 0};
    char *environment[] = {0};
    system_call(__NR_close, log_file, 0, 0, 0, 0, 0);
    if (trace(PTRACE_TRACEME, 0, 0, 0) != 0) die("not traced\n");
    system_call(__NR_execve, (long)arguments[1], (long)program, (long)environment, 0, 0, 0);
    die("the program cannot be executed\n");
  }
  if (child < 0) die("no child\n");
  if (wait_for(child) != SIGTRAP_NUMBER) die("the program did not begin\n");
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  if (trace(PTRACE_SETOPTIONS, child, 0, options) != 0) die("no options\n");

  uint64_t last_rip = 0;
  while (steps > 0) {
    struct registers registers = registers_of(child);
    // A repeated string instruction stops after each element.
    if (registers.rip != last_rip) {
      log_registers(&registers);
      steps--;
    }
    last_rip = registers.rip;
    int is_call = is_at_call(child, registers.rip);
    if (trace(is_call ? PTRACE_SYSCALL : PTRACE_SINGLESTEP, child, 0, 0) != 0) die("the program does not go on\n");
    int stop = wait_for(child);
    if (is_call && stop == SYSCALL_STOP) judge(child);
    else if (stop != SIGTRAP_NUMBER) die("the program faulted\n");
  }
  for (;;) {
    if (trace(PTRACE_SYSCALL, child, 0, 0) != 0) die("the program does not go on\n");
    if (wait_for(child) != SYSCALL_STOP) die("the program faulted\n");
    judge(child);
  }
}

__attribute__((naked)) void _start(void) {
  __asm__("xor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n\tud2");
}
