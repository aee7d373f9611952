import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { slot } from '../src/cpu/ir.js';
import { bit, createTestMachine, setRegister } from './engine/test-machine.js';

const PAGE = 4096;
const BASE = 0x1000_0000;
const PAGES = 3;
const FRAMES = 4;
const CODE = 0x40_0000;

/** What an entry of a page table says; `null` where it is not present. */
interface Entry {
  readonly frame: number;
  readonly isWritable: boolean;
  readonly isUser: boolean;
  readonly isGlobal: boolean;
}

type Action =
  | { readonly kind: 'set'; readonly page: number; readonly entry: Entry | null; readonly tells: boolean }
  | { readonly kind: 'invlpg'; readonly page: number }
  | { readonly kind: 'flush' | 'flushAll' | 'setRoot' }
  | {
      readonly kind: 'load' | 'store' | 'add';
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
      readonly value: number;
    };

const page = fc.nat(PAGES - 1);
const entry = fc.option(
  fc.record({ frame: fc.nat(FRAMES - 1), isWritable: fc.boolean(), isUser: fc.boolean(), isGlobal: fc.boolean() }),
  { freq: 4 },
);
const offset = fc.oneof(
  fc.nat(PAGES * PAGE - 8),
  fc.integer({ min: -9, max: 1 }).map((near) => PAGE + near),
  fc.integer({ min: -9, max: 1 }).map((near) => 2 * PAGE + near),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), page, entry, tells: fc.boolean() }) },
  fc.record({ kind: fc.constant('invlpg' as const), page }),
  fc.record({ kind: fc.constantFrom('flush' as const, 'flushAll' as const, 'setRoot' as const) }),
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('load' as const, 'store' as const, 'add' as const),
      offset,
      size: fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const),
      value: fc.integer(),
    }),
  },
);

/** MOV rAX, [RDI]; MOV [RDI], rAX; ADD [RDI], rAX; each with INT3 behind. */
const CODES = {
  load: { 1: [0x8a, 0x07], 2: [0x66, 0x8b, 0x07], 4: [0x8b, 0x07], 8: [0x48, 0x8b, 0x07] },
  store: { 1: [0x88, 0x07], 2: [0x66, 0x89, 0x07], 4: [0x89, 0x07], 8: [0x48, 0x89, 0x07] },
  add: { 1: [0x00, 0x07], 2: [0x66, 0x01, 0x07], 4: [0x01, 0x07], 8: [0x48, 0x01, 0x07] },
} as const;

/** The bytes that an access is made of: which page, and where in it. */
function piecesOf(from: number, size: number): { page: number; at: number; bytes: number }[] {
  const first = Math.min(size, PAGE - (from % PAGE));
  const pieces = [{ page: Math.floor(from / PAGE), at: from % PAGE, bytes: first }];
  if (first < size) pieces.push({ page: Math.floor(from / PAGE) + 1, at: 0, bytes: size - first });
  return pieces;
}

test('accesses go where the tables say, or said at some time since the page was forgotten', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 40 }), (actions) => {
      const machine = createTestMachine({ ramBytes: 1 << 17 });
      const { cpu, ram } = machine;
      const codeAt = new Map<string, number>();
      const codePlace = machine.mapNew(CODE, 1);
      let end = 0;
      for (const [kind, sizes] of Object.entries(CODES)) {
        for (const [size, bytes] of Object.entries(sizes)) {
          codeAt.set(`${kind}${size}`, CODE + end);
          machine.store(codePlace + end, [...bytes, 0xcc]);
          end += bytes.length + 1;
        }
      }
      const frames = Array.from({ length: FRAMES }, () => machine.frame());
      for (const [index, frame] of frames.entries()) {
        for (let at = 0; at < PAGE; at += 1) ram[frame + at] = (at * 7 + index * 0x41 + (at >> 8)) & 0xff;
      }
      for (let number = 0; number < PAGES; number += 1) machine.entryOf(BASE + number * PAGE);
      const shadow = frames.map((frame) => ram.slice(frame, frame + PAGE));
      const current: (Entry | null)[] = Array(PAGES).fill(null);
      /** What a TLB may hold of each page. */
      const possible: (Entry | null)[][] = current.map(() => [null]);
      const forget = (number: number): void => {
        possible[number] = [current[number]!];
      };
      const forgetLocal = (number: number): void => {
        possible[number] = possible[number]!.filter((old) => old?.isGlobal === true || old === current[number]);
      };

      for (const step of actions) {
        switch (step.kind) {
          case 'set': {
            const { entry: now } = step;
            current[step.page] = now;
            possible[step.page]!.push(now);
            const address = BASE + step.page * PAGE;
            if (now === null) machine.unmap(address);
            else {
              let bits: number = bit.present;
              if (now.isWritable) bits |= bit.write;
              if (now.isUser) bits |= bit.user;
              if (now.isGlobal) bits |= bit.global;
              machine.map(address, frames[now.frame]!, bits);
            }
            if (step.tells) {
              cpu.invlpg(address);
              forget(step.page);
            }
            break;
          }
          case 'invlpg':
            // Any byte of the page.
            cpu.invlpg(BASE + step.page * PAGE + 0x123);
            forget(step.page);
            break;
          case 'flush':
          case 'setRoot':
            if (step.kind === 'flush') cpu.flush();
            else cpu.setRoot(machine.root);
            for (const number of current.keys()) forgetLocal(number);
            break;
          case 'flushAll':
            cpu.flushAll();
            for (const number of current.keys()) forget(number);
            break;
          default: {
            const { kind, size } = step;
            const writes = kind !== 'load';
            const pieces = piecesOf(step.offset, size);
            setRegister(cpu, slot.rdi, BASE + step.offset);
            cpu.registers[0] = step.value;
            cpu.registers[1] = ~step.value;
            cpu.rip = codeAt.get(`${kind}${size}`)!;
            const exit = cpu.execute(10);
            const allows = (by: Entry | null): boolean => by?.isUser === true && (!writes || by.isWritable);
            if (exit.kind === 'exception') {
              expect(exit.vector).toBe(14);
              const failed = pieces.findIndex((piece) => exit.cr2 === BASE + piece.page * PAGE + piece.at);
              expect(failed).toBeGreaterThanOrEqual(0);
              // What faults was looked up again.
              const by = current[pieces[failed]!.page]!;
              expect(allows(by)).toBe(false);
              expect(exit.errorCode).toBe((by === null ? 0 : 1) | (writes ? 2 : 0) | 4);
              if (failed === 1) expect(possible[pieces[0]!.page]!.some(allows)).toBe(true);
              expect(cpu.rip).toBe(codeAt.get(`${kind}${size}`));
              expect(cpu.registers[0]).toBe(step.value);
              // A fault forgets its page.
              forget(pieces[failed]!.page);
              for (const [index, frame] of frames.entries()) {
                expect(Buffer.compare(ram.subarray(frame, frame + PAGE), shadow[index]!)).toBe(0);
              }
              break;
            }
            expect(exit.kind).toBe('software');
            const choices = pieces.map((piece) => possible[piece.page]!.filter(allows).map((by) => by!.frame));
            const ways = choices[0]!.flatMap((first) => (choices[1] ?? [-1]).map((second) => [first, second]));
            const fits = ways.some((way) => {
              const places = pieces.flatMap((piece, index) =>
                Array.from({ length: piece.bytes }, (_, at) => [way[index]!, piece.at + at] as const),
              );
              const before = places.map(([frame, at]) => shadow[frame]![at]!);
              const old = before.reduce((all, byte, index) => all | (BigInt(byte) << BigInt(8 * index)), 0n);
              const low = BigInt(cpu.registers[0]! >>> 0) | (BigInt(cpu.registers[1]! >>> 0) << 32n);
              if (kind === 'load') return BigInt.asUintN(size * 8, low) === old;
              const value = kind === 'store' ? low : low + old;
              for (const [index, [frame, at]] of places.entries()) {
                shadow[frame]![at] = Number(BigInt.asUintN(8, value >> BigInt(8 * index)));
              }
              if (
                frames.every((frame, index) => Buffer.compare(ram.subarray(frame, frame + PAGE), shadow[index]!) === 0)
              ) {
                return true;
              }
              for (const [index, [frame, at]] of places.entries()) shadow[frame]![at] = before[index]!;
              return false;
            });
            expect(fits).toBe(true);
            for (const piece of pieces) {
              const address = BASE + piece.page * PAGE;
              if (possible[piece.page]!.length > 1) continue;
              expect(machine.entry(address) & bit.accessed).toBe(bit.accessed);
              if (writes) expect(machine.entry(address) & bit.dirty).toBe(bit.dirty);
            }
          }
        }
        // Nothing but a write makes a page dirty.
        if (step.kind === 'set' && step.entry !== null) {
          expect(machine.entry(BASE + step.page * PAGE) & (bit.dirty | bit.accessed)).toBe(0);
        }
      }
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 200 },
  );
});
