import {
  EAGAIN,
  FIONREAD,
  type Iovec,
  POLLIN,
  S_IFCHR,
  TCGETS,
  TCSETS,
  TCSETSF,
  TCSETSW,
  TIOCGWINSZ,
  termiosLayout,
  winsizeLayout,
} from '@synos/abi';
import type { Clock, UserMemory } from '@synos/interfaces';
import { PENDING, Waiter } from '@synos/socket';
import {
  copiedOrFault,
  copyInStruct,
  copyOutInts,
  copyOutStruct,
  gather,
  iovecBytes,
  type ParkedCall,
  scatter,
} from '@synos/syscall';
import type { Timers } from '../contracts.js';
import { type FileCounts, type FileStatus, OpenFile } from './open-file.js';
import type { Terminal } from './terminal.js';
import { answerLater } from './waiting.js';

/** What one write takes at most. */
const WRITE_MAX = 1 << 20;
/** How long a writer waits before it tries a full port again: it says nothing when it has room. */
const RETRY_MS = 4;

/** What a console file is made of. The buffer is borrowed for the time of a write. */
export interface ConsoleParts {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly buffer: Uint8Array<ArrayBuffer>;
}

/** `/dev/console` and `/dev/tty`. */
export class ConsoleFile extends OpenFile {
  readonly kind = 'console';
  readonly target: Terminal;
  private readonly parts: ConsoleParts;

  constructor(counts: FileCounts, flags: number, parts: ConsoleParts) {
    super(counts, flags);
    this.target = parts.terminal;
    this.parts = parts;
  }

  override read(memory: UserMemory, pieces: readonly Iovec[]): number | ParkedCall {
    const attempt = (): number => this.takeTyped(memory, pieces);
    const result = attempt();
    if (result !== PENDING) return result;
    if (this.isNonblocking) return -EAGAIN;
    return answerLater<number>(
      [this],
      (done) => {
        const waiter = new Waiter(POLLIN, {
          woken: () => {
            const count = attempt();
            // Another reader may have been first.
            if (count === PENDING) return;
            this.target.removeWaiter(waiter);
            done(count);
          },
        });
        this.target.addWaiter(waiter);
        return () => {
          this.target.removeWaiter(waiter);
          return 0;
        };
      },
      (count) => count,
    );
  }

  override write(memory: UserMemory, pieces: readonly Iovec[]): number | ParkedCall {
    const wanted = Math.min(iovecBytes(pieces), WRITE_MAX);
    let progress = 0;
    const attempt = (): number => {
      const { buffer } = this.parts;
      while (progress < wanted) {
        const length = Math.min(buffer.length, wanted - progress);
        const copied = gather(memory, pieces, buffer, progress, 0, length);
        const taken = this.target.device.write(buffer.subarray(0, copied));
        progress += taken;
        if (taken < copied) return PENDING;
        if (copied < length) break;
      }
      return copiedOrFault(progress, wanted);
    };
    const result = attempt();
    if (result !== PENDING) return result;
    if (this.isNonblocking) return progress > 0 ? progress : -EAGAIN;
    return answerLater<number>(
      [this],
      (done) => {
        const { clock, timers } = this.parts;
        let stop = (): void => {};
        const tryAgain = (): void => {
          stop = timers.at(clock.now() + RETRY_MS, () => {
            const count = attempt();
            if (count === PENDING) tryAgain();
            else done(count);
          });
        };
        tryAgain();
        return () => {
          stop();
          return progress;
        };
      },
      (count) => count,
    );
  }

  override ioctl(memory: UserMemory, request: number, argument: number): number {
    const terminal = this.target;
    switch (request) {
      case FIONREAD:
        return copyOutInts(memory, argument, terminal.readableBytes);
      case TCGETS:
        return copyOutStruct(memory, argument, termiosLayout, terminal.settings);
      case TCSETS:
      case TCSETSW:
      case TCSETSF: {
        const settings = copyInStruct(memory, argument, termiosLayout);
        if (typeof settings === 'number') return settings;
        terminal.settings = settings;
        return 0;
      }
      case TIOCGWINSZ:
        return copyOutStruct(memory, argument, winsizeLayout, { rows: 24, columns: 80 });
      default:
        return super.ioctl(memory, request, argument);
    }
  }

  override status(): FileStatus {
    // Major 5, minor 1: the system console.
    return { mode: S_IFCHR | 0o600, specialDevice: 0x501 };
  }

  protected override closeFile(): number {
    return 0;
  }

  /** Typed bytes to the program: their number, or PENDING where there are none. What faults stays for the next call. */
  private takeTyped(memory: UserMemory, pieces: readonly Iovec[]): number {
    const room = iovecBytes(pieces);
    let done = 0;
    while (done < room) {
      const typed = this.target.peek();
      if (typed.length === 0) break;
      const wanted = Math.min(typed.length, room - done);
      const copied = scatter(memory, pieces, typed, done, 0, wanted);
      this.target.take(copied);
      done += copied;
      if (copied < wanted) return copiedOrFault(done, wanted);
    }
    return done > 0 ? done : PENDING;
  }
}
