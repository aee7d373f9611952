import {
  call,
  fd,
  flags,
  int,
  structIn,
  structInout,
  structOut,
  timespecIn,
  timespecOut,
  timevalIn,
  timevalOut,
} from './notation.js';

const clock = () => int('clockid', 'CLOCK_', 'clockid_t');
const timer = () => int('timerid', undefined, 'timer_t');

/** clock_gettime(2), nanosleep(2), timer_create(2), timerfd_create(2), setitimer(2) and their relatives. */
export const timeSignatures = () => ({
  time: call('int', structOut('tloc', 'time_t')),
  gettimeofday: call('none', timevalOut('tv'), structOut('tz', 'struct timezone')),
  settimeofday: call('none', timevalIn('tv'), structIn('tz', 'struct timezone')),
  clock_gettime: call('none', clock(), timespecOut('tp')),
  clock_settime: call('none', clock(), timespecIn('tp')),
  clock_getres: call('none', clock(), timespecOut('res')),
  clock_nanosleep: call('none', clock(), flags('flags', 'TIMER_'), timespecIn('t'), timespecOut('remain')),
  clock_adjtime: call('int', clock(), structInout('buf', 'struct timex')),
  adjtimex: call('int', structInout('buf', 'struct timex')),
  nanosleep: call('none', timespecIn('duration'), timespecOut('rem')),
  getitimer: call('none', int('which', 'ITIMER_'), structOut('curr_value', 'struct itimerval')),
  setitimer: call(
    'none',
    int('which', 'ITIMER_'),
    structIn('new_value', 'struct itimerval'),
    structOut('old_value', 'struct itimerval'),
  ),
  timer_create: call('none', clock(), structIn('sevp', 'struct sigevent'), structOut('timerid', 'timer_t')),
  timer_settime: call(
    'none',
    timer(),
    flags('flags', 'TIMER_'),
    structIn('new_value', 'struct itimerspec'),
    structOut('old_value', 'struct itimerspec'),
  ),
  timer_gettime: call('none', timer(), structOut('curr_value', 'struct itimerspec')),
  timer_getoverrun: call('int', timer()),
  timer_delete: call('none', timer()),
  timerfd_create: call('fd', clock(), flags('flags', 'TFD_')),
  timerfd_settime: call(
    'none',
    fd(),
    flags('flags', 'TFD_TIMER_'),
    structIn('new_value', 'struct itimerspec'),
    structOut('old_value', 'struct itimerspec'),
  ),
  timerfd_gettime: call('none', fd(), structOut('curr_value', 'struct itimerspec')),
});
