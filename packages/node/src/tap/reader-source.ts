import { recordHeadBytes, ringWord, ringWordsBytes } from './frame-ring.js';
import { linuxErrno, pollIn } from './linux.js';

/** What the reading thread is given. */
export interface ReaderData {
  readonly shared: SharedArrayBuffer;
  readonly fd: number;
  /** Longest frame that is read whole, with the header in front of it. */
  readonly frameBytes: number;
  /** Where koffi lies. */
  readonly koffiPath: string;
  /** The bell is a message, for want of `Atomics.waitAsync`. */
  readonly bellIsMessage: boolean;
}

/**
 * How long the thread sleeps in `poll` at most. It can be stopped only between two calls, and `process.exit` waits for
 * it: this is what an exit may cost. A read that blocks would hang it for ever.
 */
const patienceMs = 100;

/**
 * The program of the reading thread. A string, because a thread's file would have to be found again from ESM, from
 * CommonJS, from source and out of whatever bundle somebody makes of it.
 *
 * It reads until there is nothing, then sleeps until there is. A frame that finds the ring full is read and dropped, as
 * by a network card without a free descriptor.
 */
export const readerSource = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { readSync } = require('node:fs');
const { shared, fd, frameBytes, koffiPath, bellIsMessage } = workerData;
// "Nothing there" is an exception, many times a second.
Error.stackTraceLimit = 0;
const koffi = require(koffiPath);
const poll = koffi.load(null).func('int poll(void *, unsigned long, int)');
const words = new Int32Array(shared, 0, ${ringWordsBytes / 4});
const lengths = new Int32Array(shared, ${ringWordsBytes});
const bytes = new Uint8Array(shared, ${ringWordsBytes});
const size = bytes.length;
const recordBytes = ${recordHeadBytes} + ((frameBytes + 7) & ~7);
const scratch = new Uint8Array(frameBytes);
const asked = new Int32Array([fd, ${pollIn}]);
// Bytes written so far, as in the ring's word.
const own = { head: 0 };

function ring() {
  Atomics.add(words, ${ringWord.bell}, 1);
  Atomics.notify(words, ${ringWord.bell});
  if (bellIsMessage) parentPort.postMessage(0);
}

// Where a record of any length fits, or -1.
function place() {
  const free = size - ((own.head - Atomics.load(words, ${ringWord.tail})) | 0);
  const at = own.head & (size - 1);
  const toEnd = size - at;
  if (toEnd >= recordBytes) return free >= recordBytes ? at : -1;
  if (free < toEnd + recordBytes) return -1;
  lengths[at >> 2] = -1;
  own.head = (own.head + toEnd) | 0;
  return 0;
}

// Bytes of the next frame, -1 when there is none.
function read(into, at) {
  try {
    const length = readSync(fd, into, at, frameBytes, null);
    if (length > 0) return length;
  } catch (error) {
    if (error.code === 'EAGAIN' || error.code === 'EINTR') return -1;
    throw error;
  }
  // The end of the file: there will never be another frame.
  throw { errno: -${linuxErrno.EBADFD} };
}

// Whether there was a frame.
function step() {
  const at = place();
  const length = at < 0 ? read(scratch, 0) : read(bytes, at + ${recordHeadBytes});
  if (length < 0) return false;
  if (at < 0) {
    Atomics.add(words, ${ringWord.dropped}, 1);
    return true;
  }
  lengths[at >> 2] = length;
  own.head = (own.head + ${recordHeadBytes} + ((length + 7) & ~7)) | 0;
  Atomics.store(words, ${ringWord.head}, own.head);
  if (Atomics.load(words, ${ringWord.asleep}) === 1 && Atomics.exchange(words, ${ringWord.asleep}, 0) === 1) ring();
  return true;
}

const isStopped = () => Atomics.load(words, ${ringWord.stop}) !== 0;

try {
  let isBroken = false;
  while (!isStopped()) {
    let frames = 0;
    while (!isStopped() && step()) frames++;
    // Poll says that something is wrong and read does not say what: asking again would be for ever.
    if (isBroken && frames === 0) throw { errno: -${linuxErrno.EBADFD} };
    asked[1] = ${pollIn};
    const ready = poll(asked, 1, ${patienceMs});
    if (ready < 0 && koffi.errno() !== ${linuxErrno.EINTR}) throw { errno: -koffi.errno() };
    isBroken = ready > 0 && asked[1] >>> 16 !== ${pollIn} && !isStopped();
  }
} catch (error) {
  if (!isStopped()) Atomics.store(words, ${ringWord.failure}, -error.errno || ${linuxErrno.EIO});
} finally {
  ring();
}
`;
