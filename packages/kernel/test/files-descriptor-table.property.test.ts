import { EBADF, EMFILE } from '@synos/abi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DescriptorTable, FileDescription } from '../src/contracts.js';
import { createDescriptorTable } from '../src/index.js';

/** A description that counts. Released once too often it throws. */
class Counted implements FileDescription {
  readonly kind = 'null';
  flags = 0;
  references = 1;

  retain(): void {
    if (this.references <= 0) throw new Error('retained after its end');
    this.references += 1;
  }

  release(): number {
    if (this.references <= 0) throw new Error('released once too often');
    this.references -= 1;
    return 0;
  }
}

const LIMIT = 12;
type Step =
  | { readonly do: 'add'; readonly least: number; readonly isCloseOnExec: boolean }
  | { readonly do: 'dup'; readonly fd: number; readonly least: number }
  | { readonly do: 'put'; readonly fd: number; readonly to: number; readonly isCloseOnExec: boolean }
  | { readonly do: 'close' | 'look'; readonly fd: number }
  | { readonly do: 'mark'; readonly fd: number; readonly isCloseOnExec: boolean }
  | { readonly do: 'inherit' | 'swap' | 'closeAll' };

const fd = fc.integer({ min: -2, max: LIMIT + 2 });
const inside = fc.nat(LIMIT - 1);
const isCloseOnExec = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), least: fc.nat(LIMIT + 1), isCloseOnExec }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), least: fc.constant(0), isCloseOnExec }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dup' as const), fd, least: inside }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put' as const), fd, to: inside, isCloseOnExec }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('close' as const), fd }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mark' as const), fd, isCloseOnExec }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('inherit' as const, 'swap' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('closeAll' as const) }) },
);

/** A table as POSIX tells it: a map. */
type Model = Map<number, { readonly file: Counted; isCloseOnExec: boolean }>;

function lowest(model: Model, least: number): number {
  for (let number = least; number < LIMIT; number += 1) if (!model.has(number)) return number;
  return -EMFILE;
}

test('a table of descriptors is a map that gives the lowest free number, and counts', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const files: Counted[] = [];
      // Two processes: the one that acts, and its child or parent.
      let pair: { table: DescriptorTable; model: Model }[] = [
        { table: createDescriptorTable(LIMIT), model: new Map() },
        { table: createDescriptorTable(LIMIT), model: new Map() },
      ];
      for (const each of steps) {
        const { table, model } = pair[0]!;
        switch (each.do) {
          case 'add': {
            const file = new Counted();
            files.push(file);
            const expected = lowest(model, each.least);
            expect(table.add(file, each.isCloseOnExec, each.least)).toBe(expected);
            if (expected >= 0) model.set(expected, { file, isCloseOnExec: each.isCloseOnExec });
            else file.release();
            break;
          }
          case 'dup': {
            const found = model.get(each.fd);
            if (found === undefined) break;
            found.file.retain();
            const expected = lowest(model, each.least);
            expect(table.add(found.file, false, each.least)).toBe(expected);
            if (expected >= 0) model.set(expected, { file: found.file, isCloseOnExec: false });
            else found.file.release();
            break;
          }
          case 'put': {
            const found = model.get(each.fd);
            if (found === undefined) break;
            found.file.retain();
            table.put(each.to, found.file, each.isCloseOnExec);
            model.set(each.to, { file: found.file, isCloseOnExec: each.isCloseOnExec });
            break;
          }
          case 'close':
            expect(table.close(each.fd)).toBe(model.delete(each.fd) ? 0 : -EBADF);
            break;
          case 'mark': {
            table.setCloseOnExec(each.fd, each.isCloseOnExec);
            const found = model.get(each.fd);
            if (found !== undefined) found.isCloseOnExec = each.isCloseOnExec;
            break;
          }
          case 'inherit':
            pair[1]!.table.closeAll();
            pair[1] = {
              table: table.inherit(),
              model: new Map([...model].filter(([, entry]) => !entry.isCloseOnExec).map(([k, e]) => [k, { ...e }])),
            };
            break;
          case 'swap':
            pair = [pair[1]!, pair[0]!];
            break;
          case 'closeAll':
            table.closeAll();
            model.clear();
        }
        for (const { table: of, model: as } of pair) {
          expect(of.size).toBe(as.size);
          for (let number = -1; number <= LIMIT; number += 1) {
            expect(of.get(number)).toBe(as.get(number)?.file ?? null);
            expect(of.isCloseOnExec(number)).toBe(as.get(number)?.isCloseOnExec ?? false);
          }
        }
        for (const file of files) {
          const held = pair.flatMap(({ model: as }) => [...as.values()]).filter((entry) => entry.file === file);
          expect(file.references).toBe(held.length);
        }
      }
      for (const { table } of pair) table.closeAll();
      expect(files.every(({ references }) => references === 0)).toBe(true);
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 400 },
  );
});
