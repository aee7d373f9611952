import { describe, expect, test } from 'vitest';
import { createSimulatedLoop, createVirtualClock, simulationHangCode } from '../src/index.js';

describe('a virtual clock', () => {
  test('moves only forward, only when told', () => {
    const clock = createVirtualClock(5);
    clock.advanceBy(0.25);
    clock.advanceTo(6);
    expect(clock.now()).toBe(6);
    expect(() => clock.advanceTo(5.9)).toThrow('back');
    expect(() => clock.advanceBy(-1)).toThrow('back');
  });
});

describe('a simulated loop', () => {
  test('runs timers by time, equal times by age, tasks after them', () => {
    const loop = createSimulatedLoop();
    const order: string[] = [];
    loop.soon(() => order.push('task'));
    loop.at(10, () => order.push('late'));
    loop.at(0, () => order.push('first'));
    loop.at(0, () => order.push('second'));
    loop.at(-5, () => order.push('past'));
    expect(loop.runUntilIdle()).toBe(10);
    expect(order).toEqual(['past', 'first', 'second', 'task', 'late']);
  });

  test('soon runs once, in the next turn, with timers in between', () => {
    const loop = createSimulatedLoop();
    const order: string[] = [];
    loop.soon(() => {
      order.push('one');
      loop.at(0, () => order.push('timer'));
      loop.soon(() => order.push('two'));
    });
    loop.turn();
    expect(order).toEqual(['one']);
    loop.turn();
    expect(order).toEqual(['one', 'timer', 'two']);
    expect(loop.turn()).toBe(false);
  });

  test('a timer can be taken back, by another of the same turn too', () => {
    const loop = createSimulatedLoop();
    const ran: string[] = [];
    let takeBack = (): void => {};
    loop.at(1, () => takeBack());
    takeBack = loop.at(1, () => ran.push('no'));
    loop.at(2, () => ran.push('never'))();
    expect(loop.runUntilIdle()).toBe(1);
    expect(ran).toEqual([]);
    expect(loop.pending).toBe(0);
  });

  test('runs up to a time and leaves the clock there', () => {
    const loop = createSimulatedLoop();
    const ran: number[] = [];
    const again = (): void => {
      ran.push(loop.now());
      loop.at(loop.now() + 10, again);
    };
    loop.at(0, again);
    loop.runUntil(25);
    expect(ran).toEqual([0, 10, 20]);
    expect(loop.now()).toBe(25);
    expect(loop.nextDeadline()).toBe(30);
  });

  test('says so when it does not come to rest', () => {
    const loop = createSimulatedLoop({ maxTurns: 100 });
    const again = (): void => loop.soon(again);
    again();
    expect(() => loop.runUntilIdle()).toThrow(expect.objectContaining({ code: simulationHangCode }));
  });

  test('lets promises run between turns', async () => {
    const loop = createSimulatedLoop();
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void loop.at(loop.now() + ms, resolve));
    let isDone = false;
    const program = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await sleep(1000);
      isDone = true;
    };
    void program();
    expect(await loop.runAsync(() => isDone)).toBe(true);
    expect(loop.now()).toBe(5000);
    expect(await loop.runAsync(() => false)).toBe(false);
  });
});
