import {
  EDOM,
  EINVAL,
  ENODEV,
  ENOPROTOOPT,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  IP_PMTUDISC_DONT,
  IP_PMTUDISC_OMIT,
  IP_PMTUDISC_PROBE,
  IP_PMTUDISC_WANT,
  readI64,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_DOMAIN,
  SO_ERROR,
  SO_LINGER,
  SO_PROTOCOL,
  SO_RCVLOWAT,
  SO_RCVTIMEO_NEW,
  SO_RCVTIMEO_OLD,
  SO_SNDLOWAT,
  SO_SNDTIMEO_NEW,
  SO_SNDTIMEO_OLD,
  SO_TYPE,
  SOL_IP,
  SOL_SOCKET,
  SOL_TCP,
  SOL_UDP,
  TCP_INFO,
  writeI64,
} from '@synos/abi';
import { failure, type TransportEndpoint, type TransportOption } from '@synos/interfaces';
import { errnoOfFailure } from './errno-of-failure.js';
import type { RareOptions } from './rare-options.js';
import type { Socket } from './socket.js';
import { listening } from './socket-state.js';
import { tcpInfoBytes } from './tcp-info-bytes.js';
import { type OptionEntry, type OptionRule, transportOptionIndex, transportOptions } from './transport-options.js';

// `struct linger` (two ints) and `struct timeval` (two longs) are read and written by offsets: a test compares them with the
// layouts in the ABI, whose records would cost a bundle more than the values.
const lingerBytes = 8;
const timevalBytes = 16;
/** Linux: 15, IFNAMSIZ. Ours may have more to say. */
const longestDeviceName = 255;

/**
 * The value of SO_LINGER.
 *
 * @param seconds - how long a close waits; 0 resets the peer; `null` switches lingering off
 */
export function lingerOption(seconds: number | null): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lingerBytes);
  const view = viewOf(bytes);
  view.setInt32(0, seconds === null ? 0 : 1, true);
  view.setInt32(4, seconds ?? 0, true);
  return bytes;
}

/**
 * The value of SO_RCVTIMEO and SO_SNDTIMEO.
 *
 * @param timeoutMs - milliseconds; 0 means for ever
 */
export function timeoutOption(timeoutMs: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(timevalBytes);
  const seconds = Math.floor(timeoutMs / 1000);
  const view = viewOf(bytes);
  writeI64(view, 0, seconds);
  writeI64(view, 8, Math.round((timeoutMs - seconds * 1000) * 1000));
  return bytes;
}

/**
 * The value of SO_BINDTODEVICE.
 *
 * @param name - of the device; empty: all of them
 */
export function deviceOption(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(`${name}\0`, (letter) => letter.charCodeAt(0));
}

/** setsockopt of a socket; see there. */
export function setSocketOption(
  socket: Socket,
  endpoint: TransportEndpoint,
  rare: RareOptions,
  level: number,
  name: number,
  value: number | Uint8Array,
): number {
  if (level === SOL_SOCKET) {
    if (name === SO_LINGER) return setLinger(rare, value);
    if (name === SO_RCVTIMEO_OLD || name === SO_RCVTIMEO_NEW) return setTransferTimeout(rare, true, value);
    if (name === SO_SNDTIMEO_OLD || name === SO_SNDTIMEO_NEW) return setTransferTimeout(rare, false, value);
    if (name === SO_BINDTODEVICE) return setDevice(socket, endpoint, rare, value);
  }
  if (!knowsLevel(socket, level)) return -ENOPROTOOPT;
  const int = intOf(level, value);
  if (Number.isNaN(int)) return -EINVAL;
  if (level === SOL_IP && name === IP_MTU_DISCOVER) return setMtuDiscover(socket, endpoint, rare, int);
  const index = transportOptionIndex(level, name);
  if (index < 0) return -ENOPROTOOPT;
  const entry = transportOptions[index] as OptionEntry;
  const converted = endpointValue(socket, entry, int);
  if (Number.isNaN(converted)) return -EINVAL;
  const [, , option, rule] = entry;
  const result = option === null ? failure.noSuchOption : endpoint.setOption(option, converted);
  const bit = 1 << index;
  if (result >= 0) rare.touched |= bit;
  else if (result !== failure.noSuchOption || !isKept(level, option, rule)) return errnoOfFailure(result);
  else rare.kept = converted !== 0 ? rare.kept | bit : rare.kept & ~bit;
  return 0;
}

/** getsockopt of a socket; see there. */
export function getSocketOption(
  socket: Socket,
  endpoint: TransportEndpoint,
  rare: RareOptions,
  level: number,
  name: number,
): number | Uint8Array<ArrayBuffer> {
  if (level === SOL_SOCKET) {
    switch (name) {
      case SO_ERROR:
        return socket.takeError();
      case SO_TYPE:
        return socket.type;
      case SO_DOMAIN:
        return socket.domain;
      case SO_PROTOCOL:
        return socket.protocol;
      case SO_ACCEPTCONN:
        return (socket.state & listening) !== 0 ? 1 : 0;
      case SO_RCVLOWAT:
      case SO_SNDLOWAT:
        return 1;
      case SO_BINDTODEVICE:
        return rare.device === '' ? new Uint8Array(0) : deviceOption(rare.device);
      case SO_LINGER:
        return lingerOption(rare.lingerMs < 0 ? null : rare.lingerMs / 1000);
      case SO_RCVTIMEO_OLD:
      case SO_RCVTIMEO_NEW:
        return timeoutBytes(rare.receiveTimeoutMs);
      case SO_SNDTIMEO_OLD:
      case SO_SNDTIMEO_NEW:
        return timeoutBytes(rare.sendTimeoutMs);
    }
  }
  if (!knowsLevel(socket, level)) return -ENOPROTOOPT;
  if (level === SOL_TCP && name === TCP_INFO) {
    const info = endpoint.info();
    return info === null ? -ENOPROTOOPT : tcpInfoBytes(info);
  }
  if (level === SOL_IP && name === IP_MTU_DISCOVER) {
    return rare.mtuDiscover >= 0 ? rare.mtuDiscover : IP_PMTUDISC_WANT;
  }
  const index = transportOptionIndex(level, name);
  if (index < 0) return -ENOPROTOOPT;
  const [, , option, rule] = transportOptions[index] as OptionEntry;
  const value = option === null ? failure.noSuchOption : endpoint.getOption(option);
  if (value === failure.noSuchOption && isKept(level, option, rule)) return (rare.kept >> index) & 1;
  if (value < 0) return errnoOfFailure(value);
  if (rule === 'buffer') return 2 * value;
  return rule === 'seconds' ? Math.round(value / 1000) : value;
}

/** Gives a fresh endpoint the options that were set on another: what accept and a reconnect take over. */
export function inheritOptions(rare: RareOptions, from: TransportEndpoint, to: TransportEndpoint): void {
  const { touched } = rare;
  if (rare.device !== '') copyOption('device', from, to);
  if (rare.mtuDiscover >= 0) copyOption('mtuDiscovery', from, to);
  transportOptions.forEach(([, , option], index) => {
    if (option !== null && ((touched >> index) & 1) !== 0) copyOption(option, from, to);
  });
}

function copyOption(option: TransportOption, from: TransportEndpoint, to: TransportEndpoint): void {
  const value = from.getOption(option);
  if (value >= 0 && to.getOption(option) !== value) to.setOption(option, value);
}

/** Whether the socket keeps a flag that the endpoint does not: sk_setsockopt has its own for every kind of socket. */
function isKept(level: number, option: TransportOption | null, rule: OptionRule): boolean {
  return option === null || (level === SOL_SOCKET && rule === 'flag');
}

/** The endpoint's value for a program's int, NaN where Linux says EINVAL. */
function endpointValue(socket: Socket, entry: OptionEntry, int: number): number {
  const [, , , rule, low = 0, high = 0, unset, standard = 0] = entry;
  switch (rule) {
    case 'flag':
      return int !== 0 ? 1 : 0;
    case 'buffer':
      // sk_setsockopt takes the int as unsigned: a negative one is the largest.
      return int < 0 ? high : Math.min(high, Math.max(low, int));
    case 'tos':
      // __ip_sock_set_tos: the ECN bits of a stream are TCP's own.
      return socket.isStream ? int & 0xfc : int & 0xff;
    default:
      if (int === unset) return standard;
      if (int < low || int > high) return Number.NaN;
      return rule === 'seconds' ? int * 1000 : int;
  }
}

/** Whether a socket of this kind has options of a level: only the other transport's are foreign to it. */
function knowsLevel(socket: Socket, level: number): boolean {
  return level !== (socket.isStream ? SOL_UDP : SOL_TCP);
}

/** The int of an option's value, NaN if it is too short. ip_setsockopt takes a single byte too. */
function intOf(level: number, value: number | Uint8Array): number {
  if (typeof value === 'number') return value | 0;
  if (value.length >= 4) return viewOf(value).getInt32(0, true);
  const first = value[0];
  return level === SOL_IP && first !== undefined ? first : Number.NaN;
}

function setMtuDiscover(socket: Socket, endpoint: TransportEndpoint, rare: RareOptions, int: number): number {
  if (int < IP_PMTUDISC_DONT || int > IP_PMTUDISC_OMIT) return -EINVAL;
  const forbids = int === IP_PMTUDISC_DO || int === IP_PMTUDISC_PROBE;
  // WANT: streams follow the path MTU, datagrams that are longer are sent in fragments.
  const result = endpoint.setOption('mtuDiscovery', forbids || (socket.isStream && int === IP_PMTUDISC_WANT) ? 1 : 0);
  if (result < 0) return errnoOfFailure(result);
  rare.mtuDiscover = int;
  return 0;
}

function setDevice(socket: Socket, endpoint: TransportEndpoint, rare: RareOptions, value: number | Uint8Array): number {
  // sock_setbindtodevice takes the bytes up to the first zero. The only name that an int spells is the empty one.
  const bytes = typeof value === 'number' ? [value] : value.slice(0, longestDeviceName);
  const [device = ''] = String.fromCharCode(...bytes).split('\0');
  const index = device === '' ? 0 : socket.context.deviceIndex(socket.kind, device);
  if (index < 0) return -ENODEV;
  const result = endpoint.setOption('device', index);
  if (result < 0) return errnoOfFailure(result);
  rare.device = device;
  return 0;
}

function setLinger(rare: RareOptions, value: number | Uint8Array): number {
  if (typeof value === 'number' || value.length < lingerBytes) return -EINVAL;
  const view = viewOf(value);
  // The time is unsigned in sk_setsockopt: a negative one is as good as for ever.
  rare.lingerMs = view.getInt32(0, true) === 0 ? -1 : view.getUint32(4, true) * 1000;
  return 0;
}

function setTransferTimeout(rare: RareOptions, isReceive: boolean, value: number | Uint8Array): number {
  if (typeof value === 'number' || value.length < timevalBytes) return -EINVAL;
  const view = viewOf(value);
  const seconds = readI64(view, 0);
  const microseconds = readI64(view, 8);
  // sock_set_timeout: EDOM; a time before now is now, zero is for ever.
  if (microseconds < 0 || microseconds >= 1_000_000) return -EDOM;
  let timeoutMs = seconds < 0 ? 0 : seconds * 1000 + microseconds / 1000;
  if (seconds === 0 && microseconds === 0) timeoutMs = Number.POSITIVE_INFINITY;
  if (isReceive) rare.receiveTimeoutMs = timeoutMs;
  else rare.sendTimeoutMs = timeoutMs;
  return 0;
}

function timeoutBytes(timeoutMs: number): Uint8Array<ArrayBuffer> {
  return timeoutOption(timeoutMs === Number.POSITIVE_INFINITY ? 0 : timeoutMs);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
