import {
  EEXIST,
  EINVAL,
  ENOENT,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  POLLNVAL,
} from '@synos/abi';
import { createEpoll, type Epoll, type EpollEvent, type PollTarget, type Waiter, WaiterList } from '@synos/socket';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRig } from './rig.js';

/** Something that is ready when it is told to be. */
class Switch implements PollTarget {
  isClosed = false;
  bits = 0;
  readonly waiters = new WaiterList();
  poll(events: number): number {
    return this.isClosed ? POLLNVAL : this.bits & (events | EPOLLERR | EPOLLHUP);
  }
  addWaiter(waiter: Waiter): void {
    this.waiters.add(waiter);
  }
  removeWaiter(waiter: Waiter): void {
    this.waiters.remove(waiter);
  }
}

/**
 * The words of epoll(7), by brute force: every target is looked at. `tick` says whose turn it is; what happened to a
 * target is remembered as edges.
 */
class Model {
  readonly entries: { which: number; events: number; data: number; armed: boolean; turn: number; queued: boolean }[] =
    [];
  private tick = 0;

  ctl(operation: number, which: number, events: number, data: number, bits: readonly number[]): number {
    const at = this.entries.findIndex((entry) => entry.which === which);
    if (operation === EPOLL_CTL_ADD) {
      if (at >= 0) return -EEXIST;
      this.entries.push({ which, events, data, armed: true, turn: 0, queued: false });
      this.happened(which, bits[which]!);
      return 0;
    }
    const entry = this.entries[at];
    if (entry === undefined) return -ENOENT;
    if (operation === EPOLL_CTL_DEL) this.entries.splice(at, 1);
    else {
      Object.assign(entry, { events, data, armed: true });
      this.happened(which, bits[which]!);
    }
    return 0;
  }

  /** `bits` hold on a target, and somebody said so. */
  happened(which: number, bits: number): void {
    const entry = this.entries.find((each) => each.which === which);
    if (entry === undefined || this.interesting(entry, bits) === 0 || entry.queued) return;
    entry.queued = true;
    this.tick += 1;
    entry.turn = this.tick;
  }

  take(maxEvents: number, bits: readonly number[]): (readonly [number, number])[] {
    const got: (readonly [number, number])[] = [];
    const inLine = this.entries.filter(({ queued }) => queued).sort((a, b) => a.turn - b.turn);
    for (const entry of inLine) {
      if (got.length === maxEvents) break;
      entry.queued = false;
      const hits = this.interesting(entry, bits[entry.which]!);
      if (hits === 0) continue;
      got.push([entry.data, hits]);
      if ((entry.events & EPOLLONESHOT) !== 0) entry.armed = false;
      else if ((entry.events & EPOLLET) === 0) {
        entry.queued = true;
        this.tick += 1;
        entry.turn = this.tick;
      }
    }
    return got;
  }

  private interesting(entry: Model['entries'][number], bits: number): number {
    return entry.armed ? bits & (entry.events | EPOLLERR | EPOLLHUP) & 0xffff : 0;
  }
}

const size = 5;
const which = fc.nat(size - 1);
const bits = fc.constantFrom(0, EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLHUP, EPOLLERR);
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ctl' as const),
      operation: fc.constantFrom(EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL),
      which,
      events: fc.constantFrom(0, EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT),
      manner: fc.constantFrom(0, 0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT),
      data: fc.nat(99),
    }),
  },
  // A change with a word about it, and one without: data that was read, room that was used up.
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('tell' as const, 'change' as const), which, bits }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('take' as const, 'wait' as const),
      max: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), which }) },
);

test('any order of ctl, readiness and waits agrees with a model that looks at everybody', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80, size: 'max' }), (commands) => {
      const rig = createRig();
      const epoll: Epoll = createEpoll(rig.sockets);
      const targets = Array.from({ length: size }, () => new Switch());
      const model = new Model();
      const held = (): number[] => targets.map((target) => target.bits);
      for (const each of commands) {
        if (each.kind === 'ctl') {
          const { operation, data } = each;
          const events = each.events | each.manner;
          const result = epoll.ctl(operation, targets[each.which]!, { events, data });
          expect(result).toBe(model.ctl(operation, each.which, events, data, held()));
        } else if ('bits' in each) {
          const target = targets[each.which]!;
          target.bits = each.bits;
          if (each.kind === 'change') continue;
          target.waiters.wake(each.bits);
          model.happened(each.which, each.bits);
        } else if (each.kind === 'close') {
          const target = targets[each.which]!;
          target.isClosed = true;
          target.waiters.wake(POLLNVAL);
          expect(target.waiters.isEmpty).toBe(true);
          targets[each.which] = new Switch();
          model.ctl(EPOLL_CTL_DEL, each.which, 0, 0, held());
        } else {
          const into: EpollEvent[] = [];
          const isReadable = epoll.poll(EPOLLIN) !== 0;
          let count = each.kind === 'take' ? epoll.take(into, each.max) : -EINVAL;
          if (each.kind === 'wait') {
            const cancel = epoll.wait(into, each.max, -1, (result) => {
              count = result;
            });
            if (count === -EINVAL) count = cancel();
          }
          const expected = model.take(each.max, held());
          expect(into.slice(0, count).map(({ data, events }) => [data, events])).toEqual(expected);
          expect(isReadable).toBe(expected.length > 0);
        }
        expect(epoll.size).toBe(model.entries.length);
      }
      epoll.close();
      for (const target of targets) expect(target.waiters.isEmpty).toBe(true);
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 1000 },
  );
});
