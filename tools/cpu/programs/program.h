// What the programs of this folder share: a start with a stack of their own, two system calls, and output as text.
// Everything that they tell depends on nothing but their code.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

static uint8_t program_stack[1 << 16] __attribute__((aligned(16), used));

int program(void);

// The only INT 0x80. RCX and R11 are told: where SYSCALL stands instead, it puts other things there.
__attribute__((naked, noinline)) static long system_call(long number, long a, long b, long c) {
  __asm__(
      "mov %rdi, %rax\n\t"
      "mov %rsi, %rdi\n\t"
      "mov %rdx, %rsi\n\t"
      "mov %rcx, %rdx\n\t"
      "int $0x80\n\t"
      "mov $0, %ecx\n\t"
      "mov $0, %r11d\n\t"
      "ret");
}

static char output[1 << 14];
static size_t output_length;

static void flush(void) {
  system_call(1, 1, (long)output, (long)output_length);
  output_length = 0;
}

static NOINLINE void put(char letter) {
  output[output_length++] = letter;
  if (output_length == sizeof output) flush();
}

static NOINLINE void text(const char *letters) {
  while (*letters != 0) put(*letters++);
}

static NOINLINE void hex(uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) put("0123456789abcdef"[(number >> shift) & 15]);
}

static NOINLINE void decimal(int64_t number) {
  char digits[20];
  int count = 0;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  if (number < 0) put('-');
  do digits[count++] = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  while (count > 0) put(digits[--count]);
}

static void line(const char *name, uint64_t number) {
  text(name);
  put(' ');
  hex(number);
  put('\n');
}

// gcc calls these by itself.
void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  for (size_t i = 0; i < length; i++) ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
  return to;
}

void *memset(void *to, int byte, size_t length) {
  for (size_t i = 0; i < length; i++) ((volatile uint8_t *)to)[i] = (uint8_t)byte;
  return to;
}

__attribute__((used, noreturn)) static void run(void) {
  int code = program();
  flush();
  for (;;) system_call(60, code, 0, 0);
}

__attribute__((naked)) void _start(void) {
  __asm__(
      "lea program_stack+65536(%rip), %rsp\n\t"
      "xor %ebp, %ebp\n\t"
      "call run\n\t"
      "ud2");
}
