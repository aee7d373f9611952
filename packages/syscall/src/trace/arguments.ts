import {
  AF_INET,
  AF_INET6,
  F_GETFD,
  F_GETFL,
  F_SETFL,
  O_CREAT,
  O_TMPFILE,
  readI64,
  type SystemCallArgument,
  timespecLayout,
  timevalLayout,
} from '@synos/abi';
import type { UserMemory } from '@synos/interfaces';
import { copyInView } from '../user-memory/bytes.js';
import { copyInString, PATH_MAX } from '../user-memory/strings.js';
import { constantSet, constantText } from './constants.js';
import { signalText } from './signals.js';
import {
  bytesText,
  epollEventsText,
  epollEventText,
  intsText,
  iovecText,
  msghdrText,
  pollfdsText,
  sockaddrText,
  timeText,
} from './structures.js';
import { addressText, hex, quoted, SHOWN_BYTES } from './text.js';

const AT_FDCWD = -100;
const SHOWN_STRINGS = 32;

/** A call as it came in: what printing its arguments needs. */
export interface SeenCall {
  readonly name: string;
  readonly memory: UserMemory;
  readonly kinds: readonly SystemCallArgument[];
  /** Each argument as its kind reads it. */
  readonly values: readonly number[];
  /** Both halves of each. */
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  /** Lengths that lay in memory before the call and that the call changes, by the index of the argument; -1: unknown. */
  readonly rooms: readonly number[];
}

/** Whether an argument is only known when the call is over. */
export function isTold({ kind }: SystemCallArgument): boolean {
  return kind.endsWith('out') && kind !== 'pollfds-inout' && !kind.startsWith('struct-');
}

/** How many arguments are shown: some calls have one more in some cases only. */
export function shownCount({ name, kinds, values }: SeenCall): number {
  const flags = values[name === 'openat' ? 2 : 1] ?? 0;
  const takesMode = (flags & O_CREAT) !== 0 || (flags & O_TMPFILE) === O_TMPFILE;
  if ((name === 'open' || name === 'openat') && !takesMode) return kinds.length - 1;
  if (name === 'fcntl' && (flags === F_GETFD || flags === F_GETFL)) return 2;
  return kinds.length;
}

/**
 * One argument as strace writes it.
 *
 * @param answer - what the call answered, where it is over
 */
export function argumentText(call: SeenCall, index: number, answer: number): string {
  const argument = call.kinds[index]!;
  const { kind } = argument;
  const { memory } = call;
  const value = call.values[index]!;
  const length = lengthOf(call, argument);
  // What a call that failed was to fill holds nothing of it.
  const isKnown = kind === 'socklen-inout' || kind === 'msghdr-inout' || kind === 'iovec-out';
  if (isTold(argument) && !isKnown && answer < 0) return addressText(value);
  switch (kind) {
    case 'fd':
      return value === AT_FDCWD ? 'AT_FDCWD' : String(value);
    case 'signal':
      return signalText(value);
    case 'mode':
      return octal(value);
    case 'lflags':
    case 'ulong':
      if (call.highs[index] !== 0) return hex(call.lows[index]!, call.highs[index]!);
      if (call.name === 'fcntl' && call.values[1] === F_SETFL) return numberText(value, 'O_', false);
      return numberText(value, argument.constants, kind === 'lflags');
    case 'int':
    case 'unsigned':
    case 'flags':
      // Protocols are numbered by each family for itself.
      if (argument.constants === 'IPPROTO_' && call.values[0] !== AF_INET && call.values[0] !== AF_INET6) {
        return String(value);
      }
      return numberText(value, argument.constants, kind === 'flags' && !call.name.startsWith('open'));
    case 'pid':
      return String(value);
    case 'offset':
      if (call.name === 'mmap' && value !== 0) return hex(call.lows[index]!, call.highs[index]!);
      return Number.isSafeInteger(value) ? String(value) : decimal(call.lows[index]!, call.highs[index]!, true);
    case 'long':
    case 'size':
      return Number.isSafeInteger(value)
        ? String(value)
        : decimal(call.lows[index]!, call.highs[index]!, kind !== 'size');
    case 'string-in':
      return stringText(memory, value, PATH_MAX);
    case 'strings-in':
      return stringsText(memory, value, argument.name === 'envp');
    case 'bytes-in':
      return isOption(call, length) ? intsText(memory, value, 1) : bytesText(memory, value, length);
    case 'bytes-out':
      if (isOption(call, length)) return intsText(memory, value, 1);
      if (argument.length !== undefined && call.kinds[argument.length]?.kind === 'socklen-inout') {
        return bytesText(memory, value, length);
      }
      return bytesText(memory, value, Math.min(answer, length));
    case 'sockaddr-in':
      return sockaddrText(memory, value, length);
    case 'sockaddr-out': {
      const at = argument.length ?? index + 1;
      const written = lengthAt(memory, call.values[at] ?? 0);
      return sockaddrText(memory, value, Math.min(call.rooms[at] ?? 0, written));
    }
    case 'socklen-inout': {
      if (value === 0) return 'NULL';
      const [room, written] = [call.rooms[index]!, lengthAt(memory, value)];
      if (room < 0 || written < 0) return addressText(value);
      return answer < 0 || room === written ? `[${room}]` : `[${room} => ${written}]`;
    }
    case 'iovec-in':
      return iovecText(memory, value, length, Infinity);
    case 'iovec-out':
      return iovecText(memory, value, length, answer);
    case 'msghdr-in':
      return msghdrText(memory, value, Infinity);
    case 'msghdr-inout':
      if (answer < 0) return addressText(value);
      return msghdrText(memory, value, answer, call.rooms[index]);
    case 'pollfds-inout':
      return pollfdsText(memory, value, length);
    case 'epoll-event-in':
      return epollEventText(memory, value);
    case 'epoll-events-out':
      return epollEventsText(memory, value, answer);
    case 'timespec-in':
    case 'timespec-out':
      return timeText(memory, value, timespecLayout);
    case 'timeval-in':
    case 'timeval-out':
      return timeText(memory, value, timevalLayout);
    case 'int-in':
    case 'int-out':
      return intsText(memory, value, 1);
    case 'ints-out':
      return intsText(memory, value, 2);
    case 'address':
    case 'pointer':
    case 'struct-in':
    case 'struct-out':
    case 'struct-inout':
      return call.lows[index] === 0 && call.highs[index] === 0 ? 'NULL' : hex(call.lows[index]!, call.highs[index]!);
  }
}

/** How long an argument is, by the argument that says so: 0 where that is negative or says nothing. */
function lengthOf({ kinds, values, rooms, memory }: SeenCall, { length }: SystemCallArgument): number {
  if (length === undefined) return 0;
  const value = values[length] ?? 0;
  // getsockopt(2): the length lies in memory.
  const isInMemory = kinds[length]?.kind === 'socklen-inout';
  return Math.max(0, isInMemory ? Math.min(rooms[length]!, lengthAt(memory, value)) : value);
}

/** The `int` or `socklen_t` at an address; -1 where there is none. */
export function lengthAt(memory: UserMemory, address: number): number {
  const view = copyInView(memory, address, 4);
  return typeof view === 'number' ? -1 : view.getInt32(0, true);
}

/** Whether a value is that of a socket option which is an int. */
function isOption({ name }: SeenCall, length: number): boolean {
  return length === 4 && (name === 'setsockopt' || name === 'getsockopt');
}

function numberText(value: number, constants: string | undefined, isFlags: boolean): string {
  const set = constants === undefined ? undefined : constantSet(constants, isFlags);
  if (set !== undefined) return constantText(value, set);
  return isFlags && value !== 0 ? hex(value, 0) : String(value);
}

function octal(value: number): string {
  return value === 0 ? '000' : `0${value.toString(8)}`;
}

function decimal(low: number, high: number, isSigned: boolean): string {
  const all = (BigInt(high) << 32n) + BigInt(low);
  return String(isSigned && high >= 0x8000_0000 ? all - (1n << 64n) : all);
}

function stringText(memory: UserMemory, address: number, shownBytes: number): string {
  if (address === 0) return 'NULL';
  const string = copyInString(memory, address, PATH_MAX);
  if (typeof string === 'number') return addressText(address);
  return quoted(string.subarray(0, shownBytes), string.length > shownBytes);
}

function stringsText(memory: UserMemory, address: number, isCounted: boolean): string {
  if (address === 0) return 'NULL';
  const strings: string[] = [];
  for (let count = 0; count < 1024; count++) {
    const view = copyInView(memory, address + 8 * count, 8);
    if (typeof view === 'number') return addressText(address);
    const pointer = readI64(view, 0);
    if (pointer === 0) {
      if (isCounted) return `${addressText(address)} /* ${count} var${count === 1 ? '' : 's'} */`;
      break;
    }
    if (count < SHOWN_STRINGS) strings.push(stringText(memory, pointer, SHOWN_BYTES));
    else if (count === SHOWN_STRINGS) strings.push('...');
  }
  return `[${strings.join(', ')}]`;
}
