#ifndef TIME_H
#define TIME_H

#include <synos.h>

int clock_gettime(clockid_t clock, struct timespec *now);
int nanosleep(const struct timespec *duration, struct timespec *rest);
int sched_yield(void);

/* Milliseconds of the monotonic clock: since the machine started. */
long monotonic_ms(void);

#endif
