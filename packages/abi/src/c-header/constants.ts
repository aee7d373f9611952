import * as addressFamily from '../constants/address-family.js';
import * as archPrctl from '../constants/arch-prctl.js';
import * as atFlag from '../constants/at-flag.js';
import * as auxv from '../constants/auxv.js';
import * as clock from '../constants/clock.js';
import * as clone from '../constants/clone.js';
import * as epoll from '../constants/epoll.js';
import * as errno from '../constants/errno.js';
import * as fcntl from '../constants/fcntl.js';
import * as fileMode from '../constants/file-mode.js';
import * as futex from '../constants/futex.js';
import * as getrandom from '../constants/getrandom.js';
import * as ioctl from '../constants/ioctl.js';
import * as ipOption from '../constants/ip-option.js';
import * as ipProtocol from '../constants/ip-protocol.js';
import * as ipv4Address from '../constants/ipv4-address.js';
import * as ipv6Option from '../constants/ipv6-option.js';
import * as listen from '../constants/listen.js';
import * as messageFlag from '../constants/message-flag.js';
import * as mman from '../constants/mman.js';
import * as openFlag from '../constants/open-flag.js';
import * as poll from '../constants/poll.js';
import * as prctl from '../constants/prctl.js';
import * as protocolFamily from '../constants/protocol-family.js';
import * as resource from '../constants/resource.js';
import * as seek from '../constants/seek.js';
import * as shutdownHow from '../constants/shutdown-how.js';
import * as signal from '../constants/signal.js';
import * as signalCode from '../constants/signal-code.js';
import * as socketLevel from '../constants/socket-level.js';
import * as socketOption from '../constants/socket-option.js';
import * as socketType from '../constants/socket-type.js';
import * as tcpInfo from '../constants/tcp-info.js';
import * as tcpOption from '../constants/tcp-option.js';
import * as terminal from '../constants/terminal.js';
import * as udpOption from '../constants/udp-option.js';
import * as wait from '../constants/wait.js';

// The numbers of handlers, which C compares with pointers to functions.
const handlers = ['SIG_DFL', 'SIG_IGN'];

/** The constants of this package by subject, under their names in C. */
export const constantsBySubject: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'address-family': addressFamily,
  'arch-prctl': archPrctl,
  'at-flag': atFlag,
  auxv,
  clock,
  clone,
  epoll,
  errno,
  fcntl,
  'file-mode': fileMode,
  futex,
  getrandom,
  ioctl,
  'ip-option': ipOption,
  'ip-protocol': ipProtocol,
  'ipv4-address': ipv4Address,
  'ipv6-option': ipv6Option,
  listen,
  'message-flag': messageFlag,
  mman,
  'open-flag': openFlag,
  poll,
  prctl,
  'protocol-family': protocolFamily,
  resource,
  seek,
  'shutdown-how': shutdownHow,
  signal,
  'signal-code': signalCode,
  'socket-level': socketLevel,
  'socket-option': socketOption,
  'socket-type': socketType,
  'tcp-info': tcpInfo,
  'tcp-option': tcpOption,
  terminal,
  'udp-option': udpOption,
  wait,
};

/** A number as C has it: in hexadecimal where that is shorter to think of, unsigned where `int` ends. */
function literal(name: string, value: number): string {
  if (handlers.includes(name)) return `((void (*)(int))${value})`;
  // Addresses are signed int32 here and in_addr_t in C.
  const number = name.startsWith('INADDR_') ? value >>> 0 : value;
  if (number < 0) return `(${number})`;
  const digits = number < 0x400 ? `${number}` : `0x${number.toString(16)}`;
  return number > 0x7fff_ffff || name.startsWith('INADDR_') ? `${digits}U` : digits;
}

/** `#define`s of all constants, each subject in ascending order of values. */
export function constantDefinitions(): string[] {
  const lines: string[] = [];
  for (const [subject, constants] of Object.entries(constantsBySubject)) {
    lines.push('', `/* ${subject} */`);
    const sorted = Object.entries(constants).sort((a, b) => a[1] - b[1]);
    for (const [name, value] of sorted) lines.push(`#define ${name} ${literal(name, value)}`);
  }
  return lines;
}
