import { failure, type Result } from './failure.js';
import type { SendOptions } from './network-protocol.js';
import type { TransportOption } from './transport-protocol.js';

/**
 * How a transport may keep the options of an endpoint: those that it knows by name, as numbers or booleans, and apart
 * those that go with each packet. Never written to: setting one makes a new record, so that endpoints can share one.
 */
export interface OptionRecord {
  readonly send: SendOptions;
}

type Values = Readonly<Partial<Record<TransportOption, number | boolean>>>;

/**
 * The record with one option changed. Numbers of the record are taken as they are: ranges are the transport's business.
 *
 * @returns a new record, or a failure: `noSuchOption` (the record has no such name), `invalid` (out of range, or read-only)
 */
export function withOption<Options extends OptionRecord>(
  options: Options,
  option: TransportOption,
  value: number,
): Options | Result {
  const { send } = options;
  switch (option) {
    case 'ttl':
    case 'tos':
      if (!(value >= (option === 'ttl' ? 1 : 0) && value <= 255)) return failure.invalid;
      return { ...options, send: { ...send, [option]: Math.floor(value) } };
    case 'mtuDiscovery':
      return { ...options, send: { ...send, dontFragment: value !== 0 } };
    case 'listening':
    case 'readableBytes':
    case 'unsentBytes':
      return failure.invalid;
    default: {
      const old = (options as Values)[option];
      if (typeof old === 'number') return { ...options, [option]: value };
      return typeof old === 'boolean' ? { ...options, [option]: value !== 0 } : failure.noSuchOption;
    }
  }
}

/** The value of an option, booleans as 0 or 1, or `noSuchOption`. Read-only ones are the endpoint's business. */
export function optionOf(options: OptionRecord, option: TransportOption): Result {
  const { send } = options;
  const value =
    option === 'mtuDiscovery' ? send.dontFragment : ((options as Values)[option] ?? (send as Values)[option]);
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : failure.noSuchOption;
}
