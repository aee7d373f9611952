// epoll(7): include/uapi/linux/eventpoll.h. The event bits are those of poll(2).

/** Reading will not block. */
export const EPOLLIN = 0x1;
/** Urgent data. */
export const EPOLLPRI = 0x2;
/** Writing will not block. */
export const EPOLLOUT = 0x4;
/** An error is pending. Always reported. */
export const EPOLLERR = 0x8;
/** Both directions have ended. Always reported. */
export const EPOLLHUP = 0x10;
/** As {@link EPOLLIN}. */
export const EPOLLRDNORM = 0x40;
/** Out-of-band data can be read. */
export const EPOLLRDBAND = 0x80;
/** As {@link EPOLLOUT}. */
export const EPOLLWRNORM = 0x100;
/** Out-of-band data can be written. */
export const EPOLLWRBAND = 0x200;
/** Unused. */
export const EPOLLMSG = 0x400;
/** The peer will send no more. */
export const EPOLLRDHUP = 0x2000;
/** Wake one of several epoll instances. */
export const EPOLLEXCLUSIVE = 0x10000000;
/** Keep the system awake while the event is handled. */
export const EPOLLWAKEUP = 0x20000000;
/** Report once, then disarm. */
export const EPOLLONESHOT = 0x40000000;
/** Edge-triggered. Unsigned here: a bitwise operator of JavaScript turns it negative. */
export const EPOLLET = 0x80000000;
/** epoll_ctl(2): add a descriptor. */
export const EPOLL_CTL_ADD = 1;
/** epoll_ctl(2): remove a descriptor. */
export const EPOLL_CTL_DEL = 2;
/** epoll_ctl(2): change a descriptor's events. */
export const EPOLL_CTL_MOD = 3;
/** epoll_create1(2): close on exec. */
export const EPOLL_CLOEXEC = 0o2000000;
