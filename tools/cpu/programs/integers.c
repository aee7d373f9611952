// Arithmetic of every width, as compilers make it: shifts by variables, products of 128 bits, quotients, bits.
#include "program.h"

static uint64_t state = 0x9e3779b97f4a7c15;

static NOINLINE uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  // Edges are frequent.
  switch (state % 7) {
    case 0:
      return 0;
    case 1:
      return (uint64_t)-1;
    case 2:
      return (uint64_t)1 << (state % 64);
    case 3:
      return state & 0xff;
    default:
      return state;
  }
}

static uint64_t mixed;
static void mix(uint64_t number) { mixed = (mixed << 7 | mixed >> 57) * 31 + number; }

#define WIDTH(NAME, SIGNED, UNSIGNED, BITS)                                  \
  static NOINLINE void NAME(uint64_t x, uint64_t y) {                        \
    UNSIGNED a = (UNSIGNED)x, b = (UNSIGNED)y;                               \
    SIGNED s = (SIGNED)x, t = (SIGNED)y;                                     \
    int by = (int)(y % BITS);                                                \
    mix((UNSIGNED)(a + b));                                                  \
    mix((UNSIGNED)(a - b));                                                  \
    mix((UNSIGNED)(a * b));                                                  \
    mix((UNSIGNED)(a << by));                                                \
    mix((UNSIGNED)(a >> by));                                                \
    mix((uint64_t)(SIGNED)(s >> by));                                        \
    mix((UNSIGNED)(a << by | a >> (BITS - by) % BITS));                      \
    if (b != 0) mix((UNSIGNED)(a / b)), mix((UNSIGNED)(a % b));              \
    if (t != 0 && t != -1) mix((uint64_t)(SIGNED)(s / t)), mix((uint64_t)(SIGNED)(s % t)); \
    mix((uint64_t)((a < b) | (s < t) << 1 | (a <= b) << 2 | (s >= t) << 3)); \
    mix((uint64_t)(s < 0 ? -s : s));                                         \
    mix((uint64_t)(a > 10 ? a / 10 : a % 7));                                \
  }

WIDTH(of_8, int8_t, uint8_t, 8)
WIDTH(of_16, int16_t, uint16_t, 16)
WIDTH(of_32, int32_t, uint32_t, 32)
WIDTH(of_64, int64_t, uint64_t, 64)

static NOINLINE void of_128(uint64_t x, uint64_t y) {
  unsigned __int128 product = (unsigned __int128)x * y;
  mix((uint64_t)(product >> 64));
  __int128 with_sign = (__int128)(int64_t)x * (int64_t)y;
  mix((uint64_t)(with_sign >> 64));
  unsigned __int128 sum = product + ((unsigned __int128)y << 64 | x);
  mix((uint64_t)sum ^ (uint64_t)(sum >> 64));
  sum = product >> (y % 128);
  mix((uint64_t)sum ^ (uint64_t)(sum >> 64));
  sum = product << (x % 128);
  mix((uint64_t)sum ^ (uint64_t)(sum >> 64));
  sum = product - ((unsigned __int128)x << 64 | y);
  mix((uint64_t)(sum >> 64));
  mix((uint64_t)(product < sum));
}

static NOINLINE void bits(uint64_t x) {
  mix(__builtin_bswap64(x));
  mix(__builtin_bswap32((uint32_t)x));
  if (x != 0) {
    mix((uint64_t)__builtin_ctzll(x));
    mix((uint64_t)__builtin_clzll(x));
  }
  if ((uint32_t)x != 0) mix((uint64_t)__builtin_clz((uint32_t)x));
  uint64_t set = 0;
  set |= (uint64_t)1 << (x & 63);
  mix(set >> (x >> 8 & 63) & 1);
  uint32_t sum;
  mix((uint64_t)__builtin_add_overflow((uint32_t)x, (uint32_t)(x >> 32), &sum) + sum);
  int64_t difference;
  mix((uint64_t)__builtin_sub_overflow((int64_t)x, (int64_t)(x << 1), &difference) + (uint64_t)difference);
}

int program(void) {
  for (int i = 0; i < 3000; i++) {
    uint64_t x = next(), y = next();
    of_8(x, y);
    of_16(x, y);
    of_32(x, y);
    of_64(x, y);
    of_128(x, y);
    bits(x);
    if (i % 100 == 0) line("mixed", mixed);
  }
  return (int)(mixed & 0x3f);
}
