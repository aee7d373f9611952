import type { Layout } from './layout.js';

/** `struct rlimit`: getrlimit(2), prlimit64(2). All ones are no limit. */
export const rlimitLayout = {
  name: 'struct rlimit',
  size: 16,
  align: 8,
  fields: [
    { name: 'rlim_cur', key: 'soft', offset: 0, size: 8, type: 'u64' },
    { name: 'rlim_max', key: 'hard', offset: 8, size: 8, type: 'u64' },
  ],
} as const satisfies Layout;

/** `struct rusage`: getrusage(2), wait4(2). */
export const rusageLayout = {
  name: 'struct rusage',
  size: 144,
  align: 8,
  fields: [
    { name: 'ru_utime.tv_sec', key: 'userSeconds', offset: 0, size: 8, type: 'i64' },
    { name: 'ru_utime.tv_usec', key: 'userMicroseconds', offset: 8, size: 8, type: 'i64' },
    { name: 'ru_stime.tv_sec', key: 'systemSeconds', offset: 16, size: 8, type: 'i64' },
    { name: 'ru_stime.tv_usec', key: 'systemMicroseconds', offset: 24, size: 8, type: 'i64' },
    { name: 'ru_maxrss', key: 'maxResidentKb', offset: 32, size: 8, type: 'i64' },
    { name: 'ru_ixrss', key: 'sharedMemory', offset: 40, size: 8, type: 'i64' },
    { name: 'ru_idrss', key: 'data', offset: 48, size: 8, type: 'i64' },
    { name: 'ru_isrss', key: 'stack', offset: 56, size: 8, type: 'i64' },
    { name: 'ru_minflt', key: 'minorFaults', offset: 64, size: 8, type: 'i64' },
    { name: 'ru_majflt', key: 'majorFaults', offset: 72, size: 8, type: 'i64' },
    { name: 'ru_nswap', key: 'swaps', offset: 80, size: 8, type: 'i64' },
    { name: 'ru_inblock', key: 'blocksIn', offset: 88, size: 8, type: 'i64' },
    { name: 'ru_oublock', key: 'blocksOut', offset: 96, size: 8, type: 'i64' },
    { name: 'ru_msgsnd', key: 'messagesSent', offset: 104, size: 8, type: 'i64' },
    { name: 'ru_msgrcv', key: 'messagesReceived', offset: 112, size: 8, type: 'i64' },
    { name: 'ru_nsignals', key: 'signals', offset: 120, size: 8, type: 'i64' },
    { name: 'ru_nvcsw', key: 'voluntarySwitches', offset: 128, size: 8, type: 'i64' },
    { name: 'ru_nivcsw', key: 'involuntarySwitches', offset: 136, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;

/** `struct tms`: times(2), in ticks of AT_CLKTCK. */
export const tmsLayout = {
  name: 'struct tms',
  size: 32,
  align: 8,
  fields: [
    { name: 'tms_utime', key: 'userTicks', offset: 0, size: 8, type: 'i64' },
    { name: 'tms_stime', key: 'systemTicks', offset: 8, size: 8, type: 'i64' },
    { name: 'tms_cutime', key: 'childrenUserTicks', offset: 16, size: 8, type: 'i64' },
    { name: 'tms_cstime', key: 'childrenSystemTicks', offset: 24, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;
