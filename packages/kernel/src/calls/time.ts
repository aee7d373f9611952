import {
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
  EFAULT,
  EINVAL,
  EOPNOTSUPP,
  type systemCallSignatures,
  TIMER_ABSTIME,
  type Timespec,
  writeI64,
} from '@synos/abi';
import type { Clock, VirtualAddress } from '@synos/interfaces';
import {
  type Answer,
  copyInTimespec,
  copyOutBytes,
  copyOutTimespec,
  copyOutTimeval,
  type Handlers,
  park,
} from '@synos/syscall';
import type { Timers } from '../contracts.js';
import type { KernelThread } from '../processes/process.js';

/** What the calls about time use. */
export interface TimeServices {
  readonly clock: Clock;
  readonly wallTimeMs: () => number;
  readonly timers: Timers;
  /** Milliseconds that a thread has run. */
  readonly ranMs: (thread: KernelThread) => number;
}

/** clock_gettime(2), nanosleep(2), gettimeofday(2) and their relatives. */
export function timeHandlers(services: TimeServices): Handlers<KernelThread, typeof systemCallSignatures> {
  const { clock, wallTimeMs, timers, ranMs } = services;

  const readClock = (thread: KernelThread, id: number): number | null => {
    switch (id) {
      case CLOCK_REALTIME:
      case CLOCK_REALTIME_COARSE:
      case CLOCK_TAI:
        return wallTimeMs();
      case CLOCK_MONOTONIC:
      case CLOCK_MONOTONIC_COARSE:
      case CLOCK_MONOTONIC_RAW:
      case CLOCK_BOOTTIME:
        return clock.now();
      case CLOCK_PROCESS_CPUTIME_ID:
      case CLOCK_THREAD_CPUTIME_ID:
        return ranMs(thread);
      default:
        return null;
    }
  };

  /** Waits until a time of the monotonic clock. `rest` is where the time left goes when a signal ends the wait. */
  const sleepUntil = ({ memory }: KernelThread, untilMs: number, rest: VirtualAddress): Answer => {
    if (untilMs <= clock.now()) return 0;
    const takeBack = timers.at(untilMs, () => void call.complete(0));
    const call = park({
      cancel(reason) {
        takeBack();
        if (reason !== 'signal' || rest === 0) return undefined;
        const left = timespecOf(Math.max(0, untilMs - clock.now()));
        return copyOutTimespec(memory, rest, left) < 0 ? -EFAULT : undefined;
      },
    });
    return call;
  };

  return {
    nanosleep(thread, duration, rest) {
      const time = copyInTimespec(thread.memory, duration);
      return typeof time === 'number' ? time : sleepUntil(thread, clock.now() + millisecondsOf(time), rest);
    },
    clock_nanosleep(thread, id, flags, at, rest) {
      if (readClock(thread, id) === null || id === CLOCK_THREAD_CPUTIME_ID) return -EINVAL;
      // Linux: no timers on these, or they would have to count what a program runs.
      const isReal = id === CLOCK_REALTIME || id === CLOCK_TAI;
      if (!isReal && id !== CLOCK_MONOTONIC && id !== CLOCK_BOOTTIME) return -EOPNOTSUPP;
      const time = copyInTimespec(thread.memory, at);
      if (typeof time === 'number') return time;
      const ms = millisecondsOf(time);
      if ((flags & TIMER_ABSTIME) === 0) return sleepUntil(thread, clock.now() + ms, rest);
      return sleepUntil(thread, isReal ? clock.now() + ms - wallTimeMs() : ms, 0);
    },
    clock_gettime(thread, id, address) {
      const ms = readClock(thread, id);
      return ms === null ? -EINVAL : copyOutTimespec(thread.memory, address, timespecOf(ms));
    },
    clock_getres(thread, id, address) {
      if (readClock(thread, id) === null) return -EINVAL;
      return address === 0 ? 0 : copyOutTimespec(thread.memory, address, { seconds: 0, nanoseconds: 1 });
    },
    gettimeofday({ memory }, time, zone) {
      if (time !== 0) {
        const { seconds, nanoseconds } = timespecOf(wallTimeMs());
        const microseconds = Math.floor(nanoseconds / 1000);
        if (copyOutTimeval(memory, time, { seconds, microseconds }) < 0) return -EFAULT;
      }
      // struct timezone: two ints, both 0 (UTC).
      return zone === 0 ? 0 : copyOutBytes(memory, zone, new Uint8Array(8));
    },
    time({ memory }, address) {
      const seconds = Math.floor(wallTimeMs() / 1000);
      if (address === 0) return seconds;
      const bytes = new Uint8Array(8);
      writeI64(new DataView(bytes.buffer), 0, seconds);
      return copyOutBytes(memory, address, bytes) < 0 ? -EFAULT : seconds;
    },
  };
}

function millisecondsOf({ seconds, nanoseconds }: Timespec): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

function timespecOf(ms: number): Timespec {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanoseconds: Math.min(999_999_999, Math.floor((ms - seconds * 1000) * 1e6)) };
}
