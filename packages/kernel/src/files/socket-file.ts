import { FIONREAD, type Iovec, O_NONBLOCK, O_RDWR, S_IFSOCK, SIOCOUTQ } from '@synos/abi';
import type { UserMemory } from '@synos/interfaces';
import { block, type Socket } from '@synos/socket';
import { copyOutInts, type ParkedCall } from '@synos/syscall';
import { type FileCounts, type FileStatus, OpenFile } from './open-file.js';
import { receiver, sender, transfer } from './transfer.js';
import { answerLater } from './waiting.js';

/** A socket as a file. */
export class SocketFile extends OpenFile {
  readonly kind = 'socket';
  readonly socket: Socket;
  private readonly buffer: Uint8Array<ArrayBuffer>;

  /**
   * @param socket - its owner is the file from now on
   * @param buffer - borrowed for the time of a transfer
   */
  constructor(counts: FileCounts, socket: Socket, buffer: Uint8Array<ArrayBuffer>) {
    super(counts, O_RDWR);
    this.socket = socket;
    this.buffer = buffer;
  }

  get target(): Socket {
    return this.socket;
  }

  // O_NONBLOCK is the socket's own: its calls ask it.
  override get flags(): number {
    return (this.statusFlags & ~O_NONBLOCK) | (this.socket.nonblocking ? O_NONBLOCK : 0);
  }

  override set flags(flags: number) {
    this.statusFlags = flags;
    this.socket.nonblocking = (flags & O_NONBLOCK) !== 0;
  }

  override read(memory: UserMemory, pieces: readonly Iovec[]): number | ParkedCall {
    return transfer(this, receiver(this.socket, memory, pieces, 0, this.buffer));
  }

  override write(memory: UserMemory, pieces: readonly Iovec[]): number | ParkedCall {
    return transfer(this, sender(this.socket, memory, pieces, 0, this.buffer));
  }

  override ioctl(memory: UserMemory, request: number, argument: number): number {
    if (request !== FIONREAD && request !== SIOCOUTQ) return super.ioctl(memory, request, argument);
    const count = this.socket.ioctl(request);
    return count < 0 ? count : copyOutInts(memory, argument, count);
  }

  override status(): FileStatus {
    return { mode: S_IFSOCK | 0o777 };
  }

  protected override closeFile(): number | ParkedCall {
    // SO_LINGER makes it wait. The file itself is gone: nothing is retained.
    return answerLater<number>(
      [],
      (done) => block(this.socket, { call: 'close' }, done),
      (result) => result,
    );
  }
}
