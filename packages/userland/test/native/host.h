/* What a host gives to parts of our C that run natively, under names with `synos_` in front. None of those parts makes a
   system call: INT 0x80 would be a call of another system here. */
#ifndef HOST_H
#define HOST_H

#include <stddef.h>
#include <stdint.h>

extern int synos_errno;

/* Seeded chance: xorshift64*. */
uint64_t random_bits(void);
void seed_random(uint64_t seed);
/* 0 to limit - 1. */
uint64_t random_below(uint64_t limit);

#endif
