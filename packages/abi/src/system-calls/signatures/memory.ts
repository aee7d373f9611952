import {
  address,
  call,
  fd,
  flags,
  int,
  intOut,
  lflags,
  offset,
  pid,
  pointer,
  size,
  string,
  structIn,
  structOut,
  uflags,
  ulong,
} from './notation.js';

const prot = () => flags('prot', 'PROT_');
// A nodemask has `maxnode` bits, in whole words.
const nodesIn = (name: string) => structIn(name, 'unsigned long');

/** mmap(2), brk(2), mprotect(2), madvise(2), mlock(2), mbind(2), pkey_alloc(2) and their relatives. */
export const memorySignatures = () => ({
  mmap: call('address', address('addr'), size('length'), prot(), flags('flags', 'MAP_'), fd(), offset('offset')),
  munmap: call('none', address('addr'), size('length')),
  mremap: call(
    'address',
    address('old_address'),
    size('old_size'),
    size('new_size'),
    flags('flags', 'MREMAP_'),
    address('new_address'),
  ),
  remap_file_pages: call('none', address('addr'), size('size'), prot(), size('pgoff'), flags('flags', 'MAP_')),
  mprotect: call('none', address('addr'), size('size'), prot()),
  pkey_mprotect: call('none', address('addr'), size('size'), prot(), int('pkey')),
  pkey_alloc: call('int', uflags('flags'), uflags('access_rights', 'PKEY_')),
  pkey_free: call('none', int('pkey')),
  mseal: call('none', address('addr'), size('size'), lflags('flags')),
  map_shadow_stack: call('address', address('addr'), size('size'), uflags('flags', 'SHADOW_STACK_')),
  // brk(2), "C library/kernel differences": the call answers the new break, and the old one where it cannot be moved.
  brk: call('address', address('addr')),
  msync: call('none', address('addr'), size('length'), flags('flags', 'MS_')),
  // One byte for each page of `length` bytes.
  mincore: call('none', address('addr'), size('length'), pointer('vec', 'unsigned char *')),
  madvise: call('none', address('addr'), size('size'), int('advice', 'MADV_')),
  // The addresses of `iovec` are those of another process.
  process_madvise: call(
    'size',
    fd('pidfd'),
    structIn('iovec', 'struct iovec', 'n'),
    size('n'),
    int('advice', 'MADV_'),
    uflags('flags'),
  ),
  process_mrelease: call('none', fd('pidfd'), uflags('flags')),
  mlock: call('none', address('addr', 'const void *'), size('size')),
  mlock2: call('none', address('addr', 'const void *'), size('size'), uflags('flags', 'MLOCK_')),
  munlock: call('none', address('addr', 'const void *'), size('size')),
  mlockall: call('none', flags('flags', 'MCL_')),
  munlockall: call('none'),
  memfd_create: call('fd', string('name'), uflags('flags', 'MFD_')),
  memfd_secret: call('fd', uflags('flags', 'FD_')),
  userfaultfd: call('fd', flags('flags', 'O_')),

  mbind: call(
    'none',
    address('addr'),
    ulong('size'),
    int('mode', 'MPOL_'),
    nodesIn('nodemask'),
    ulong('maxnode'),
    uflags('flags', 'MPOL_MF_'),
  ),
  set_mempolicy: call('none', int('mode', 'MPOL_'), nodesIn('nodemask'), ulong('maxnode')),
  get_mempolicy: call(
    'none',
    intOut('mode'),
    structOut('nodemask', 'unsigned long'),
    ulong('maxnode'),
    address('addr'),
    lflags('flags', 'MPOL_F_'),
  ),
  set_mempolicy_home_node: call('none', ulong('start'), ulong('size'), ulong('home_node'), lflags('flags')),
  migrate_pages: call('int', pid('pid'), ulong('maxnode'), nodesIn('old_nodes'), nodesIn('new_nodes')),
  move_pages: call(
    'int',
    pid('pid'),
    ulong('count'),
    structIn('pages', 'void *', 'count'),
    structIn('nodes', 'int', 'count'),
    structOut('status', 'int', 'count'),
    flags('flags', 'MPOL_MF_'),
  ),

  shmget: call('int', int('key', 'IPC_', 'key_t'), size('size'), flags('shmflg', 'IPC_')),
  shmat: call('address', int('shmid'), address('shmaddr', 'const void *'), flags('shmflg', 'SHM_')),
  shmdt: call('none', address('shmaddr', 'const void *')),
  // Read, written or not looked at, as `op` says.
  shmctl: call('int', int('shmid'), int('op', 'IPC_'), pointer('buf', 'struct shmid_ds *')),
});
