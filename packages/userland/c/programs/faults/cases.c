/* One function for each way to die. What vector each raises is in SDM vol. 3, 6.15; which signal that is, in Linux's
   arch/x86/kernel/traps.c. */

#include "cases.h"

#include <stdint.h>
#include <synos.h>

/* Whatever these change, nobody misses: what follows them is never reached. */
#define ASM(text) __asm__ volatile(text)

/* Addresses as the compiler cannot see them: it would make UD2 of a read from 0. */
static volatile uint64_t zero;
#define AT(address) ((volatile char *)((address) + zero))

/* SDM vol. 1, 3.3.7.1: bits 47 to 63 of an address are alike. */
#define NO_ADDRESS 0x0000800000000000
#define LAST_PAGE 0x00007ffffffff000
#define KERNEL 0xffff800000000000
#define KERNEL_TOP 0xfffffffffffff000

static void read_at(uint64_t address) { (void)*AT(address); }
static void write_at(uint64_t address) { *AT(address) = 1; }
static void jump_to(uint64_t address) { __asm__ volatile("jmp *%0" : : "r"(address + zero)); }

/* Vector 0. */
static void divide_by_zero(void) { ASM("xor %ecx, %ecx; mov $1, %eax; xor %edx, %edx; div %ecx"); }
static void divide_overflow(void) { ASM("mov $0x80000000, %eax; cdq; mov $-1, %ecx; idiv %ecx"); }

/* Vector 1: the trap flag is bit 8, and traps behind the instruction after the one that sets it. */
static void single_step(void) { ASM("pushfq; orq $0x100, (%rsp); popfq; nop; nop"); }

/* Vectors 3 and 4: gates that programs may call. */
static void breakpoint(void) { ASM("int3"); }
static void breakpoint_by_number(void) { ASM(".byte 0xcd, 3"); }
static void overflow(void) { ASM("int $4"); }

/* Vector 6. */
static void undefined(void) { ASM("ud2"); }
static void lock_register(void) { ASM(".byte 0xf0, 0x01, 0xc0"); }
static void into(void) { ASM(".byte 0xce"); }

/* Vector 13 by gates with DPL 0: a program must not pretend that the timer ticked or a page fault came. */
static void int_timer(void) { ASM("int $0x20"); }
static void int_page_fault(void) { ASM("int $14"); }
static void int_debug(void) { ASM("int $1"); }
static void int_last(void) { ASM("int $0xff"); }

/* Vector 13 by instructions that belong to ring 0 (SDM vol. 3, 5.9), or to those with I/O privilege. */
static void cli(void) { ASM("cli"); }
static void sti(void) { ASM("sti"); }
static void hlt(void) { ASM("hlt"); }
static void in(void) { ASM("in $0x60, %al"); }
static void out(void) { ASM("xor %eax, %eax; mov $0x3f8, %edx; out %al, %dx"); }
static void read_cr0(void) { ASM("mov %cr0, %rax"); }
static void write_cr3(void) { ASM("xor %eax, %eax; mov %rax, %cr3"); }
static void write_msr(void) { ASM("mov $0xc0000080, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr"); }
static void load_gdt(void) { ASM("lgdt (%rsp)"); }
static void load_idt(void) { ASM("lidt (%rsp)"); }
static void invalidate_page(void) { ASM("invlpg (%rsp)"); }
static void clear_task_switched(void) { ASM("clts"); }
/* Returns into a segment of ring 0: privilege is never gained by a return. */
static void return_to_ring_0(void) { ASM("push $0x08; push $0; lretq"); }
static void interrupt_return_to_ring_0(void) { ASM("push $0x10; push %rsp; pushfq; push $0x08; push $0; iretq"); }

/* Vector 13 by addresses that are none. */
static void read_no_address(void) { read_at(NO_ADDRESS); }
static void write_no_address(void) { write_at(NO_ADDRESS); }
static void jump_no_address(void) { jump_to(NO_ADDRESS); }

/* Vector 14. */
static void read_null(void) { read_at(0); }
static void write_null(void) { write_at(0); }
static void jump_null(void) { jump_to(0); }
static void write_code(void) { write_at((uint64_t)write_code); }
static void write_constant(void) { write_at((uint64_t)faults); }
static void jump_stack(void)
{
  volatile unsigned char code[] = { 0xc3 };
  jump_to((uint64_t)code);
}
static void jump_data(void)
{
  static volatile unsigned char code[] = { 0xc3 };
  jump_to((uint64_t)code);
}
static void read_last_page(void) { read_at(LAST_PAGE); }
static void jump_last_page(void) { jump_to(LAST_PAGE + 0xfff); }
static void read_kernel(void) { read_at(KERNEL); }
static void write_kernel(void) { write_at(KERNEL); }
static void jump_kernel(void) { jump_to(KERNEL); }
static void write_kernel_top(void) { write_at(KERNEL_TOP); }
static void jump_kernel_top(void) { jump_to(KERNEL_TOP); }
static void stack_in_kernel(void) { ASM("mov $0xffff800000001000, %rsp; push %rax"); }

static int descend(volatile char *above)
{
  volatile char here[1024];
  here[0] = above[0];
  if (zero != 0) return 0;
  return descend(here) + here[0];
}
static void stack_overflow(void)
{
  volatile char first = 1;
  descend(&first);
}

const struct fault faults[] = {
  { "divide-by-zero", SIGFPE, divide_by_zero },
  { "divide-overflow", SIGFPE, divide_overflow },
  { "single-step", SIGTRAP, single_step },
  { "breakpoint", SIGTRAP, breakpoint },
  { "breakpoint-by-number", SIGTRAP, breakpoint_by_number },
  { "overflow", SIGSEGV, overflow },
  { "undefined", SIGILL, undefined },
  { "lock-register", SIGILL, lock_register },
  { "into", SIGILL, into },
  { "int-timer", SIGSEGV, int_timer },
  { "int-page-fault", SIGSEGV, int_page_fault },
  { "int-debug", SIGSEGV, int_debug },
  { "int-last", SIGSEGV, int_last },
  { "cli", SIGSEGV, cli },
  { "sti", SIGSEGV, sti },
  { "hlt", SIGSEGV, hlt },
  { "in", SIGSEGV, in },
  { "out", SIGSEGV, out },
  { "read-cr0", SIGSEGV, read_cr0 },
  { "write-cr3", SIGSEGV, write_cr3 },
  { "write-msr", SIGSEGV, write_msr },
  { "load-gdt", SIGSEGV, load_gdt },
  { "load-idt", SIGSEGV, load_idt },
  { "invalidate-page", SIGSEGV, invalidate_page },
  { "clear-task-switched", SIGSEGV, clear_task_switched },
  { "return-to-ring-0", SIGSEGV, return_to_ring_0 },
  { "interrupt-return-to-ring-0", SIGSEGV, interrupt_return_to_ring_0 },
  { "read-no-address", SIGSEGV, read_no_address },
  { "write-no-address", SIGSEGV, write_no_address },
  { "jump-no-address", SIGSEGV, jump_no_address },
  { "read-null", SIGSEGV, read_null },
  { "write-null", SIGSEGV, write_null },
  { "jump-null", SIGSEGV, jump_null },
  { "write-code", SIGSEGV, write_code },
  { "write-constant", SIGSEGV, write_constant },
  { "jump-stack", SIGSEGV, jump_stack },
  { "jump-data", SIGSEGV, jump_data },
  { "read-last-page", SIGSEGV, read_last_page },
  { "jump-last-page", SIGSEGV, jump_last_page },
  { "read-kernel", SIGSEGV, read_kernel },
  { "write-kernel", SIGSEGV, write_kernel },
  { "jump-kernel", SIGSEGV, jump_kernel },
  { "write-kernel-top", SIGSEGV, write_kernel_top },
  { "jump-kernel-top", SIGSEGV, jump_kernel_top },
  { "stack-in-kernel", SIGSEGV, stack_in_kernel },
  { "stack-overflow", SIGSEGV, stack_overflow },
};

const int fault_count = sizeof faults / sizeof faults[0];
