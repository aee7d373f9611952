import { check, equal, oneOf, within } from '../check.js';
import { bytes } from './look.js';
import { reach } from './situation.js';
import type { AddCase } from './suite.js';

/** Retransmission, probes, giving up (RFC 6298, RFC 9293 §3.8). */
export function addTimerCases(add: AddCase): void {
  const needs = ['timers'] as const;
  add(
    'RFC 6298 §2',
    'a SYN is sent again after a second, then less and less often',
    (target) => {
      const { peer } = reach(target, 'SYN_SENT');
      const begin = target.now();
      target.advanceTo(begin + 40_000);
      const times = peer.take().map((segment) => segment.timeMs - begin);
      check(times.length >= 3, `the SYN was sent again ${times.length} times in 40 s`);
      within(times[0]!, 900, 3100, 'first time');
      for (let index = 1; index + 1 < times.length; index++) {
        const before = times[index]! - times[index - 1]!;
        const after = times[index + 1]! - times[index]!;
        within(after / before, 1.5, 2.5, 'growth of the interval');
      }
    },
    needs,
  );

  add(
    'RFC 6298 §5',
    'text is sent again, the same, until it is acknowledged',
    (target) => {
      const { peer, tcb } = reach(target, 'ESTABLISHED');
      target.advanceTo(target.now() + 10_000);
      const again = peer.take();
      check(again.length >= 2, `text was sent again ${again.length} times in 10 s`);
      for (const segment of again) {
        equal(segment.sequence, tcb.sndUna, 'sequence number');
        equal(segment.payload.length, 10, 'text');
      }
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt });
      target.advanceTo(target.now() + 60_000);
      equal(peer.take().length, 0, 'segments after the ACK');
    },
    needs,
  );

  add(
    'RFC 9293 §3.8.3',
    'a connection to nobody fails, and says so',
    (target) => {
      const { peer, handle } = reach(target, 'SYN_SENT');
      target.advanceTo(target.now() + 600_000);
      peer.take();
      const answer = target.receive(handle!, 10);
      oneOf(answer, ['timed-out', 'unreachable'], 'receive');
      const failed = target.events().filter((event) => event.handle === handle && event.kind === 'failed');
      equal(failed.length, 1, "events 'failed'");
    },
    needs,
  );

  add(
    'RFC 9293 §3.8.6.1',
    'a closed window is probed until it opens',
    (target) => {
      const { peer, handle, tcb } = reach(target, 'ESTABLISHED');
      const all = { ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt };
      peer.deliver({ ...all, window: 0 });
      target.send(handle!, bytes(100));
      equal(peer.take().length, 0, 'segments into a closed window');
      let probes = 0;
      for (let second = 0; second < 120; second++) {
        target.advanceTo(target.now() + 1000);
        for (const probe of peer.take()) {
          probes++;
          within(probe.payload.length, 0, 1, 'text in a probe');
          peer.deliver({ ...all, window: 0 });
        }
      }
      check(probes >= 2, `${probes} probes in two minutes`);
      peer.deliver({ ...all, window: 10_000 });
      const seen = peer.take();
      check(
        seen.some((segment) => segment.payload.length > 0),
        'text once the window is open',
      );
    },
    needs,
  );

  add(
    'RFC 9293 §3.4.2',
    'a long jump of time is many small ones',
    (target) => {
      const { peer } = reach(target, 'SYN_SENT');
      const begin = target.now();
      target.advanceTo(begin + 20_000);
      const times = peer.take().map((segment) => segment.timeMs);
      for (const time of times) within(time, begin, begin + 20_000, 'time of a segment');
      equal(new Set(times).size, times.length, 'distinct times');
      check(target.nextDeadline() > begin + 20_000, 'the next deadline lies ahead');
    },
    needs,
  );

  add(
    'RFC 5681 §3.2',
    'three duplicate ACKs bring the lost segment back at once',
    (target) => {
      const { peer, handle, tcb } = reach(target, 'ESTABLISHED');
      let sndUna = tcb.sndNxt;
      const ack = { ack: true, sequence: tcb.rcvNxt };
      peer.deliver({ ...ack, acknowledgment: sndUna });
      for (let round = 0; round < 3; round++) {
        target.send(handle!, bytes(1460));
        sndUna = (sndUna + peer.take().reduce((sum, segment) => sum + segment.payload.length, 0)) | 0;
        target.advanceTo(target.now() + 10);
        peer.deliver({ ...ack, acknowledgment: sndUna });
      }
      target.send(handle!, bytes(1460 * 4));
      check(peer.take().length >= 4, 'four segments are under way');
      target.advanceTo(target.now() + 10);
      for (let round = 0; round < 3; round++) peer.deliver({ ...ack, acknowledgment: sndUna });
      const again = peer.take().filter((segment) => segment.payload.length > 0);
      check(
        again.some((segment) => segment.sequence === sndUna),
        'the first segment is sent again',
      );
    },
    needs,
  );
}
