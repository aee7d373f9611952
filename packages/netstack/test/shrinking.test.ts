import type { TransportFactory } from '@synos/interfaces';
import { formatCounterexample, type LinkFault, type Scenario, scenarioNamed, shrinkFaults } from '@synos/netsim';
import { createTcp } from '@synos/tcp';
import { tcpHeaderBytes, tcpSequence, tcpSourcePort } from '@synos/wire';
import { expect, test } from 'vitest';
import { leftOver, runScenario } from './scenario-run.js';

/** A TCP with a planted bug: a segment that comes before its turn loses its first byte's lowest bit. */
const brokenTcp: typeof createTcp =
  (settings): TransportFactory =>
  (host) => {
    const tcp = createTcp(settings)(host);
    const receive = tcp.receive.bind(tcp);
    const expected = new Map<number, number>();
    tcp.receive = (packet, arrival) => {
      const { view } = packet.memory;
      const payload = packet.start + tcpHeaderBytes(view, packet.start);
      const sequence = tcpSequence(view, packet.start);
      const port = tcpSourcePort(view, packet.start);
      const due = expected.get(port) ?? sequence;
      if (packet.end > payload) {
        // The sum is made to fit: the bug lies behind it.
        if (((sequence - due) | 0) > 0) {
          view.setUint8(payload, view.getUint8(payload) ^ 1);
          packet.checksum = 2;
        }
        expected.set(port, (sequence + packet.end - payload) | 0);
      }
      receive(packet, arrival);
    };
    return tcp;
  };

test('a planted reordering bug shrinks to at most 6 events, printed with a test to paste', () => {
  const scenario = { ...(scenarioNamed('reordering') as Scenario), payloadBytes: 200_000 };
  const run = (faults?: readonly LinkFault[]): ReturnType<typeof runScenario> => {
    const report = runScenario({ scenario, seed: 7, tcp: brokenTcp, detail: 'text', ...(faults ? { faults } : {}) });
    leftOver(report.pair);
    return report;
  };
  const first = run();
  expect(first.failures).not.toEqual([]);
  const few = shrinkFaults(first.faults, (faults) => run(faults).failures.length > 0);
  expect(few.length).toBeGreaterThan(0);
  expect(few.length).toBeLessThanOrEqual(6);
  const last = run(few);
  const example = formatCounterexample({
    title: last.failures.join('; '),
    seed: 7,
    faults: few,
    transcript: last.pair.transcript,
  });
  expect(example).toContain('seed 7');
  expect(example).toContain("test('");
});
