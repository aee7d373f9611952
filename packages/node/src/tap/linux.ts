// Numbers of Linux: include/uapi/linux/if_tun.h, if.h, virtio_net.h.

export const tunsetiff = 0x400454ca;
export const tungetiff = 0x800454d2;
export const tunsetoffload = 0x400454d0;
export const tunsetvnetle = 0x400454dc;
export const tunsetcarrier = 0x400454e2;

export const iffTap = 0x0002;
export const iffNoPi = 0x1000;
export const iffVnetHdr = 0x4000;

/** What may come to us unfinished: open checksums, TCP over IPv4 in 64 KB, that with congestion marks. */
export const tunFCsum = 0x01;
export const tunFTso4 = 0x02;
export const tunFTsoEcn = 0x08;

/** `struct ifreq`: the name, then a union whose first half-word holds the flags. */
export const ifreqBytes = 40;
export const ifnamsiz = 16;

export const pollIn = 1;

/** Errors by number: `errno` of every architecture that Node runs on here. */
export const linuxErrno = {
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENODEV: 19,
  EINVAL: 22,
  EPIPE: 32,
  EBADFD: 77,
  EMSGSIZE: 90,
  ECONNRESET: 104,
  ENOTCONN: 107,
  ECONNREFUSED: 111,
} as const;
