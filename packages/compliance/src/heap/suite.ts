import type { Case } from '../case.js';
import { addBlockCases } from './block-cases.js';
import { type HeapFixture, heapCases } from './fixture.js';
import { addMisuseCases } from './misuse-cases.js';
import { addRandomCases } from './random-cases.js';
import { addStatsCases } from './stats-cases.js';

/**
 * What any `Heap` must do: blocks aligned, apart and whole; answers when there is no room; statistics that are true;
 * everything free again in the end; and an assertion with the address for every misuse.
 *
 * @param setup - a fresh heap for each case, of 16 KB at least; of some 60 KB the suite takes a second
 * @example
 * ```ts
 * const buffer = new ArrayBuffer(65_536);
 * const cases = heapSuite(() => ({ heap: createMyHeap(buffer), buffer, start: 0, end: buffer.byteLength }));
 * for (const c of selectCases(cases, ['walk', 'header']).cases) test(c.name, c.run);
 * ```
 */
export function heapSuite(setup: () => HeapFixture): Case[] {
  const cases: Case[] = [];
  const add = heapCases(setup, cases);
  addBlockCases(add);
  addStatsCases(add);
  addMisuseCases(add);
  addRandomCases(add);
  return cases;
}
