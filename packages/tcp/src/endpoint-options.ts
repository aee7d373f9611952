import { failure, type Result, type SendOptions, type TransportOption } from '@synos/interfaces';
import type { TcpSettings } from './settings.js';

/**
 * What a program has set on an endpoint. Never written to: endpoints share one record until one of them changes, and
 * accepted connections share their listener's.
 */
export interface EndpointOptions {
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  /** 0: all. */
  readonly device: number;
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  readonly keepAlive: boolean;
  readonly keepAliveIdleMs: number;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveCount: number;
  readonly noDelay: boolean;
  readonly cork: boolean;
  /** 0: what the path allows. */
  readonly maximumSegmentBytes: number;
  /** 0: none (RFC 9293 §3.9.1, user timeout). */
  readonly userTimeoutMs: number;
  readonly send: SendOptions;
}

/** What a new endpoint starts with. Keepalive times as RFC 9293 §3.8.4 and Linux have them. */
export function initialOptions(settings: TcpSettings): EndpointOptions {
  return {
    reuseAddress: false,
    reusePort: false,
    device: 0,
    sendBufferBytes: settings.sendBufferBytes,
    receiveBufferBytes: settings.receiveBufferBytes,
    keepAlive: false,
    keepAliveIdleMs: 7_200_000,
    keepAliveIntervalMs: 75_000,
    keepAliveCount: 9,
    noDelay: false,
    cork: false,
    maximumSegmentBytes: 0,
    userTimeoutMs: 0,
    send: { ttl: 64, tos: 0, dontFragment: true },
  };
}

const maxBufferBytes = 1 << 22;

/** The options with one changed, or a failure: `noSuchOption`, `invalid` (out of range). */
export function withOption(options: EndpointOptions, option: TransportOption, value: number): EndpointOptions | Result {
  if (!Number.isFinite(value) || value < 0) return failure.invalid;
  switch (option) {
    case 'reuseAddress':
    case 'reusePort':
    case 'keepAlive':
    case 'noDelay':
    case 'cork':
      return { ...options, [option]: value !== 0 };
    case 'device':
      return { ...options, device: value };
    case 'sendBufferBytes':
    case 'receiveBufferBytes':
      // Out of range is brought into it, as POSIX systems do.
      return { ...options, [option]: Math.min(Math.max(Math.floor(value), 1), maxBufferBytes) };
    case 'keepAliveIdleMs':
    case 'keepAliveIntervalMs':
      return value < 1 || value > 0x7fff_ffff ? failure.invalid : { ...options, [option]: Math.ceil(value) };
    case 'keepAliveCount':
      return value < 1 || value > 127 ? failure.invalid : { ...options, keepAliveCount: Math.floor(value) };
    case 'maximumSegmentBytes':
      return value !== 0 && (value < 48 || value > 65_495)
        ? failure.invalid
        : { ...options, maximumSegmentBytes: Math.floor(value) };
    case 'userTimeoutMs':
      return value > 0x7fff_ffff ? failure.invalid : { ...options, userTimeoutMs: Math.ceil(value) };
    case 'ttl':
      return value < 1 || value > 255 ? failure.invalid : { ...options, send: { ...options.send, ttl: value } };
    case 'tos':
      return value > 255 ? failure.invalid : { ...options, send: { ...options.send, tos: value } };
    case 'mtuDiscovery':
      return { ...options, send: { ...options.send, dontFragment: value !== 0 } };
    case 'listening':
    case 'readableBytes':
    case 'unsentBytes':
      return failure.invalid;
    default:
      return failure.noSuchOption;
  }
}

/** An option's value as a number, or `noSuchOption`. Read-only ones are the endpoint's business. */
export function optionValue(options: EndpointOptions, option: TransportOption): Result {
  switch (option) {
    case 'reuseAddress':
    case 'reusePort':
    case 'keepAlive':
    case 'noDelay':
    case 'cork':
      return options[option] ? 1 : 0;
    case 'device':
    case 'sendBufferBytes':
    case 'receiveBufferBytes':
    case 'keepAliveIdleMs':
    case 'keepAliveIntervalMs':
    case 'keepAliveCount':
    case 'maximumSegmentBytes':
    case 'userTimeoutMs':
      return options[option];
    case 'ttl':
      return options.send.ttl;
    case 'tos':
      return options.send.tos;
    case 'mtuDiscovery':
      return options.send.dontFragment ? 1 : 0;
    default:
      return failure.noSuchOption;
  }
}
