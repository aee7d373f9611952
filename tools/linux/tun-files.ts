import { constants, openSync } from 'node:fs';
import { createRequire } from 'node:module';

type Call = (...values: unknown[]) => number;
const { load } = createRequire(import.meta.url)('koffi') as { load(library: null): { func(prototype: string): Call } };
const ioctl = load(null).func('int ioctl(int, unsigned long, void *)');
const poll = load(null).func('int poll(void *, unsigned long, int)');

/** Flags of TUNSETIFF, as if_tun.h has them. */
export const tunFlags = { tun: 0x1001, tap: 0x1002, tapWithHeader: 0x5002 } as const;

let made = 0;

/** `/dev/net/tun`, attached to a new interface: what a program may be given by another one. */
export function openTunFile(flags: number): number {
  const fd = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
  const request = Buffer.alloc(40);
  // `%d` finds a name that is free here, not in the namespace where the interface goes.
  request.write(`sy${process.pid}-${made++}`);
  request.writeUInt16LE(flags, 16);
  if (ioctl(fd, 0x400454ca, request) !== 0) throw new Error('TUNSETIFF');
  return fd;
}

/** Whether a frame waits to be read. */
export function hasUnread(fd: number): boolean {
  const asked = new Int32Array([fd, 1]);
  poll(asked, 1, 0);
  return (asked[1] as number) >>> 16 === 1;
}
