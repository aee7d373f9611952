import { Waiter, WaiterList } from '@synos/socket';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** What a waiter does when it is woken. */
type Reaction =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'add' | 'remove'; readonly which: number }
  | { readonly kind: 'wake'; readonly events: number };

const who = fc.nat(7);
const events = fc.integer({ min: 1, max: 7 });
const reaction: fc.Arbitrary<Reaction> = fc.oneof(
  fc.constant({ kind: 'nothing' as const }),
  fc.record({ kind: fc.constant('add' as const), which: who }),
  fc.record({ kind: fc.constant('remove' as const), which: who }),
  fc.record({ kind: fc.constant('wake' as const), events }),
);
const command = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), which: who }),
  fc.record({ kind: fc.constant('remove' as const), which: who }),
  fc.record({ kind: fc.constant('wake' as const), events }),
);

/** The same by copies: an array, snapshots of it at each wake. */
class Model {
  members: { id: number; since: number }[] = [];
  wakes = 0;

  add(id: number): void {
    if (!this.members.some((member) => member.id === id)) this.members.push({ id, since: this.wakes });
  }

  remove(id: number): void {
    this.members = this.members.filter((member) => member.id !== id);
  }

  wake(bits: number, masks: readonly number[], woken: (id: number, hits: number) => void): void {
    this.wakes += 1;
    const wake = this.wakes;
    for (const member of [...this.members]) {
      const hits = bits & (masks[member.id] ?? 0);
      // The very membership that the wake found, and no later one of the same waiter.
      if (hits !== 0 && member.since < wake && this.members.includes(member)) woken(member.id, hits);
    }
  }
}

test('a list under adding, removing and waking from inside wakes is an array with snapshots', () => {
  fc.assert(
    fc.property(
      fc.array(events, { minLength: 8, maxLength: 8 }),
      fc.array(reaction, { maxLength: 30, size: 'max' }),
      fc.array(command, { maxLength: 40, size: 'max' }),
      (masks, reactions, commands) => {
        const real: string[] = [];
        const expected: string[] = [];
        const list = new WaiterList();
        let next = 0;
        let depth = 0;
        const react = (log: string[], id: number, hits: number, act: (reaction: Reaction) => void) => {
          log.push(`${id}:${hits}`);
          const chosen = reactions[next];
          next += 1;
          // A wake wakes waiters that wake: three deep is enough.
          if (chosen !== undefined && (chosen.kind !== 'wake' || depth < 3)) act(chosen);
        };
        const target = {
          woken(hits: number, waiter: Waiter): void {
            react(real, waiters.indexOf(waiter), hits, actReal);
          },
        };
        const waiters = masks.map((mask) => new Waiter(mask, target));
        const actReal = (each: Reaction): void => {
          if (each.kind === 'add') list.add(waiters[each.which]!);
          else if (each.kind === 'remove') list.remove(waiters[each.which]!);
          else if (each.kind === 'wake') {
            depth += 1;
            list.wake(each.events);
            depth -= 1;
          }
        };
        const model = new Model();
        const actModel = (each: Reaction): void => {
          if (each.kind === 'add') model.add(each.which);
          else if (each.kind === 'remove') model.remove(each.which);
          else if (each.kind === 'wake') {
            depth += 1;
            model.wake(each.events, masks, (id, hits) => react(expected, id, hits, actModel));
            depth -= 1;
          }
        };
        for (const each of commands) actReal(each);
        next = 0;
        for (const each of commands) actModel(each);
        expect(real).toEqual(expected);
        expect(list.edges).toBe(model.wakes);
        expect(list.isEmpty).toBe(model.members.length === 0);
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 500 },
  );
});

test('a waiter waits in one list', () => {
  const woken: number[] = [];
  const waiter = new Waiter(1, { woken: (hits) => woken.push(hits) });
  const first = new WaiterList();
  const second = new WaiterList();
  first.add(waiter);
  second.add(waiter);
  first.wake(1);
  expect(woken).toEqual([]);
  expect(first.isEmpty).toBe(true);
  first.remove(waiter);
  second.wake(3);
  expect(woken).toEqual([1]);
});

test('a waiter that throws keeps nobody else asleep, in this wake or the next', () => {
  const list = new WaiterList();
  const woken: string[] = [];
  const names = ['first', 'throws', 'third', 'throws too', 'last'];
  const waiters = names.map((name) => {
    return new Waiter(1, {
      woken: () => {
        woken.push(name);
        if (name.startsWith('throws')) throw new Error(name);
      },
    });
  });
  for (const waiter of waiters) list.add(waiter);
  for (let round = 0; round < 3; round += 1) {
    expect(() => list.wake(1)).toThrow('throws');
    expect(woken.splice(0)).toEqual(names);
  }
  list.remove(waiters[1]!);
  list.remove(waiters[3]!);
  list.wake(1);
  expect(woken).toEqual(['first', 'third', 'last']);
});
