import * as abi from '@synos/abi';

/** A constant's name and value. */
type Constant = readonly [name: string, value: number];

/** What a number is made of: one of some values under a mask, and bits. */
export interface ConstantSet {
  readonly prefix: string;
  /** The bits of which `values` says the names; 0 for none, -1 for all. */
  readonly mask: number;
  readonly values: readonly Constant[];
  /** In the order of printing; those of several bits before their parts. */
  readonly bits: readonly Constant[];
}

const choice = (prefix: string, ...values: readonly Constant[]): ConstantSet => ({
  prefix,
  mask: -1,
  values,
  bits: [],
});
const bitsOf = (prefix: string, ...bits: readonly Constant[]): ConstantSet => ({ prefix, mask: 0, values: [], bits });

const socketFlags: readonly Constant[] = [
  ['SOCK_CLOEXEC', abi.SOCK_CLOEXEC],
  ['SOCK_NONBLOCK', abi.SOCK_NONBLOCK],
];
const openBits: readonly Constant[] = [
  ['O_CREAT', abi.O_CREAT],
  ['O_EXCL', abi.O_EXCL],
  ['O_NOCTTY', abi.O_NOCTTY],
  ['O_TRUNC', abi.O_TRUNC],
  ['O_APPEND', abi.O_APPEND],
  ['O_NONBLOCK', abi.O_NONBLOCK],
  ['O_SYNC', abi.O_SYNC],
  ['O_DSYNC', abi.O_DSYNC],
  ['O_DIRECT', abi.O_DIRECT],
  ['O_LARGEFILE', abi.O_LARGEFILE],
  ['O_NOFOLLOW', abi.O_NOFOLLOW],
  ['O_NOATIME', abi.O_NOATIME],
  ['O_CLOEXEC', abi.O_CLOEXEC],
  ['O_PATH', abi.O_PATH],
  ['O_TMPFILE', abi.O_TMPFILE],
  ['O_DIRECTORY', abi.O_DIRECTORY],
  ['O_ASYNC', abi.O_ASYNC],
];

/**
 * The constants that an argument is made of.
 *
 * @param prefix - as `SystemCallArgument.constants` has it
 * @param isFlags - whether it is an argument of bits alone: `SOCK_` in accept4(2), `O_` in pipe2(2)
 * @returns undefined for a prefix without names here: the number is printed
 */
export function constantSet(prefix: string, isFlags: boolean): ConstantSet | undefined {
  switch (prefix) {
    case 'AF_':
      return choice(
        prefix,
        ['AF_UNSPEC', abi.AF_UNSPEC],
        ['AF_UNIX', abi.AF_UNIX],
        ['AF_INET', abi.AF_INET],
        ['AF_INET6', abi.AF_INET6],
        ['AF_NETLINK', abi.AF_NETLINK],
        ['AF_PACKET', abi.AF_PACKET],
        ['AF_VSOCK', abi.AF_VSOCK],
      );
    case 'SOCK_':
      if (isFlags) return bitsOf(prefix, ...socketFlags);
      return {
        prefix,
        mask: abi.SOCK_TYPE_MASK,
        values: [
          ['SOCK_STREAM', abi.SOCK_STREAM],
          ['SOCK_DGRAM', abi.SOCK_DGRAM],
          ['SOCK_RAW', abi.SOCK_RAW],
          ['SOCK_RDM', abi.SOCK_RDM],
          ['SOCK_SEQPACKET', abi.SOCK_SEQPACKET],
          ['SOCK_DCCP', abi.SOCK_DCCP],
          ['SOCK_PACKET', abi.SOCK_PACKET],
        ],
        bits: socketFlags,
      };
    case 'IPPROTO_':
      return choice(
        prefix,
        ['IPPROTO_IP', 0],
        ['IPPROTO_ICMP', 1],
        ['IPPROTO_TCP', 6],
        ['IPPROTO_UDP', 17],
        ['IPPROTO_IPV6', 41],
        ['IPPROTO_ICMPV6', 58],
        ['IPPROTO_RAW', 255],
      );
    case 'SOL_':
      return choice(
        prefix,
        ['SOL_IP', 0],
        ['SOL_SOCKET', 1],
        ['SOL_TCP', 6],
        ['SOL_UDP', 17],
        ['SOL_IPV6', 41],
        ['SOL_RAW', 255],
      );
    case 'SHUT_':
      return choice(prefix, ['SHUT_RD', 0], ['SHUT_WR', 1], ['SHUT_RDWR', 2]);
    case 'MSG_':
      return bitsOf(
        prefix,
        ['MSG_OOB', abi.MSG_OOB],
        ['MSG_PEEK', abi.MSG_PEEK],
        ['MSG_DONTROUTE', abi.MSG_DONTROUTE],
        ['MSG_CTRUNC', abi.MSG_CTRUNC],
        ['MSG_PROBE', abi.MSG_PROXY],
        ['MSG_TRUNC', abi.MSG_TRUNC],
        ['MSG_DONTWAIT', abi.MSG_DONTWAIT],
        ['MSG_EOR', abi.MSG_EOR],
        ['MSG_WAITALL', abi.MSG_WAITALL],
        ['MSG_FIN', abi.MSG_FIN],
        ['MSG_SYN', abi.MSG_SYN],
        ['MSG_CONFIRM', abi.MSG_CONFIRM],
        ['MSG_RST', abi.MSG_RST],
        ['MSG_ERRQUEUE', abi.MSG_ERRQUEUE],
        ['MSG_NOSIGNAL', abi.MSG_NOSIGNAL],
        ['MSG_MORE', abi.MSG_MORE],
        ['MSG_WAITFORONE', abi.MSG_WAITFORONE],
        ['MSG_BATCH', abi.MSG_BATCH],
        ['MSG_ZEROCOPY', abi.MSG_ZEROCOPY],
        ['MSG_FASTOPEN', abi.MSG_FASTOPEN],
        ['MSG_CMSG_CLOEXEC', abi.MSG_CMSG_CLOEXEC],
      );
    case 'O_':
      if (isFlags) return bitsOf(prefix, ...openBits);
      return {
        prefix,
        mask: abi.O_ACCMODE,
        values: [
          ['O_RDONLY', abi.O_RDONLY],
          ['O_WRONLY', abi.O_WRONLY],
          ['O_RDWR', abi.O_RDWR],
          ['O_ACCMODE', abi.O_ACCMODE],
        ],
        bits: openBits,
      };
    // include/uapi/asm-generic/mman-common.h
    case 'PROT_':
      return {
        ...bitsOf(prefix, ['PROT_READ', abi.PROT_READ], ['PROT_WRITE', abi.PROT_WRITE], ['PROT_EXEC', abi.PROT_EXEC]),
        values: [['PROT_NONE', abi.PROT_NONE]],
      };
    case 'MAP_':
      return {
        prefix,
        mask: 0xf,
        values: [
          ['MAP_FILE', abi.MAP_FILE],
          ['MAP_SHARED', abi.MAP_SHARED],
          ['MAP_PRIVATE', abi.MAP_PRIVATE],
          ['MAP_SHARED_VALIDATE', abi.MAP_SHARED_VALIDATE],
        ],
        bits: [
          ['MAP_FIXED', abi.MAP_FIXED],
          ['MAP_ANONYMOUS', abi.MAP_ANONYMOUS],
          ['MAP_32BIT', abi.MAP_32BIT],
          ['MAP_NORESERVE', abi.MAP_NORESERVE],
          ['MAP_POPULATE', abi.MAP_POPULATE],
          ['MAP_NONBLOCK', abi.MAP_NONBLOCK],
          ['MAP_GROWSDOWN', abi.MAP_GROWSDOWN],
          ['MAP_DENYWRITE', abi.MAP_DENYWRITE],
          ['MAP_EXECUTABLE', abi.MAP_EXECUTABLE],
          ['MAP_LOCKED', abi.MAP_LOCKED],
          ['MAP_STACK', abi.MAP_STACK],
          ['MAP_HUGETLB', abi.MAP_HUGETLB],
          ['MAP_SYNC', abi.MAP_SYNC],
          ['MAP_FIXED_NOREPLACE', abi.MAP_FIXED_NOREPLACE],
        ],
      };
    case 'EPOLL_CTL_':
      return choice(prefix, ['EPOLL_CTL_ADD', 1], ['EPOLL_CTL_DEL', 2], ['EPOLL_CTL_MOD', 3]);
    case 'EPOLL_':
      return bitsOf(prefix, ['EPOLL_CLOEXEC', abi.EPOLL_CLOEXEC]);
    case 'F_':
      return choice(
        prefix,
        ['F_DUPFD', abi.F_DUPFD],
        ['F_GETFD', abi.F_GETFD],
        ['F_SETFD', abi.F_SETFD],
        ['F_GETFL', abi.F_GETFL],
        ['F_SETFL', abi.F_SETFL],
        ['F_DUPFD_CLOEXEC', abi.F_DUPFD_CLOEXEC],
      );
    case 'CLOCK_':
      return choice(
        prefix,
        ['CLOCK_REALTIME', 0],
        ['CLOCK_MONOTONIC', 1],
        ['CLOCK_PROCESS_CPUTIME_ID', 2],
        ['CLOCK_THREAD_CPUTIME_ID', 3],
        ['CLOCK_MONOTONIC_RAW', 4],
        ['CLOCK_REALTIME_COARSE', 5],
        ['CLOCK_MONOTONIC_COARSE', 6],
        ['CLOCK_BOOTTIME', 7],
      );
    case 'SEEK_':
      return choice(prefix, ['SEEK_SET', 0], ['SEEK_CUR', 1], ['SEEK_END', 2], ['SEEK_DATA', 3], ['SEEK_HOLE', 4]);
    case 'POLL':
      return bitsOf(
        prefix,
        ['POLLIN', abi.POLLIN],
        ['POLLPRI', abi.POLLPRI],
        ['POLLOUT', abi.POLLOUT],
        ['POLLERR', abi.POLLERR],
        ['POLLHUP', abi.POLLHUP],
        ['POLLNVAL', abi.POLLNVAL],
        ['POLLRDNORM', abi.POLLRDNORM],
        ['POLLRDBAND', abi.POLLRDBAND],
        ['POLLWRNORM', abi.POLLWRNORM],
        ['POLLWRBAND', abi.POLLWRBAND],
        ['POLLMSG', abi.POLLMSG],
        ['POLLREMOVE', abi.POLLREMOVE],
        ['POLLRDHUP', abi.POLLRDHUP],
      );
    case 'EPOLL':
      return bitsOf(
        prefix,
        ['EPOLLIN', abi.EPOLLIN],
        ['EPOLLPRI', abi.EPOLLPRI],
        ['EPOLLOUT', abi.EPOLLOUT],
        ['EPOLLRDNORM', abi.EPOLLRDNORM],
        ['EPOLLRDBAND', abi.EPOLLRDBAND],
        ['EPOLLWRNORM', abi.EPOLLWRNORM],
        ['EPOLLWRBAND', abi.EPOLLWRBAND],
        ['EPOLLMSG', abi.EPOLLMSG],
        ['EPOLLERR', abi.EPOLLERR],
        ['EPOLLHUP', abi.EPOLLHUP],
        ['EPOLLRDHUP', abi.EPOLLRDHUP],
        ['EPOLLEXCLUSIVE', abi.EPOLLEXCLUSIVE],
        ['EPOLLWAKEUP', abi.EPOLLWAKEUP],
        ['EPOLLONESHOT', abi.EPOLLONESHOT],
        ['EPOLLET', abi.EPOLLET],
      );
    default:
      return undefined;
  }
}

/**
 * A number in the names of its constants, as strace writes it: `PROT_READ|PROT_WRITE`, `MSG_OOB|0x40000`, `0`,
 * `0x63 /* AF_??? *\/`.
 *
 * @param value - 32 bits, in either sign
 */
export function constantText(value: number, { prefix, mask, values, bits }: ConstantSet): string {
  const parts: string[] = [];
  const chosen = values.find(([, constant]) => constant === (mask === 0 ? value : value & mask));
  let rest = value;
  if (chosen !== undefined) {
    parts.push(chosen[0]);
    rest &= ~mask;
  }
  for (const [name, bit] of bits) {
    if ((rest & bit) !== (bit | 0)) continue;
    parts.push(name);
    rest &= ~bit;
  }
  if (rest === 0) return parts.length === 0 ? '0' : parts.join('|');
  const hex = `0x${(rest >>> 0).toString(16)}`;
  const unknown = prefix === 'SOL_' ? 'SOL_??' : `${prefix}???`;
  return parts.length === 0 ? `${hex} /* ${unknown} */` : [...parts, hex].join('|');
}
