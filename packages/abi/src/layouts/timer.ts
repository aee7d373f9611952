import type { Layout } from './layout.js';

/** `struct itimerspec`: timer_settime(2), timerfd_settime(2). */
export const itimerspecLayout = {
  name: 'struct itimerspec',
  size: 32,
  align: 8,
  fields: [
    { name: 'it_interval.tv_sec', key: 'intervalSeconds', offset: 0, size: 8, type: 'i64' },
    { name: 'it_interval.tv_nsec', key: 'intervalNanoseconds', offset: 8, size: 8, type: 'i64' },
    { name: 'it_value.tv_sec', key: 'valueSeconds', offset: 16, size: 8, type: 'i64' },
    { name: 'it_value.tv_nsec', key: 'valueNanoseconds', offset: 24, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;

/** `struct itimerval`: setitimer(2). */
export const itimervalLayout = {
  name: 'struct itimerval',
  size: 32,
  align: 8,
  fields: [
    { name: 'it_interval.tv_sec', key: 'intervalSeconds', offset: 0, size: 8, type: 'i64' },
    { name: 'it_interval.tv_usec', key: 'intervalMicroseconds', offset: 8, size: 8, type: 'i64' },
    { name: 'it_value.tv_sec', key: 'valueSeconds', offset: 16, size: 8, type: 'i64' },
    { name: 'it_value.tv_usec', key: 'valueMicroseconds', offset: 24, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;

/** `struct timezone`: gettimeofday(2); obsolete. */
export const timezoneLayout = {
  name: 'struct timezone',
  size: 8,
  align: 4,
  fields: [
    { name: 'tz_minuteswest', key: 'minutesWest', offset: 0, size: 4, type: 'i32' },
    { name: 'tz_dsttime', key: 'daylightSaving', offset: 4, size: 4, type: 'i32' },
  ],
} as const satisfies Layout;
