/**
 * What the register of an argument holds, which says how to read it, print it and check it.
 *
 * Plain values:
 * - `int`, `unsigned`: the low 32 bits; `long`, `ulong`, `size`, `offset`: all 64
 * - `fd`: a file descriptor, the low 32 bits; `pid`, `signal`, `mode` (octal), `flags` (32 bits), `lflags` (64 bits)
 * - `address`: an address that the call itself does not follow (mmap, brk)
 *
 * Addresses of memory, named by what lies there and which way it goes:
 * - `string-in`: bytes up to a zero
 * - `bytes-in`, `bytes-out`: as many as argument `length` says
 * - `sockaddr-in`: as long as argument `length` says; `sockaddr-out`: with a `socklen-inout` beside it
 * - `iovec-in`, `iovec-out`: an array of `length` elements, and the bytes that they name
 * - `msghdr-in`, `msghdr-inout`: with all that it names
 * - `pollfds-inout`, `epoll-events-out`: an array of `length` elements; `epoll-event-in`: one
 * - `timespec-in`, `timespec-out`, `timeval-in`, `timeval-out`, `int-in`, `int-out`, `ints-out` (two): as they say
 * - `strings-in`: an array of addresses of strings, ended by a zero (argv)
 * - `struct-in`, `struct-out`, `struct-inout`: any other structure; `type` says which
 * - `pointer`: anything else
 */
export type ArgumentKind =
  | 'int'
  | 'unsigned'
  | 'long'
  | 'ulong'
  | 'size'
  | 'offset'
  | 'fd'
  | 'pid'
  | 'signal'
  | 'mode'
  | 'flags'
  | 'lflags'
  | 'address'
  | 'string-in'
  | 'strings-in'
  | 'bytes-in'
  | 'bytes-out'
  | 'sockaddr-in'
  | 'sockaddr-out'
  | 'socklen-inout'
  | 'iovec-in'
  | 'iovec-out'
  | 'msghdr-in'
  | 'msghdr-inout'
  | 'pollfds-inout'
  | 'epoll-event-in'
  | 'epoll-events-out'
  | 'timespec-in'
  | 'timespec-out'
  | 'timeval-in'
  | 'timeval-out'
  | 'int-in'
  | 'int-out'
  | 'ints-out'
  | 'struct-in'
  | 'struct-out'
  | 'struct-inout'
  | 'pointer';

/** One argument of a system call. */
export interface SystemCallArgument {
  /** As the manual page calls it. */
  readonly name: string;
  readonly kind: ArgumentKind;
  /** Its type in C, as a prototype has it before the name: `const struct sockaddr *`. */
  readonly type: string;
  /** The index of the argument that says how long it is, or how many elements it has. */
  readonly length?: number;
  /**
   * The prefix of the constants that it is made of, for a trace: `PROT_`, `MAP_`, `AF_`, `SOCK_`, `MSG_`, `O_`.
   */
  readonly constants?: string;
}

/**
 * What comes back in rax when it is not a negative errno: `int` (a plain number), `fd`, `size` (bytes), `offset`,
 * `address`, `pid`, `none` (nothing but 0), `never` (the call does not return).
 */
export type SystemCallReturn = 'int' | 'fd' | 'size' | 'offset' | 'address' | 'pid' | 'none' | 'never';

/** What a system call takes and gives, the same in every profile that has it. */
export interface SystemCallSignature {
  /** In the order of registers: rdi, rsi, rdx, r10, r8, r9. At most six. */
  readonly arguments: readonly SystemCallArgument[];
  readonly returns: SystemCallReturn;
}
