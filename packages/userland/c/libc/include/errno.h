/* Why the last call failed. One thread per program, hence a plain variable. */
#ifndef ERRNO_H
#define ERRNO_H

#include <synos.h>

extern int errno;

/* What a kernel answers, as C has it: -4095 to -1 are errors (System V ABI for x86-64, A.2.1). */
static inline long answer(long result)
{
  if (result < 0 && result >= -4095) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

#endif
