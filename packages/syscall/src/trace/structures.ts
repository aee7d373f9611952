import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type EpollEvent,
  epollEventLayout,
  type Iovec,
  iovecLayout,
  msghdrLayout,
  type Pollfd,
  pollfdLayout,
  readEpollEvent,
  readIovec,
  readMsghdr,
  readPollfd,
  readSockaddr,
} from '@synos/abi';
import type { UserMemory } from '@synos/interfaces';
import { copyInBytes, copyInStruct, copyInView } from '../user-memory/bytes.js';
import { parseControl } from '../user-memory/control.js';
import { CONTROL_MAX } from '../user-memory/message.js';
import { SOCKADDR_MAX } from '../user-memory/sockaddr.js';
import { constantSet, constantText } from './constants.js';
import { addressText, hex, ipv4Text, ipv6Text, quoted, SHOWN_BYTES } from './text.js';

/** Elements of an array that are shown. */
const SHOWN_ELEMENTS = 32;

const named = (prefix: string, value: number, isFlags = false): string =>
  constantText(value, constantSet(prefix, isFlags)!);

/** A program's bytes as a string, `length` of them. */
export function bytesText(memory: UserMemory, address: number, length: number): string {
  if (address === 0) return 'NULL';
  const bytes = copyInBytes(memory, address, Math.min(length, SHOWN_BYTES));
  return typeof bytes === 'number' ? addressText(address) : quoted(bytes, length > SHOWN_BYTES);
}

/** A socket address. */
export function sockaddrText(memory: UserMemory, address: number, length: number): string {
  if (address === 0) return 'NULL';
  const bytes = length >= 2 ? copyInBytes(memory, address, Math.min(length, SOCKADDR_MAX)) : 0;
  if (typeof bytes === 'number') return addressText(address);
  const view = new DataView(bytes.buffer);
  const value = readSockaddr(view, 0, bytes.length);
  if (typeof value === 'object' && value.family === AF_INET) {
    return `{sa_family=AF_INET, sin_port=htons(${value.port}), sin_addr=inet_addr("${ipv4Text(value.address)}")}`;
  }
  if (typeof value === 'object' && value.family === AF_INET6) {
    const name = `inet_pton(AF_INET6, "${ipv6Text(value.address)}", &sin6_addr)`;
    const scope = bytes.length >= 28 ? `, sin6_scope_id=${value.scopeId}` : '';
    return `{sa_family=AF_INET6, sin6_port=htons(${value.port}), sin6_flowinfo=htonl(${value.flowinfo}), ${name}${scope}}`;
  }
  const family = view.getUint16(0, true);
  const rest = bytes.subarray(2);
  if (family === AF_UNIX && rest.length > 0) {
    const end = rest.indexOf(0);
    return `{sa_family=AF_UNIX, sun_path=${quoted(end < 0 ? rest : rest.subarray(0, end))}}`;
  }
  const data = rest.length === 0 ? '' : `, sa_data=${quoted(rest)}`;
  return `{sa_family=${named('AF_', family)}${data}}`;
}

/** An array of structures in brackets. */
function arrayText<T>(
  memory: UserMemory,
  address: number,
  count: number,
  size: number,
  read: (view: DataView, at: number) => T,
  text: (value: T) => string,
): string {
  if (address === 0) return 'NULL';
  const shown = Math.min(count, SHOWN_ELEMENTS);
  const view = copyInView(memory, address, shown * size);
  if (typeof view === 'number') return addressText(address);
  const parts = Array.from({ length: shown }, (_, index) => text(read(view, index * size)));
  if (count > shown) parts.push('...');
  return `[${parts.join(', ')}]`;
}

/** An array of `struct iovec`, with `length` of the bytes that they name; their addresses where it is negative. */
export function iovecText(memory: UserMemory, address: number, count: number, length: number): string {
  let rest = length;
  return arrayText(memory, address, count, iovecLayout.size, readIovec, ({ base, lengthBytes }: Iovec) => {
    if (length < 0) return `{iov_base=${addressText(base)}, iov_len=${lengthBytes}}`;
    const shown = Math.min(rest, lengthBytes);
    rest -= shown;
    return `{iov_base=${bytesText(memory, base, shown)}, iov_len=${lengthBytes}}`;
  });
}

/**
 * A `struct msghdr`.
 *
 * @param length - bytes of data that are shown
 * @param room - the length of the name before the call, where it is over
 */
export function msghdrText(memory: UserMemory, address: number, length: number, room?: number): string {
  if (address === 0) return 'NULL';
  const view = copyInView(memory, address, msghdrLayout.size);
  if (typeof view === 'number') return addressText(address);
  const header = readMsghdr(view, 0);
  const nameLength = header.nameLengthBytes;
  const name = sockaddrText(memory, header.name, Math.min(nameLength, room ?? nameLength));
  const was = room === undefined || room === nameLength ? '' : `${room} => `;
  const parts = [
    `msg_name=${name}`,
    `msg_namelen=${was}${nameLength}`,
    `msg_iov=${iovecText(memory, header.iov, header.iovCount, length)}`,
    `msg_iovlen=${header.iovCount}`,
  ];
  const { control, controlLengthBytes } = header;
  if (control !== 0 && controlLengthBytes > 0)
    parts.push(`msg_control=${controlText(memory, control, controlLengthBytes)}`);
  parts.push(`msg_controllen=${controlLengthBytes}`, `msg_flags=${named('MSG_', header.flags)}`);
  return `{${parts.join(', ')}}`;
}

function controlText(memory: UserMemory, address: number, length: number): string {
  const bytes = copyInBytes(memory, address, Math.min(length, CONTROL_MAX));
  const messages = typeof bytes === 'number' ? bytes : parseControl(bytes);
  if (typeof messages === 'number') return addressText(address);
  const parts = messages.slice(0, SHOWN_ELEMENTS).map(({ level, type, data }) => {
    const shown = quoted(data.subarray(0, SHOWN_BYTES), data.length > SHOWN_BYTES);
    const head = `cmsg_len=${16 + data.length}, cmsg_level=${named('SOL_', level)}, cmsg_type=${hex(type, 0)}`;
    return `{${head}${data.length === 0 ? '' : `, cmsg_data=${shown}`}}`;
  });
  return `[${parts.join(', ')}]`;
}

/** An array of `struct pollfd`: what is asked. */
export function pollfdsText(memory: UserMemory, address: number, count: number): string {
  return arrayText(memory, address, count, pollfdLayout.size, readPollfd, ({ fd, events }: Pollfd) =>
    fd < 0 ? `{fd=${fd}}` : `{fd=${fd}, events=${named('POLL', events & 0xffff)}}`,
  );
}

/** What has happened on the descriptors of poll(2); those on which nothing has are left out. */
export function reventsText(memory: UserMemory, address: number, count: number): string {
  const shown = Math.min(count, 1024);
  const view = copyInView(memory, address, shown * pollfdLayout.size);
  if (typeof view === 'number') return addressText(address);
  const all = Array.from({ length: shown }, (_, index) => readPollfd(view, index * pollfdLayout.size));
  const ready = all.filter(({ fd, revents }) => fd >= 0 && revents !== 0);
  return `[${ready.map(({ fd, revents }) => `{fd=${fd}, revents=${named('POLL', revents & 0xffff)}}`).join(', ')}]`;
}

/** One `struct epoll_event`. */
function epollText({ events, dataLow, dataHigh }: EpollEvent): string {
  // Through BigInt for the decimal digits of all 64 bits; a trace is no hot path.
  const all = (BigInt(dataHigh) << 32n) + BigInt(dataLow);
  return `{events=${named('EPOLL', events)}, data={u32=${dataLow}, u64=${all}}}`;
}

/** An event that a program gives. */
export function epollEventText(memory: UserMemory, address: number): string {
  if (address === 0) return 'NULL';
  const view = copyInView(memory, address, epollEventLayout.size);
  return typeof view === 'number' ? addressText(address) : epollText(readEpollEvent(view, 0));
}

/** Events that a program gets. */
export function epollEventsText(memory: UserMemory, address: number, count: number): string {
  return arrayText(memory, address, count, epollEventLayout.size, readEpollEvent, epollText);
}

/** `count` ints in brackets. */
export function intsText(memory: UserMemory, address: number, count: number): string {
  return arrayText(memory, address, count, 4, (view, at) => view.getInt32(at, true), String);
}

/** A time of two words. */
export function timeText(memory: UserMemory, address: number, layout: Parameters<typeof copyInStruct>[2]): string {
  if (address === 0) return 'NULL';
  const value = copyInStruct(memory, address, layout);
  if (typeof value === 'number') return addressText(address);
  return `{${layout.fields.map(({ name, key }) => `${name}=${value[key]}`).join(', ')}}`;
}
