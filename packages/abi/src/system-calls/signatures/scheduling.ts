import {
  bytesIn,
  bytesOut,
  call,
  int,
  pid,
  size,
  structIn,
  structOut,
  timespecOut,
  uflags,
  unsigned,
} from './notation.js';

const policy = () => int('policy', 'SCHED_');

/** sched_yield(2), sched_setscheduler(2), sched_setaffinity(2), setpriority(2) and their relatives. */
export const schedulingSignatures = () => ({
  sched_yield: call('none'),
  sched_setparam: call('none', pid('pid'), structIn('param', 'struct sched_param')),
  sched_getparam: call('none', pid('pid'), structOut('param', 'struct sched_param')),
  sched_setscheduler: call('none', pid('pid'), policy(), structIn('param', 'struct sched_param')),
  sched_getscheduler: call('int', pid('pid')),
  sched_get_priority_max: call('int', policy()),
  sched_get_priority_min: call('int', policy()),
  sched_rr_get_interval: call('none', pid('pid'), timespecOut('tp')),
  sched_setattr: call('none', pid('pid'), structIn('attr', 'struct sched_attr'), uflags('flags')),
  sched_getattr: call(
    'none',
    pid('pid'),
    structOut('attr', 'struct sched_attr', 'size'),
    unsigned('size'),
    uflags('flags'),
  ),
  sched_setaffinity: call(
    'none',
    pid('pid'),
    size('cpusetsize'),
    bytesIn('mask', 'cpusetsize', 'const unsigned long *'),
  ),
  // sched_setaffinity(2), "C library/kernel differences": the call answers how many bytes it wrote.
  sched_getaffinity: call('size', pid('pid'), size('cpusetsize'), bytesOut('mask', 'cpusetsize', 'unsigned long *')),
  getpriority: call('int', int('which', 'PRIO_'), unsigned('who', undefined, 'id_t')),
  setpriority: call('none', int('which', 'PRIO_'), unsigned('who', undefined, 'id_t'), int('prio')),
  ioprio_get: call('int', int('which', 'IOPRIO_WHO_'), int('who')),
  ioprio_set: call('none', int('which', 'IOPRIO_WHO_'), int('who'), int('ioprio')),
  // The third argument of getcpu(2) is not used since Linux 2.6.24.
  getcpu: call(
    'none',
    structOut('cpu', 'unsigned int'),
    structOut('node', 'unsigned int'),
    structOut('tcache', 'void'),
  ),
  membarrier: call('int', int('cmd', 'MEMBARRIER_CMD_'), uflags('flags', 'MEMBARRIER_CMD_FLAG_'), int('cpu_id')),
});
