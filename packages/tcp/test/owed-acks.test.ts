// Acknowledgements that wait for the end of a poll: RFC 9293 §3.8.6.3, RFC 5681 §4.2, RFC 2525 §2.13.
import type { TransportEndpoint } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { restore, snapshot, type TcpSnapshot } from '../src/index.js';
import type { Tcb } from '../src/tcb.js';
import { addressA, addressB, emitTcp, Pair, Station } from './fake-network.js';

const textBytes = 1460;
const ports = { sourcePort: 49_152, destinationPort: 80 };

/** A connection whose server polls by hand, and a peer that says what it likes. */
class Poll {
  readonly pair = new Pair({ timestamps: false });
  readonly server: TransportEndpoint;
  readonly listener: TransportEndpoint;
  private readonly rcvNxt: number;
  private readonly sndNxt: number;

  constructor() {
    const { server, listener } = this.pair.connect();
    this.server = server;
    this.listener = listener;
    const { rcvNxt, sndNxt } = this.tcp.core.demux.flows.find((flow) => flow !== null) as Tcb;
    this.rcvNxt = rcvNxt;
    this.sndNxt = sndNxt;
    this.heard();
  }

  get tcp(): Station['tcp'] {
    return this.pair.b.tcp;
  }

  /** Runs in what would be a poll. */
  during(action: () => void): void {
    const { host, tcp } = this.pair.b;
    host.isPolling = true;
    try {
      action();
      tcp.deliverEvents();
    } finally {
      host.isPolling = false;
    }
  }

  /** A segment from the peer, `from` bytes after what was received at the start. */
  arrive(from: number, bytes = textBytes, flags: number = tcpFlag.ack): void {
    const segment = emitTcp(
      {
        ...ports,
        sequence: this.rcvNxt + from,
        acknowledgment: this.sndNxt,
        flags,
        window: 65_535,
        urgentPointer: 0,
        payload: new Uint8Array(bytes).fill(7),
      },
      addressA,
      addressB,
    );
    this.pair.b.deliver(segment, addressA);
  }

  /** Acknowledgement numbers that the server has sent since, counted from the start. */
  heard(): number[] {
    const { host } = this.pair.b;
    const heard = host.sent.map(({ segment }) => (segment.acknowledgment - this.rcvNxt) | 0);
    host.sent.length = 0;
    host.queue = [];
    return heard;
  }
}

describe('text that comes in one poll', () => {
  test('is acknowledged once, at its end', () => {
    const poll = new Poll();
    poll.during(() => {
      for (let i = 0; i < 5; i++) poll.arrive(i * textBytes);
      expect(poll.heard()).toEqual([]);
    });
    expect(poll.heard()).toEqual([5 * textBytes]);
    expect(poll.tcp.hasEvents).toBe(false);
  });

  test('is acknowledged at once where eight segments are owed', () => {
    const poll = new Poll();
    poll.during(() => {
      for (let i = 0; i < 20; i++) poll.arrive(i * textBytes);
      expect(poll.heard()).toEqual([8 * textBytes, 16 * textBytes]);
    });
    expect(poll.heard()).toEqual([20 * textBytes]);
  });

  test('is acknowledged by an answer that a listener gives', () => {
    const poll = new Poll();
    poll.server.listenReadiness({ readinessChanged: () => void poll.server.send(new Uint8Array(3), 0, 3, 0, null) });
    poll.during(() => {
      poll.arrive(0);
      poll.arrive(textBytes);
    });
    expect(poll.heard()).toEqual([2 * textBytes]);
  });

  test('out of order: a duplicate acknowledgement for each, at once (RFC 5681 §4.2)', () => {
    const poll = new Poll();
    poll.during(() => {
      poll.arrive(0);
      poll.arrive(2 * textBytes);
      poll.arrive(3 * textBytes);
      poll.arrive(4 * textBytes);
      expect(poll.heard()).toEqual([textBytes, textBytes, textBytes]);
      poll.arrive(textBytes);
      expect(poll.heard()).toEqual([5 * textBytes]);
    });
    expect(poll.heard()).toEqual([]);
  });

  test('a FIN behind it takes the acknowledgement along', () => {
    const poll = new Poll();
    poll.during(() => {
      poll.arrive(0);
      poll.arrive(textBytes, textBytes, tcpFlag.ack | tcpFlag.fin);
      expect(poll.heard()).toEqual([2 * textBytes + 1]);
    });
    expect(poll.heard()).toEqual([]);
  });

  test('a reset behind it leaves nothing to say', () => {
    const poll = new Poll();
    poll.during(() => {
      poll.arrive(0);
      poll.arrive(textBytes, 0, tcpFlag.rst);
    });
    expect(poll.heard()).toEqual([]);
    expect(poll.tcp.hasEvents).toBe(false);
  });

  test('a listener that closes or aborts has the last word', () => {
    for (const end of ['close', 'abort'] as const) {
      const poll = new Poll();
      poll.server.listenReadiness({ readinessChanged: () => poll.server[end]() });
      poll.during(() => poll.arrive(0));
      // Unread text: either is a reset (RFC 2525 §2.17), which acknowledges it as well.
      expect(poll.heard()).toEqual([textBytes]);
      expect(poll.tcp.hasEvents).toBe(false);
    }
  });

  test('a listener that ends everything leaves nothing owed', () => {
    const poll = new Poll();
    poll.server.listenReadiness({ readinessChanged: () => poll.tcp.dispose() });
    poll.during(() => poll.arrive(0));
    expect(poll.heard()).toEqual([]);
    expect(poll.tcp.hasEvents).toBe(false);
    expect(poll.tcp.core.owedAcks).toEqual([]);
    expect(poll.pair.b.host.blocks.usedBytes).toBe(0);
  });

  test('outside of a poll nothing waits', () => {
    const poll = new Poll();
    poll.arrive(0);
    poll.arrive(textBytes);
    expect(poll.heard()).toEqual([textBytes, 2 * textBytes]);
  });

  test('a listener that throws keeps nobody from being acknowledged or told', () => {
    const poll = new Poll();
    let told = 0;
    const other = poll.pair.b.open();
    poll.server.listenReadiness({
      readinessChanged: () => {
        throw new Error('a program’s own mistake');
      },
    });
    expect(() =>
      poll.during(() => {
        poll.arrive(0);
        other.listenReadiness({ readinessChanged: () => told++ });
      }),
    ).toThrow('a program’s own mistake');
    expect(poll.heard()).toEqual([textBytes]);
    expect(poll.tcp.hasEvents).toBe(true);
    poll.during(() => {});
    expect(told).toBe(1);
    expect(poll.tcp.hasEvents).toBe(false);
  });

  test('a snapshot from inside a poll owes what it owed', () => {
    const poll = new Poll();
    let taken: TcpSnapshot | undefined;
    poll.server.listenReadiness({ readinessChanged: () => (taken = snapshot(poll.server)) });
    poll.during(() => poll.arrive(0));
    const acknowledged = poll.pair.b.host.sent[0]!.segment.acknowledgment;
    expect(poll.heard()).toEqual([textBytes]);
    const other = new Station(addressB, () => poll.pair.nowMs);
    restore(other.tcp, taken!);
    expect(other.tcp.hasEvents).toBe(true);
    other.tcp.deliverEvents();
    expect(other.host.sent).toHaveLength(1);
    expect(other.host.sent[0]!.segment.acknowledgment).toBe(acknowledged);
    expect(other.tcp.hasEvents).toBe(false);
  });
});
