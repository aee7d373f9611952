import { failure, type Result, type TransportOption } from '@synos/interfaces';

interface Range {
  readonly initial: number;
  readonly low: number;
  readonly high: number;
}

const flag: Range = { initial: 0, low: 0, high: 1 };
/** Bounds of the queues here; what the host's kernel buffers comes on top. */
const bufferBytes: Range = { initial: 65_536, low: 1, high: 4 * 1024 * 1024 };

const known: Readonly<Record<'stream' | 'datagram', Partial<Record<TransportOption, Range>>>> = {
  stream: {
    // Node sets it on every listener, whatever is asked.
    reuseAddress: flag,
    sendBufferBytes: bufferBytes,
    receiveBufferBytes: bufferBytes,
    noDelay: flag,
    keepAlive: flag,
    // The system counts in seconds; Node takes milliseconds and cuts.
    keepAliveIdleMs: { initial: 7_200_000, low: 1000, high: 32_767_000 },
  },
  datagram: {
    reuseAddress: flag,
    sendBufferBytes: bufferBytes,
    receiveBufferBytes: bufferBytes,
    broadcast: flag,
    ttl: { initial: 64, low: 1, high: 255 },
  },
};

const everyOption: readonly TransportOption[] = [
  'broadcast',
  'cork',
  'keepAlive',
  'keepAliveCount',
  'keepAliveIdleMs',
  'keepAliveIntervalMs',
  'maximumSegmentBytes',
  'mtuDiscovery',
  'noDelay',
  'tos',
  'ttl',
  'userTimeoutMs',
];

/** The options that Node has no door to, as `lacks` names them. */
export function lackingOptions(): string[] {
  return (['stream', 'datagram'] as const).flatMap((kind) =>
    everyOption.filter((option) => known[kind][option] === undefined).map((option) => `${kind} ${option}`),
  );
}

/** Options of one endpoint, as they were set. */
export class EndpointOptions {
  private readonly ranges: Partial<Record<TransportOption, Range>>;
  private readonly values: Map<TransportOption, number>;

  constructor(kind: 'stream' | 'datagram') {
    this.ranges = known[kind];
    this.values = new Map();
  }

  /** Those that were set. */
  get changed(): ReadonlyMap<TransportOption, number> {
    return this.values;
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
