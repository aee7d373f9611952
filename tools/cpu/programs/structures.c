// Pointers, tables of functions, structures by value, recursion, sorting: what control flow and addressing are made of.
#include <stdarg.h>

#include "program.h"

struct point {
  int32_t x;
  int16_t y;
  uint8_t kind;
  int64_t weight;
  struct point *next;
};

static struct point points[400];

static NOINLINE struct point make(int i) {
  struct point it = {.x = i * 7919 % 1009 - 500, .y = (int16_t)(i * 31), .kind = (uint8_t)(i % 5), .weight = (int64_t)i * i - 900};
  return it;
}

static NOINLINE int64_t by_x(struct point it) { return it.x; }
static NOINLINE int64_t by_y(struct point it) { return it.y; }
static NOINLINE int64_t by_weight(struct point it) { return -it.weight; }
static int64_t (*const keys[])(struct point) = {by_x, by_y, by_weight};

static NOINLINE void sort(struct point *first, long count, int64_t (*key)(struct point)) {
  if (count < 2) return;
  int64_t pivot = key(first[count / 2]);
  long i = 0, j = count - 1;
  while (i <= j) {
    while (key(first[i]) < pivot) i++;
    while (key(first[j]) > pivot) j--;
    if (i <= j) {
      struct point other = first[i];
      first[i++] = first[j];
      first[j--] = other;
    }
  }
  sort(first, j + 1, key);
  sort(first + i, count - i, key);
}

static NOINLINE uint64_t classify(uint8_t kind, int64_t weight) {
  switch (kind) {
    case 0:
      return 11;
    case 1:
      return (uint64_t)weight * 3;
    case 2:
      return (uint64_t)(weight >> 2);
    case 3:
      return 1000 + kind;
    case 4:
      return (uint64_t)-weight;
    default:
      return 0;
  }
}

static NOINLINE void report(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format != 0; format++) {
    if (*format != '%') put(*format);
    else if (*++format == 'd') decimal(va_arg(arguments, int));
    else if (*format == 'l') decimal(va_arg(arguments, long));
    else if (*format == 's') text(va_arg(arguments, const char *));
    else hex(va_arg(arguments, uint64_t));
  }
  va_end(arguments);
}

static NOINLINE uint64_t ackermann(uint64_t m, uint64_t n) {
  if (m == 0) return n + 1;
  return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

// A machine of a stack, for jumps that tables tell.
static NOINLINE int64_t interpret(const uint8_t *code, int64_t argument) {
  static const void *const labels[] = {&&push, &&add, &&multiply, &&subtract, &&copy, &&jump_if, &&stop};
  int64_t stack[16];
  int top = 0;
  stack[top] = argument;
  goto *labels[*code];
push:
  stack[++top] = (int8_t)code[1];
  code += 2;
  goto *labels[*code];
add:
  top--;
  stack[top] += stack[top + 1];
  goto *labels[*++code];
multiply:
  top--;
  stack[top] *= stack[top + 1];
  goto *labels[*++code];
subtract:
  top--;
  stack[top] -= stack[top + 1];
  goto *labels[*++code];
copy:
  stack[top + 1] = stack[top];
  top++;
  goto *labels[*++code];
jump_if:
  code = stack[top] > 0 ? code - code[1] : code + 2;
  goto *labels[*code];
stop:
  return stack[top] + top;
}

int program(void) {
  const long count = sizeof points / sizeof *points;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < count; i++) points[i] = make(i + round);
    sort(points, count, keys[round]);
    for (int i = 0; i < count; i++) points[i].next = i + 1 < count ? &points[i + 1] : 0;
    uint64_t sum = 0;
    for (const struct point *it = points; it != 0; it = it->next) sum = sum * 5 + classify(it->kind, it->weight) + (uint64_t)it->x;
    report("%s %d: %x, first %d %l\n", "round", round, sum, points[0].x, points[0].weight);
  }
  report("ackermann %l\n", (long)ackermann(2, 9));
  static const uint8_t countdown[] = {0, 1, 3, 4, 0, 0, 2, 1, 5, 8, 6};
  for (int i = 1; i < 40; i += 13) report("interpreted %l\n", interpret(countdown, i));
  return 7;
}
