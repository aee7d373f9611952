import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bootTest, stepUntil } from './support/boot.js';
import type { Event, FakeCpu, Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

// Processes that do what they are told, and a tree of plain objects that says what must come of it.

type Command =
  | { readonly kind: 'spawn' | 'parent' }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'kill'; readonly pid: number }
  | { readonly kind: 'wait'; readonly pid: number; readonly isBlocking: boolean };

interface Model {
  readonly pid: number;
  parent: Model | null;
  readonly children: Model[];
  state: 'running' | 'zombie' | 'gone';
  status: number;
  /** Waits for this pid, or any. */
  waitsFor: number | null;
}

const action = fc.record({
  kind: fc.constantFrom('spawn', 'spawn', 'spawn', 'parent', 'exit', 'exit', 'kill', 'wait', 'wait', 'waitNow'),
  who: fc.nat({ max: 30 }),
  whom: fc.nat({ max: 30 }),
  code: fc.integer({ min: 0, max: 255 }),
});

const LIMIT = 8;

test('any tree of processes is what it is on Linux', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const commands = new Map<number, Command>();
      const results = new Map<number, readonly number[]>();
      const puppet: Program = function* (cpu) {
        const pid = yield* cpu.call('getpid');
        yield* cpu.text(DATA, 'init');
        for (;;) {
          const command = commands.get(pid);
          if (command === undefined) {
            yield* cpu.call('sched_yield');
            continue;
          }
          commands.delete(pid);
          results.set(pid, yield* obey(cpu, command));
        }
      };
      const t = bootTest({ init: puppet }, { limits: { processes: LIMIT, stackBytes: 16 << 10 } });
      const made = (pid: number, parent: Model | null): Model => {
        const child: Model = { pid, parent, children: [], state: 'running', status: 0, waitsFor: null };
        parent?.children.push(child);
        all.push(child);
        return child;
      };
      const all: Model[] = [];
      const root = made(1, null);
      const settled = (pid: number): void => stepUntil(t, () => results.has(pid));

      /** A process has ended: its children are init's, and parents that wait are told. */
      const end = (process: Model, status: number): void => {
        process.state = 'zombie';
        process.status = status;
        process.waitsFor = null;
        const orphans = process.children.splice(0);
        for (const child of orphans) {
          child.parent = root;
          root.children.push(child);
        }
        for (const ended of [...orphans, process]) if (ended.state === 'zombie') tell(ended);
      };
      const tell = (child: Model): void => {
        const { parent } = child;
        if (parent?.waitsFor !== -1 && parent?.waitsFor !== child.pid) return;
        parent.waitsFor = null;
        take(child);
        settled(parent.pid);
        expect(results.get(parent.pid)).toEqual([child.pid, child.status]);
        results.delete(parent.pid);
      };
      const take = (child: Model): void => {
        child.state = 'gone';
        const { children } = child.parent as Model;
        children.splice(children.indexOf(child), 1);
      };

      for (const { kind, who, whom, code } of actions) {
        const free = all.filter(({ state, waitsFor }) => state === 'running' && waitsFor === null);
        const process = free[who % free.length];
        if (process === undefined) continue;
        const { pid } = process;
        if (kind === 'exit') {
          if (process === root) continue;
          commands.set(pid, { kind, code });
          stepUntil(t, () => t.kernel.processes.every((each) => each.pid !== pid || each.state === 'zombie'));
          end(process, code << 8);
        } else if (kind === 'kill') {
          const target = all[whom % all.length] as Model;
          if (target === process) continue;
          commands.set(pid, { kind, pid: target.pid });
          settled(pid);
          expect(results.get(pid)).toEqual([target.state === 'gone' ? -3 : 0]);
          results.delete(pid);
          if (target.state === 'running' && target !== root) end(target, 9);
        } else if (kind === 'wait' || kind === 'waitNow') {
          const wanted = whom % 3 === 0 ? -1 : (all[whom % all.length] as Model).pid;
          const fitting = process.children.filter((child) => wanted === -1 || child.pid === wanted);
          const zombie = fitting.find(({ state }) => state === 'zombie');
          commands.set(pid, { kind: 'wait', pid: wanted, isBlocking: kind === 'wait' });
          if (zombie === undefined && fitting.length > 0 && kind === 'wait') {
            process.waitsFor = wanted;
            stepUntil(t, () => t.kernel.processes.some((each) => each.pid === pid && each.state === 'waiting'));
            continue;
          }
          settled(pid);
          const expected = zombie === undefined ? [fitting.length > 0 ? 0 : -10, 0] : [zombie.pid, zombie.status];
          expect(results.get(pid)).toEqual(expected);
          results.delete(pid);
          if (zombie !== undefined) take(zombie);
        } else {
          commands.set(pid, { kind: kind as 'spawn' | 'parent' });
          settled(pid);
          const isFull = all.filter(({ state }) => state !== 'gone').length >= LIMIT;
          const answer = kind === 'parent' ? (process.parent?.pid ?? 0) : isFull ? -11 : all.length + 1;
          expect(results.get(pid)).toEqual([answer]);
          results.delete(pid);
          if (kind === 'spawn' && !isFull) made(answer, process);
        }
        const seen = t.kernel.processes.map(({ pid, parentPid, state }) => [pid, parentPid, state === 'zombie']);
        const left = all.filter(({ state }) => state !== 'gone');
        expect(seen).toEqual(left.map(({ pid, parent, state }) => [pid, parent?.pid ?? 0, state === 'zombie']));
      }
      if (root.waitsFor !== null) return;
      commands.set(1, { kind: 'exit', code: 1 });
      stepUntil(t, () => t.kernel.exitStatus === 0x100);
      expect(t.kernel.census()).toMatchObject({
        processes: 0,
        parkedCalls: 0,
        timers: 0,
        descriptors: 0,
        reservedFrames: 0,
        usedFrames: 10,
      });
    }),
    { numRuns: process.env.SYNOS_LONG ? 2000 : 30 },
  );
});

function* obey(cpu: FakeCpu, command: Command): Generator<Event, readonly number[], void> {
  switch (command.kind) {
    case 'spawn':
      return [yield* cpu.call('spawn', DATA, 0, 0)];
    case 'parent':
      return [yield* cpu.call('getppid')];
    case 'kill':
      return [yield* cpu.call('kill', command.pid, 9)];
    case 'exit':
      return [yield* cpu.call('exit', command.code)];
    case 'wait': {
      yield* cpu.store(DATA + 64, new Uint8Array(4));
      const answer = yield* cpu.call('wait4', command.pid, DATA + 64, command.isBlocking ? 0 : 1, 0);
      return [answer, yield* cpu.loadInt(DATA + 64)];
    }
  }
}
