import { failure, type Result, type TransportOption } from '@synos/interfaces';

interface Range {
  readonly initial: number;
  readonly low: number;
  readonly high: number;
}

const flag: Range = { initial: 0, low: 0, high: 1 };
const bufferBytes: Range = { initial: 65_536, low: 1, high: 4 * 1024 * 1024 };
const milliseconds: Range = { initial: 0, low: 0, high: 0x7fffffff };

const shared: Partial<Record<TransportOption, Range>> = {
  reuseAddress: flag,
  sendBufferBytes: bufferBytes,
  receiveBufferBytes: bufferBytes,
  // Nothing here has hops or queues for them to matter to.
  ttl: { initial: 64, low: 1, high: 255 },
  tos: { initial: 0, low: 0, high: 255 },
};

/** What true of a network in memory anyway: nothing is delayed, and no peer vanishes without a word. */
const streams: Partial<Record<TransportOption, Range>> = {
  ...shared,
  noDelay: flag,
  keepAlive: flag,
  keepAliveIdleMs: { ...milliseconds, initial: 7_200_000, low: 1 },
  keepAliveIntervalMs: { ...milliseconds, initial: 75_000, low: 1 },
  keepAliveCount: { initial: 9, low: 1, high: 127 },
  userTimeoutMs: milliseconds,
};

const ranges = { stream: streams, datagram: shared } as const;

/** Options of one endpoint that are kept as they were set. */
export class EndpointOptions {
  private readonly ranges: Partial<Record<TransportOption, Range>>;
  private readonly values: Map<TransportOption, number>;

  constructor(kind: 'stream' | 'datagram') {
    this.ranges = ranges[kind];
    this.values = new Map();
  }

  get(option: TransportOption): Result {
    const range = this.rangeOf(option);
    return range === undefined ? failure.noSuchOption : (this.values.get(option) ?? range.initial);
  }

  set(option: TransportOption, value: number): Result {
    const range = this.rangeOf(option);
    if (range === undefined) return failure.noSuchOption;
    if (!(value >= range.low && value <= range.high)) return failure.invalid;
    this.values.set(option, value);
    return 0;
  }

  private rangeOf(option: TransportOption): Range | undefined {
    return Object.hasOwn(this.ranges, option) ? this.ranges[option] : undefined;
  }
}
