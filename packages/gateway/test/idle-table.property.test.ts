import { createSimulatedLoop } from '@synos/netsim';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IdleEntry, IdleTable } from '../src/idle-table.js';

const limit = 5;
const ownerLimit = 3;
const idleMs = 100;

interface Item extends IdleEntry {
  readonly id: number;
}

const command = fc.oneof(
  fc.record({ what: fc.constant('add' as const), owner: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ what: fc.constant('use' as const), index: fc.nat(20) }),
  fc.record({ what: fc.constant('delete' as const), index: fc.nat(20) }),
  fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 120 }) }),
);

test('a table is a bounded list in which the least recently used of the greediest gives way', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const loop = createSimulatedLoop();
      const table = new IdleTable<Item>({ loop, idleMs, limit, ownerLimit });
      const left: string[] = [];
      let model: Item[] = [];
      const expected: string[] = [];
      let nextId = 0;
      const drop = (item: Item, why: string): void => {
        model = model.filter((other) => other !== item);
        expected.push(`${item.id} ${why}`);
      };
      const oldest = (items: Item[]): Item => items.reduce((a, b) => (b.usedMs < a.usedMs ? b : a));
      for (const each of commands) {
        if (each.what === 'add') {
          const id = nextId++;
          const item: Item = {
            id,
            owner: each.owner,
            usedMs: loop.now(),
            expired: (why) => void left.push(`${id} ${why}`),
          };
          const own = model.filter(({ owner }) => owner === each.owner);
          if (own.length >= ownerLimit) drop(oldest(own), 'evicted');
          else if (model.length >= limit) {
            const counts = new Map<string, number>();
            for (const { owner } of model) counts.set(owner, (counts.get(owner) ?? 0) + 1);
            const most = Math.max(...counts.values());
            // Which of several that have most is left open: the table's answer is checked, then followed.
            table.add(item);
            const [gone, why] = (left.at(-1) ?? '').split(' ');
            const victim = model.find((other) => other.id === Number(gone))!;
            expect(why).toBe('evicted');
            expect(counts.get(victim.owner)).toBe(most);
            expect(victim.usedMs).toBe(oldest(model.filter(({ owner }) => owner === victim.owner)).usedMs);
            drop(victim, 'evicted');
            model.push(item);
            continue;
          }
          table.add(item);
          model.push(item);
        } else if (each.what === 'wait') {
          const end = loop.now() + each.ms;
          // In the order of their ends, as time passes.
          for (;;) {
            const due = model.filter(({ usedMs }) => usedMs + idleMs <= end);
            if (due.length === 0) break;
            drop(oldest(due), 'idle');
          }
          loop.runUntil(end);
        } else if (model.length > 0) {
          const item = model[each.index % model.length]!;
          if (each.what === 'use') item.usedMs = loop.now();
          else {
            table.delete(item);
            model = model.filter((other) => other !== item);
          }
        }
        expect(table.size).toBe(model.length);
        expect(left.slice().sort()).toEqual(expected.slice().sort());
      }
      for (const owner of ['a', 'b', 'c', 'd']) {
        expect(table.countOf(owner)).toBe(model.filter((item) => item.owner === owner).length);
      }
      expect(
        table
          .clear()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(model.map(({ id }) => id).sort());
      // Nobody is left to wait for: no timer either.
      expect([table.size, loop.pending]).toEqual([0, 0]);
    }),
    { numRuns: 500 },
  );
});
