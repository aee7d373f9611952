import {
  bytesIn,
  bytesOut,
  call,
  fd,
  flags,
  int,
  long,
  mode,
  pointer,
  size,
  string,
  structIn,
  structOut,
  timespecIn,
  uflags,
  ulong,
  unsigned,
} from './notation.js';

const key = () => int('key', 'IPC_', 'key_t');
const queue = () => fd('mqdes');
const clock = () => int('clockid', 'CLOCK_', 'clockid_t');
const operations = () => structIn('sops', 'struct sembuf', 'nsops');

/** futex(2), semop(2), msgsnd(2), mq_overview(7) and their relatives. Shared memory is with memory. */
export const ipcSignatures = () => ({
  // Some operations take a number where others take the timeout (futex(2), val2).
  futex: call(
    'int',
    pointer('uaddr', 'uint32_t *'),
    int('op', 'FUTEX_'),
    unsigned('val', undefined, 'uint32_t'),
    pointer('timeout', 'const struct timespec *'),
    pointer('uaddr2', 'uint32_t *'),
    unsigned('val3', undefined, 'uint32_t'),
  ),
  futex_waitv: call(
    'int',
    structIn('waiters', 'struct futex_waitv', 'nr_futexes'),
    unsigned('nr_futexes'),
    uflags('flags'),
    timespecIn('timeout'),
    clock(),
  ),
  futex_wake: call('int', pointer('uaddr'), ulong('mask'), int('nr'), uflags('flags', 'FUTEX2_')),
  futex_wait: call(
    'none',
    pointer('uaddr'),
    ulong('val'),
    ulong('mask'),
    uflags('flags', 'FUTEX2_'),
    timespecIn('timeout'),
    clock(),
  ),
  futex_requeue: call(
    'int',
    structIn('waiters', 'struct futex_waitv'),
    uflags('flags'),
    int('nr_wake'),
    int('nr_requeue'),
  ),

  semget: call('int', key(), int('nsems'), flags('semflg', 'IPC_')),
  semop: call('none', int('semid'), operations(), size('nsops')),
  semtimedop: call('none', int('semid'), operations(), size('nsops'), timespecIn('timeout')),
  // A number or an address, as `op` says: union semun.
  semctl: call('int', int('semid'), int('semnum'), int('op', 'IPC_'), ulong('arg')),
  msgget: call('int', key(), flags('msgflg', 'IPC_')),
  // A long, the message's type, and then `msgsz` bytes.
  msgsnd: call('none', int('msqid'), pointer('msgp', 'const void *'), size('msgsz'), flags('msgflg', 'IPC_')),
  msgrcv: call('size', int('msqid'), pointer('msgp'), size('msgsz'), long('msgtyp'), flags('msgflg', 'IPC_')),
  msgctl: call('int', int('msqid'), int('op', 'IPC_'), pointer('buf', 'struct msqid_ds *')),

  mq_open: call('fd', string('name'), flags('oflag', 'O_'), mode('mode'), structIn('attr', 'struct mq_attr')),
  mq_unlink: call('none', string('name')),
  mq_timedsend: call(
    'none',
    queue(),
    bytesIn('msg_ptr', 'msg_size', 'const char *'),
    size('msg_size'),
    unsigned('msg_prio'),
    timespecIn('abs_timeout'),
  ),
  mq_timedreceive: call(
    'size',
    queue(),
    bytesOut('msg_ptr', 'msg_size', 'char *'),
    size('msg_size'),
    structOut('msg_prio', 'unsigned int'),
    timespecIn('abs_timeout'),
  ),
  mq_notify: call('none', queue(), structIn('sevp', 'struct sigevent')),
  mq_getsetattr: call('none', queue(), structIn('newattr', 'struct mq_attr'), structOut('oldattr', 'struct mq_attr')),
});
