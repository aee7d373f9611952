// Linux's numbers on x86-64, as `@synos/abi` has them; this package depends on contracts alone.

export const AF_INET = 2;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const O_NONBLOCK = 0x800;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVTIMEO = 20;
export const SOL_TCP = 6;
export const TCP_NODELAY = 1;
export const MSG_PEEK = 2;
export const MSG_DONTWAIT = 0x40;
export const SHUT_WR = 1;
export const FIONREAD = 0x541b;
export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLNVAL = 0x20;
export const EPOLLIN = 1;
export const EPOLLET = 0x80000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;

/** tcpi_state (include/net/tcp_states.h). */
export const tcpiState = { ESTABLISHED: 1, CLOSE_WAIT: 8, LISTEN: 10 } as const;

/** A `struct timeval`. */
export function timeval(ms: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(ms / 1000), true);
  view.setUint32(8, (ms % 1000) * 1000, true);
  return bytes;
}
