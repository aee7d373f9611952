import { synosProfile } from '@synos/abi';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../kernel/exit-code.js';
import { Assembly } from './support/assembly.js';
import { type BareSystem, createBareSystem } from './support/bare-system.js';
import { tinyElf } from './support/tiny-elf.js';

// The bytes of the kernel's tables are what a CPU goes by. On a system that runs, one of them is made wrong, and what
// happens next is what the manual says (SDM vol. 2, INT n; vol. 3, 6.12 to 6.15 and 4.6): an exception with an error code
// that names the gate or the segment, a double fault, or a shutdown. The program calls getpid by INT 0x80 for ever.

const VECTOR = 0x80;
/** Time for many calls. */
const RUN_MS = 4;
const GATE = 16 * VECTOR;
/** As the log has an error code of the gate's index with the bit that says IDT (SDM vol. 3, 6.13): 0x402. */
const GATE_ERROR = 'gate 0x80';
/** A kernel address where nothing is mapped. */
const NOWHERE = -0x4000_0000_0000;
/** The machine is off, and says so with `ERR_MACHINE_SHUTDOWN`. */
const SHUTDOWN = 'the machine has shut down: ';
const RSP0 = 4;
const TSS_DESCRIPTOR = 0x28;

interface Pc extends BareSystem {
  readonly view: DataView;
  /** Where the TSS lies, by the base in its descriptor. */
  readonly tss: number;
  /** The page tables that are loaded. */
  readonly root: number;
}

/** Stores into memory as a driver gone wild would, and says so. */
type Corrupt = (pc: Pc) => void;

/** What comes of it. */
type Outcome =
  /** The program is ended by the signal of an exception; the log line has these words. */
  | { readonly signal: number; readonly words: readonly string[] }
  /** The kernel panics, with these words. */
  | { readonly panic: readonly (string | RegExp)[] }
  /** Nothing changes. */
  | 'goes on';

const caller = new Assembly().label('again').call(synosProfile.numbers.getpid).jump('again');

function booted(): Pc {
  const system = createBareSystem({ argv: ['caller'], files: [{ name: 'caller', bytes: tinyElf(caller) }] });
  const { machine, tables } = system;
  expect(system.run(RUN_MS)).toBe('limit');
  const { buffer } = machine.mem(0x1000, 8);
  const view = new DataView(buffer);
  const at = tables.gdt + TSS_DESCRIPTOR;
  const base = view.getUint16(at + 2, true) | (view.getUint8(at + 4) << 16) | (view.getUint8(at + 7) << 24);
  return { ...system, view, tss: base >>> 0, root: machine.readControl('cr3') };
}

const gateByte =
  (offset: number, value: number): Corrupt =>
  ({ view, tables }) =>
    view.setUint8(tables.idt + GATE + offset, value);

const gateSelector =
  (selector: number): Corrupt =>
  ({ view, tables }) =>
    view.setUint16(tables.idt + GATE + 2, selector, true);

const gateOffset =
  (address: (pc: Pc) => number, vector = VECTOR): Corrupt =>
  (pc) => {
    const at = pc.tables.idt + 16 * vector;
    const to = address(pc);
    pc.view.setUint16(at, to & 0xffff, true);
    pc.view.setUint16(at + 6, (to >>> 16) & 0xffff, true);
    pc.view.setInt32(at + 8, Math.floor(to / 2 ** 32), true);
  };

const setQuad = (view: DataView, at: number, value: number): void => {
  view.setInt32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
};

const rsp0 =
  (address: number): Corrupt =>
  ({ view, tss }) =>
    setQuad(view, tss + RSP0, address);

/** The stack of double faults: IST2. */
const ist2 =
  (address: number): Corrupt =>
  ({ view, tss }) =>
    setQuad(view, tss + 36 + 8, address);

/** The entry of the root that maps the kernel half's first 512 GB: the direct map, so all of the kernel. */
const rootSlot: Corrupt = ({ view, root }) => setQuad(view, root + 256 * 8, 0);
const all =
  (...parts: readonly Corrupt[]): Corrupt =>
  (pc) => {
    for (const part of parts) part(pc);
  };

const rows: readonly (readonly [name: string, corrupt: Corrupt, outcome: Outcome])[] = [
  ['nothing', () => {}, 'goes on'],
  // Vol. 2, INT n: "IF gate not present THEN #NP(vector number * 8 + 2 + EXT)".
  ['P of the gate', gateByte(5, 0x6e), { signal: 7, words: ['segment not present', GATE_ERROR] }],
  // "IF software interrupt and gate DPL < CPL THEN #GP(vector number * 8 + 2)".
  ['DPL of the gate', gateByte(5, 0x8e), { signal: 11, words: ['general protection', GATE_ERROR] }],
  // A call gate in the IDT: "IF gate type not interrupt, trap or task gate".
  ['type of the gate', gateByte(5, 0xec), { signal: 11, words: ['general protection', GATE_ERROR] }],
  // "IF new code-segment selector is NULL THEN #GP(EXT)".
  ['selector: null', gateSelector(0), { signal: 11, words: ['general protection'] }],
  // "IF selector index not within descriptor table limits THEN #GP(selector + EXT)".
  ['selector: beyond the GDT', gateSelector(0x38), { signal: 11, words: ['general protection', '0x38'] }],
  // "IF descriptor is not for a code segment".
  ['selector: data', gateSelector(0x10), { signal: 11, words: ['general protection', '0x10'] }],
  ['selector: a TSS', gateSelector(0x28), { signal: 11, words: ['general protection', '0x28'] }],
  // Into ring 3: the frame's CS is a program's, and the handler would run there. Code of the kernel is not for ring 3.
  ['selector: code of ring 3', gateSelector(0x23), { signal: 11, words: ['page fault', 'rip ffff8000'] }],
  // "IF instruction pointer is not within code-segment limits / non-canonical THEN #GP(EXT)".
  ['offset: not canonical', gateOffset(() => 0x8000_0000_0000), { signal: 11, words: ['general protection'] }],
  // Ring 0 faults at its first instruction: a page fault out of the kernel, which no kernel survives.
  ['offset: where nothing is', gateOffset(() => NOWHERE), { panic: ['a trap out of the kernel itself: page fault'] }],
  [
    'offset: data, which NX protects',
    gateOffset(({ machine, tables }) => machine.directMapBase + tables.gdt),
    {
      panic: ['a trap out of the kernel itself: page fault'],
    },
  ],
  [
    'offset: inside of entry code',
    gateOffset(({ machine }) => machine.stub(VECTOR) + 1),
    {
      panic: ['ring 0 would execute at', SHUTDOWN],
    },
  ],
  // Another vector's entry code: the kernel takes it for the timer's interrupt, and the program has no answer.
  ['offset: the entry code of IRQ 0', gateOffset(({ machine }) => machine.stub(0x20)), 'goes on'],
  // Vol. 3, 6.15, vector 8: a page fault while an exception is delivered... INT 0x80 itself is benign (table 6-4), so the
  // page fault of its push is delivered; that push fails as well, and two page faults are a double fault, on IST2.
  ['RSP0: where nothing is', rsp0(NOWHERE), { panic: ['a double fault'] }],
  // #SS of the push, and #SS again when that is delivered: contributory on contributory.
  ['RSP0: not canonical', rsp0(0x8000_0000_0000), { panic: ['a double fault'] }],
  [
    'RSP0: in the entry code, which may not be written',
    (pc) => rsp0(pc.machine.stub(0) + 0x800)(pc),
    {
      panic: ['a double fault'],
    },
  ],
  // A third one while the double fault is delivered: shutdown (vol. 3, 6.15, vector 8).
  [
    'RSP0 and the stack of double faults',
    all(rsp0(NOWHERE), ist2(NOWHERE)),
    {
      panic: ['triple fault', SHUTDOWN],
    },
  ],
  [
    'the gates of page faults and double faults',
    all(
      rsp0(NOWHERE),
      gateOffset(() => 0x8000_0000_0000, 14),
      gateOffset(() => 0x8000_0000_0000, 8),
    ),
    { panic: ['triple fault', SHUTDOWN] },
  ],
  // Tables, stack and handlers lie in the direct map, which is gone at the next return to ring 3 already: IRETQ reads the
  // GDT. Without a flush a CPU may remember or not (vol. 3, 4.10.2.3); this one looks its own accesses up each time.
  [
    'the root entry of the direct map',
    all(rootSlot, ({ machine }) => machine.flush()),
    { panic: ['page fault at the GDT'] },
  ],
  ['the root entry of the direct map, without a flush', rootSlot, { panic: ['page fault at the GDT'] }],
  // LTR read the descriptor once; nobody reads it again (vol. 3, 7.2.4: the hidden part of TR).
  ['P of the TSS descriptor', ({ view, tables }) => view.setUint8(tables.gdt + TSS_DESCRIPTOR + 5, 0x0b), 'goes on'],
  [
    'base of the TSS descriptor',
    ({ view, tables }) => view.setUint32(tables.gdt + TSS_DESCRIPTOR + 8, 0, true),
    'goes on',
  ],
  // The handler of every exception has this segment: none can be delivered.
  [
    'P of the code segment of ring 0',
    ({ view, tables }) => view.setUint8(tables.gdt + 8 + 5, 0x1b),
    {
      panic: ['triple fault: handler segment not present', SHUTDOWN],
    },
  ],
  [
    'L of the code segment of ring 0',
    ({ view, tables }) => view.setUint8(tables.gdt + 8 + 6, 0xcf),
    {
      panic: ['triple fault', SHUTDOWN],
    },
  ],
];

describe('on a system that runs', () => {
  test.each(rows)('%s', (_, corrupt, outcome) => {
    const pc = booted();
    corrupt(pc);
    pc.machine.wrote(pc.tables.idt, 4096);
    pc.machine.wrote(pc.tables.gdt, 4096);
    pc.machine.wrote(pc.tss, 4096);
    const [before] = pc.kernel.processes.filter(({ name }) => name === 'caller');
    const end = pc.run(RUN_MS);
    if (outcome === 'goes on') {
      const [after] = pc.kernel.processes.filter(({ name }) => name === 'caller');
      expect(end).toBe('limit');
      expect(after?.ranTicks).toBeGreaterThan(before?.ranTicks ?? Infinity);
      expect(pc.panics).toEqual([]);
    } else if ('signal' in outcome) {
      expect(pc.panics).toEqual([]);
      expect(end).toBe('off');
      expect(exitCodeOf(pc.kernel.exitStatus)).toBe(128 + outcome.signal);
      const line = pc.log.find((each) => each.includes('ended by signal')) ?? pc.log.join('\n');
      for (const words of outcome.words) expect(line).toContain(words);
    } else {
      expect(end).toBe('off');
      expect(pc.panics).toHaveLength(1);
      for (const words of outcome.panic) expect(pc.panics[0]).toMatch(words);
      expect(pc.kernel.panicText).toBe(pc.panics[0]);
      expect(pc.machine.isOff).toBe(outcome.panic.includes(SHUTDOWN));
      if (!pc.machine.isOff) return;
      expect(() => pc.machine.run(0x1000)).toThrow(expect.objectContaining({ code: 'ERR_MACHINE_SHUTDOWN' }));
    }
  });
});
