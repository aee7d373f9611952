import { createRequire } from 'node:module';
import type { PacketPool } from '@synos/interfaces';
import { createMemory, createPacketPool, packetPoolBytes } from '@synos/wire';
import type { Koffi } from '../src/tap/koffi.js';

/** Why nothing of the TAP can run here, or undefined. */
export const lack = process.platform === 'linux' ? undefined : 'not Linux';

const koffi = lack ? undefined : (createRequire(import.meta.url)('koffi') as Koffi);
const [afUnix, sockSeqpacket, sockNonblock] = [1, 5, 0o4000];

/** Two files of which each read and write is a frame, back to back: what a TAP is, without rights. */
export function framePair(): [number, number] {
  const socketpair = koffi!.load(null).func('int socketpair(int, int, int, void *)');
  const fds = new Int32Array(2);
  if (socketpair(afUnix, sockSeqpacket | sockNonblock, 0, fds) !== 0) throw new Error('no socketpair');
  return [fds[0]!, fds[1]!];
}

/** Closes what {@link framePair} has opened. */
export function closeFile(fd: number): void {
  koffi!.load(null).func('int close(int)')(fd);
}

/** An open `/dev/null`. */
export function nullFile(): number {
  return koffi!.load(null).func('int open(const char *, int)')('/dev/null', 2);
}

export function newPool(smallPackets = 1024, largePackets = 8): PacketPool {
  const size = { smallPackets, largePackets };
  const memory = createMemory(new ArrayBuffer(packetPoolBytes(size)));
  return createPacketPool({ memory, offset: 0, ...size, urgentReserve: 0 });
}

/** Whether a frame waits to be read. */
export const hasUnread = (fd: number): boolean => isReady(fd, 1);

/** Whether a frame could be written. */
export const hasRoom = (fd: number): boolean => isReady(fd, 4);

function isReady(fd: number, event: number): boolean {
  const asked = new Int32Array([fd, event]);
  koffi!.load(null).func('int poll(void *, unsigned long, int)')(asked, 1, 0);
  return ((asked[1]! >>> 16) & event) !== 0;
}

/** Waits until the threads behind these files have read all there was, and have had time to hand it on. */
export async function settled(fds: ReadonlySet<number>): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await delay(1);
    quiet = [...fds].some(hasUnread) ? 0 : quiet + 1;
  }
}

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
