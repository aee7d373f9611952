import {
  bytesOut,
  call,
  epollEventIn,
  epollEventsOut,
  fd,
  flags,
  int,
  pointer,
  size,
  string,
  structInout,
  structOut,
  ulong,
  unsigned,
} from './notation.js';

/** Calls that Linux once had, or only has numbers for: unimplemented(2). Today it answers ENOSYS to all but the first two. */
export const obsoleteSignatures = () => ({
  // `fsname` is a name or an index, as `option` says.
  sysfs: call('int', int('option'), ulong('arg1'), ulong('arg2')),
  ustat: call('none', unsigned('dev'), structOut('ubuf', 'struct ustat')),
  uselib: call('none', string('library')),
  _sysctl: call('none', structInout('args', 'struct __sysctl_args')),
  create_module: call('address', string('name'), size('size')),
  get_kernel_syms: call('int', pointer('table', 'struct kernel_sym *')),
  query_module: call(
    'none',
    string('name'),
    int('which'),
    bytesOut('buf', 'bufsize'),
    size('bufsize'),
    structOut('ret', 'size_t'),
  ),
  nfsservctl: call(
    'int',
    int('cmd', 'NFSCTL_'),
    pointer('argp', 'struct nfsctl_arg *'),
    pointer('resp', 'union nfsctl_res *'),
  ),
  lookup_dcookie: call(
    'size',
    ulong('cookie', undefined, 'uint64_t'),
    bytesOut('buffer', 'size', 'char *'),
    size('size'),
  ),
  // STREAMS, which Linux never had: POSIX.1-2001 has the prototypes.
  getpmsg: call(
    'int',
    fd('fildes'),
    pointer('ctlptr', 'struct strbuf *'),
    pointer('dataptr', 'struct strbuf *'),
    pointer('bandp', 'int *'),
    pointer('flagsp', 'int *'),
  ),
  putpmsg: call(
    'none',
    fd('fildes'),
    pointer('ctlptr', 'const struct strbuf *'),
    pointer('dataptr', 'const struct strbuf *'),
    int('band'),
    flags('flags', 'MSG_'),
  ),
  epoll_ctl_old: call('none', fd('epfd'), int('op', 'EPOLL_CTL_'), fd(), epollEventIn('event')),
  epoll_wait_old: call('int', fd('epfd'), epollEventsOut('events', 'maxevents'), int('maxevents'), int('timeout')),
  // Numbers that were kept for others, with arguments that only these knew.
  afs_syscall: call('int'),
  tuxcall: call('int'),
  security: call('int'),
  vserver: call('int'),
});
