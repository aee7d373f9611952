// Executes cases on the real CPU: one or a few instructions each, with every register, the flags and memory as the case
// says, and tells what came of it. Cases come from standard input all at once, results go to standard output. Formats
// and addresses are those of ../native-runner.ts and ../layout.ts.
//
// A case ends with a signal, always: its code is followed by INT3. The handler stores the result and puts the next
// case's registers where RT_SIGRETURN takes them from, so a case costs one fault and one return.
//
// No C library: FS and GS are the cases' own, and a seccomp filter leaves four system calls only.

#include <asm/prctl.h>
#include <asm/sigcontext.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "freestanding.h"

enum {
  PAGE = 4096,
  DATA = 0x10000000,      // Two pages to read and write; before them nothing.
  DATA_PAGES = 3,         // The third is read-only; behind it nothing.
  CODE = 0x10010000,      // Two pages to execute; behind them nothing.
  FENCED_CODE = 0x10020000,  // One page to execute; the one behind it can be read but not executed.
  FS_BASE = DATA + 0x800,
  GS_BASE = DATA + 0x400,
  MAGIC = 0x43505531,
  MAX_CODE = 64,
  MAX_POKES = 3,
  TIMED_OUT = 0xff,
};

struct poke {
  uint64_t address;
  uint64_t length;
  uint8_t bytes[16];
};

struct input_case {
  uint64_t registers[16];
  uint64_t flags;
  uint64_t ip;
  uint32_t code_length;
  uint32_t poke_count;
  uint8_t code[MAX_CODE];
  struct poke pokes[MAX_POKES];
};

struct input {
  uint32_t magic;
  uint32_t count;
  uint8_t memory[DATA_PAGES * PAGE];
  struct input_case cases[];
};

struct result {
  uint64_t registers[16];
  uint64_t flags;
  uint64_t ip;
  uint64_t cr2;
  uint32_t trap;
  uint32_t error;
  uint64_t change_count;
};

// Eight bytes of data that are not what they were.
struct change {
  uint64_t offset;
  uint64_t value;
};

struct kernel_sigaction {
  void (*handler)(int, void *, void *);
  unsigned long flags;
  void (*restorer)(void);
  uint64_t mask;
};

struct kernel_ucontext {
  unsigned long flags;
  struct kernel_ucontext *link;
  struct {
    void *sp;
    int flags;
    size_t size;
  } stack;
  struct sigcontext_64 registers;
};

static uint8_t signal_stack[1 << 17] __attribute__((aligned(64)));
static uint8_t output[1 << 20];
static size_t output_length;
static struct input *input;
// The data pages and the code pages by other names, where all can be written.
static uint8_t *data;
static uint8_t *code;
static uint8_t *fenced_code;
static uint32_t current;
static uint32_t last_tick = 0xffffffff;
static int is_running;
static struct sigcontext_64 main_registers;

static void die(const char *why) {
  size_t length = 0;
  while (why[length] != 0) length++;
  system_call(__NR_write, 2, (long)why, (long)length, 0, 0, 0);
  for (;;) system_call(__NR_exit_group, 1, 0, 0, 0, 0, 0);
}

static void flush(void) {
  size_t done = 0;
  while (done < output_length) {
    long wrote = system_call(__NR_write, 1, (long)(output + done), (long)(output_length - done), 0, 0, 0);
    if (wrote <= 0) die("the output cannot be written\n");
    done += (size_t)wrote;
  }
  output_length = 0;
}

static void emit(const void *bytes, size_t length) {
  if (output_length + length > sizeof output) flush();
  memcpy(output + output_length, bytes, length);
  output_length += length;
}

// Copies code to where it runs, as much of it as has a page.
static void place_code(const struct input_case *it, int is_clearing) {
  for (uint32_t i = 0; i < it->code_length; i++) {
    uint64_t address = it->ip + i;
    uint8_t byte = is_clearing ? 0xcc : it->code[i];
    if (address >= CODE && address < CODE + 2 * PAGE) code[address - CODE] = byte;
    if (address >= FENCED_CODE && address < FENCED_CODE + PAGE) fenced_code[address - FENCED_CODE] = byte;
  }
}

static void start_case(struct sigcontext_64 *to) {
  const struct input_case *it = &input->cases[current];
  if (it->code_length > MAX_CODE || it->poke_count > MAX_POKES) die("a case is not well formed\n");
  place_code(it, 0);
  for (uint32_t i = 0; i < it->poke_count; i++) {
    const struct poke *poke = &it->pokes[i];
    if (poke->length > 16) die("a poke is too long\n");
    for (uint64_t j = 0; j < poke->length; j++) {
      uint64_t offset = poke->address + j - DATA;
      if (offset < DATA_PAGES * PAGE) data[offset] = poke->bytes[j];
    }
  }
  const uint64_t *r = it->registers;
  to->ax = r[0];
  to->cx = r[1];
  to->dx = r[2];
  to->bx = r[3];
  to->sp = r[4];
  to->bp = r[5];
  to->si = r[6];
  to->di = r[7];
  to->r8 = r[8];
  to->r9 = r[9];
  to->r10 = r[10];
  to->r11 = r[11];
  to->r12 = r[12];
  to->r13 = r[13];
  to->r14 = r[14];
  to->r15 = r[15];
  to->flags = it->flags;
  to->ip = it->ip;
}

static void finish_case(const struct sigcontext_64 *from, uint32_t trap) {
  const struct input_case *it = &input->cases[current];
  struct result result = {
      .registers = {from->ax, from->cx, from->dx, from->bx, from->sp, from->bp, from->si, from->di, from->r8, from->r9,
                    from->r10, from->r11, from->r12, from->r13, from->r14, from->r15},
      .flags = from->flags,
      .ip = from->ip,
      .cr2 = from->cr2,
      .trap = trap,
      .error = (uint32_t)from->err,
  };
  static struct change changes[DATA_PAGES * PAGE / 8];
  const uint64_t *before = (const uint64_t *)input->memory;
  uint64_t *now = (uint64_t *)data;
  // Told are changes from what all cases begin with, a case's own pokes among them.
  for (uint64_t i = 0; i < DATA_PAGES * PAGE / 8; i++) {
    if (now[i] == before[i]) continue;
    changes[result.change_count].offset = i * 8;
    changes[result.change_count++].value = now[i];
    now[i] = before[i];
  }
  place_code(it, 1);
  emit(&result, sizeof result);
  emit(changes, result.change_count * sizeof(struct change));
}

static void handle(int signal, void *info, void *context) {
  (void)info;
  struct sigcontext_64 *registers = &((struct kernel_ucontext *)context)->registers;
  if (signal == 14) {
    // SIGALRM: a case that two ticks have seen does not end.
    int is_stuck = is_running && last_tick == current;
    last_tick = current;
    if (!is_stuck) return;
    finish_case(registers, TIMED_OUT);
    current++;
  } else if (!is_running) {
    main_registers = *registers;
    is_running = 1;
  } else {
    finish_case(registers, (uint32_t)registers->trapno);
    current++;
  }
  if (current < input->count) {
    start_case(registers);
    return;
  }
  is_running = 0;
  __typeof__(registers->fpstate) fpstate = registers->fpstate;
  *registers = main_registers;
  registers->fpstate = fpstate;
}

// RT_SIGRETURN takes from the frame what a program may choose, but not NT and ID, which POPF of a case can set: those stay
// as they are (arch/x86/kernel/signal_64.c). RSP must be what it was.
__attribute__((naked)) static void restorer(void) {
  __asm__("pushq $0x202\n\tpopfq\n\tmov $15, %eax\n\tsyscall");
}

static void on_signal(int signal) {
  struct kernel_sigaction action = {
      .handler = handle,
      .flags = 0x4 | 0x08000000 | 0x04000000,  // SA_SIGINFO, SA_ONSTACK, SA_RESTORER
      .restorer = restorer,
      .mask = ~(uint64_t)0,
  };
  if (system_call(__NR_rt_sigaction, signal, (long)&action, 0, 8, 0, 0) != 0) die("no handler\n");
}

static uint8_t *map(uint64_t address, size_t length, int protection, int flags, int file, size_t offset) {
  long at = system_call(__NR_mmap, (long)address, (long)length, protection, flags, file, (long)offset);
  if (at < 0 && at > -4096) die("a page cannot be mapped\n");
  if (address != 0 && (uint64_t)at != address) die("a page is not where it must be\n");
  return (uint8_t *)at;
}

// Memory by two names: at `address` with the rights of `protections` page by page, and somewhere to be written.
static uint8_t *map_twice(uint64_t address, int pages, const int *protections) {
  const int shared_fixed = 0x1 | 0x100000 | 0x8000;  // MAP_SHARED, MAP_FIXED_NOREPLACE, MAP_POPULATE
  long file = system_call(__NR_memfd_create, (long)"case", 0, 0, 0, 0, 0);
  if (file < 0 || system_call(__NR_ftruncate, file, pages * PAGE, 0, 0, 0, 0) != 0) die("no memory\n");
  uint8_t *writable = map(0, (size_t)pages * PAGE, 3, 0x1 | 0x8000, (int)file, 0);
  memset(writable, 0xcc, (size_t)pages * PAGE);
  for (int i = 0; i < pages; i++) {
    map(address + (uint64_t)i * PAGE, PAGE, protections[i], shared_fixed, (int)file, (size_t)i * PAGE);
  }
  system_call(__NR_close, file, 0, 0, 0, 0, 0);
  return writable;
}

static void read_input(void) {
  size_t length = 0;
  // MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE: as much as is read is used.
  input = (struct input *)map(0, (size_t)1 << 30, 3, 0x2 | 0x20 | 0x4000, -1, 0);
  for (;;) {
    if (length == (size_t)1 << 30) die("too much input\n");
    long got = system_call(__NR_read, 0, (long)((uint8_t *)input + length), ((long)1 << 30) - (long)length, 0, 0, 0);
    if (got < 0) die("the input cannot be read\n");
    if (got == 0) break;
    length += (size_t)got;
  }
  if (length < sizeof(struct input) || input->magic != MAGIC ||
      length != sizeof(struct input) + (size_t)input->count * sizeof(struct input_case)) {
    die("the input is not what the runner knows\n");
  }
}

// Whatever a case is: it can end this process and no more.
static void forbid_system_calls(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 2, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
  if (system_call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) != 0 ||
      system_call(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&filter, 0, 0, 0) != 0) {
    die("no seccomp filter\n");
  }
}

__attribute__((used)) static void run(void) {
  static const int data_rights[] = {3, 3, 1};
  static const int code_rights[] = {5, 5};
  static const int fenced_rights[] = {5, 1};
  data = map_twice(DATA, DATA_PAGES, data_rights);
  code = map_twice(CODE, 2, code_rights);
  fenced_code = map_twice(FENCED_CODE, 2, fenced_rights);
  read_input();
  memcpy(data, input->memory, DATA_PAGES * PAGE);

  struct {
    void *sp;
    int flags;
    size_t size;
  } stack = {signal_stack, 0, sizeof signal_stack};
  if (system_call(__NR_sigaltstack, (long)&stack, 0, 0, 0, 0, 0) != 0) die("no stack for signals\n");
  // SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGALRM.
  static const int signals[] = {4, 5, 7, 8, 11, 14};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) on_signal(signals[i]);
  const long every[4] = {1, 0, 1, 0};
  if (system_call(__NR_setitimer, 0, (long)every, 0, 0, 0, 0) != 0) die("no timer\n");
  if (system_call(__NR_arch_prctl, ARCH_SET_FS, FS_BASE, 0, 0, 0, 0) != 0 ||
      system_call(__NR_arch_prctl, ARCH_SET_GS, GS_BASE, 0, 0, 0, 0) != 0) {
    die("no segment bases\n");
  }
  forbid_system_calls();

  if (input->count > 0) __asm__ volatile("int3" ::: "memory");
  flush();
  for (;;) system_call(__NR_exit_group, 0, 0, 0, 0, 0, 0);
}

__attribute__((naked)) void _start(void) {
  __asm__("xor %ebp, %ebp\n\tand $-16, %rsp\n\tcall run\n\tud2");
}
