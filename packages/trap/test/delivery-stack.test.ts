import { expect, test } from 'vitest';
import { type Happening, model, type Registers, type World } from './delivery-model.js';
import { gateWords, goodWorld, handlerOf, LoadedWorld } from './delivery-world.js';

const long = Boolean(process.env.SYNOS_LONG);

/** What may be wrong with the memory that delivery touches. Each changes a good world. */
const troubles: Record<string, (world: World) => void> = {
  none: () => {},
  'stacks on their boundary': (w) => eachStack(w, (value) => value & ~15n),
  'stacks one below a boundary': (w) => eachStack(w, (value) => value | 15n),
  'stacks above the user half': (w) => eachStack(w, () => 0x8000_0000_0000n),
  'stacks below the kernel half': (w) => eachStack(w, () => 0xffff_7fff_ffff_fff0n),
  'stacks of odd bits': (w) => eachStack(w, () => 0x1234_5678_9abc_def0n),
  'stacks at the kernel half, no word has room': (w) => eachStack(w, () => 0xffff_8000_0000_0000n),
  'stacks at the kernel half, two words have room': (w) => eachStack(w, () => 0xffff_8000_0000_0010n),
  'stacks at the kernel half, five words have room': (w) => eachStack(w, () => 0xffff_8000_0000_0028n),
  'stacks at zero': (w) => eachStack(w, () => 0n),
  'stacks absent': (w) => {
    for (const value of w.stacks) w.absent.add((value - 8n) >> 12n);
  },
  'RSP0 absent': (w) => w.absent.add((w.stacks[0]! - 8n) >> 12n),
  'TSS ends before RSP0': (w) => limitTss(w, 0x0an),
  'TSS ends behind RSP0': (w) => limitTss(w, 0x0bn),
  'TSS ends before IST1': (w) => limitTss(w, 0x2an),
  'TSS ends behind IST1': (w) => limitTss(w, 0x2bn),
  'TSS ends before IST7': (w) => limitTss(w, 0x5an),
  'TSS absent': (w) => w.absent.add(w.tssBase >> 12n),
  'TSS across an absent page': (w) => {
    w.tssBase = 0xffff_8000_0000_6ff8n;
    w.absent.add(0xffff_8000_0000_7n);
  },
  'TSS at no address': (w) => {
    w.tssBase = 0x7fff_ffff_fff8n;
  },
  'GDT absent': (w) => w.absent.add(w.gdtBase >> 12n),
  'GDT empty': (w) => {
    w.gdtLimit = 0n;
  },
  'GDT without user segments': (w) => {
    w.gdtLimit = 0x17n;
  },
  'GDT at no address': (w) => {
    w.gdtBase = 0x7fff_ffff_fff4n;
  },
  'GDT reaches no address': (w) => {
    w.gdtBase = 0x7fff_ffff_fff0n;
  },
  'IDT absent': (w) => w.absent.add(w.idtBase >> 12n),
  'IDT empty': (w) => {
    w.idtLimit = 0n;
  },
  'IDT ends before 13': (w) => {
    w.idtLimit = 0xden;
  },
  'IDT ends within 13': (w) => {
    w.idtLimit = 0xdcn;
  },
  'IDT ends within 14': (w) => {
    w.idtLimit = 0xe1n;
  },
  'IDT ends behind 0x41': (w) => {
    w.idtLimit = 0x41fn;
  },
  'IDT at no address': (w) => {
    w.idtBase = 0x8000_0000_0000n;
  },
  'IDT reaches no address at 8': (w) => {
    w.idtBase = 0x7fff_ffff_ff88n;
  },
  'first word read-only': (w) => readOnly(w, 1n),
  'third word read-only': (w) => readOnly(w, 3n),
  'fifth word read-only': (w) => readOnly(w, 5n),
  'sixth word read-only': (w) => readOnly(w, 6n),
};

/** What the gates of the faults on the way say: they lead to the same trouble, to a stack of their own, or nowhere. */
const faultGates: Record<string, (loaded: LoadedWorld) => void> = {
  'same stack': () => {},
  'IST 5 for all, not 8': (loaded) => ways(loaded, [10, 11, 12, 13, 14], { ist: 5 }),
  'IST 2 for 8': (loaded) => ways(loaded, [8], { ist: 2 }),
  'no #PF': (loaded) => ways(loaded, [14], { present: 0 }),
  'no #GP, no #SS': (loaded) => ways(loaded, [12, 13], { present: 0, ist: 5 }),
  'no #TS, #NP of another ring': (loaded) => {
    ways(loaded, [10], { type: 5 });
    ways(loaded, [11], { selector: 0x23 });
  },
  'no #NP, no #DF': (loaded) => {
    ways(loaded, [11, 8], { present: 0 });
    ways(loaded, [13], { selector: 0 });
  },
  'no #DF, #GP at no address': (loaded) => {
    ways(loaded, [8], { present: 0 });
    ways(loaded, [13], { target: 0x8000_0000_0000n });
  },
};

function eachStack(world: World, change: (value: bigint) => bigint): void {
  // IST2 stays good: a double fault has somewhere to go, where its gate says so.
  world.stacks = world.stacks.map((value, at) => (at === 5 ? value : change(value)));
}

function limitTss(world: World, limit: bigint): void {
  world.tssLimit = limit;
}

function readOnly(world: World, nth: bigint): void {
  for (const value of [...world.stacks, ...pointers]) world.readOnly.add((value & ~15n) - 8n * nth);
}

function ways(loaded: LoadedWorld, vectors: number[], change: Partial<Parameters<typeof gateWords>[0]>): void {
  for (const vector of vectors) {
    const gate = { type: 14, present: 1, dpl: 0, selector: 8, ist: 0, target: handlerOf(vector), ...change };
    loaded.setGate(vector, ...gateWords(gate));
  }
}

const happenings: readonly Happening[] = [
  { source: 'software', vector: 0x80n, code: null, length: 2n },
  { source: 'hardware', vector: 0x41n, code: null, length: 0n },
  { source: 'exception', vector: 6n, code: null, length: 0n },
  { source: 'exception', vector: 0n, code: null, length: 0n },
  { source: 'exception', vector: 8n, code: 0n, length: 0n },
  { source: 'exception', vector: 13n, code: 0x10n, length: 0n },
  { source: 'exception', vector: 14n, code: 7n, length: 0n },
  { source: 'exception', vector: 20n, code: null, length: 0n },
  { source: 'exception', vector: 21n, code: 3n, length: 0n },
];
const pointers = [
  0xffff_8000_7000_0008n,
  0x7fff_ffff_e000n,
  0x8000_0000_0000n,
  0xffff_8000_0000_0018n,
  0x4141_4141_4141_4141n,
  0x20n,
];
const targets = [0xffff_8000_0030_0000n, 0x7fff_ffff_ffffn, 0x8000_0000_0000n, 0xffff_7fff_ffff_ffffn];
/** Handlers of each ring, and conforming ones. */
const selectorsOfHandlers = long ? [0x08, 0x38, 0x40, 0x23, 0x48, 0x58] : [0x08, 0x38, 0x23, 0x48];
const ists = long ? [0, 1, 2, 7] : [0, 1];
const codeOfRing = [0x08n, 0x39n, 0x42n, 0x23n];

test('SDM vol. 3, 6.14: stacks, tables and faults on the way × gates of the faults', { timeout: 1_800_000 }, () => {
  const wrong: string[] = [];
  const ends = new Set<string>();
  let cells = 0;
  for (const [trouble, change] of Object.entries(troubles)) {
    const world = goodWorld();
    change(world);
    for (const [way, arrange] of Object.entries(faultGates)) {
      // All gates are good again: `arrange` changes some.
      const loaded = new LoadedWorld({ ...world, idt: goodWorld().idt });
      arrange(loaded);
      for (const happening of happenings) {
        for (const selector of selectorsOfHandlers) {
          for (const ist of ists) {
            const vector = Number(happening.vector);
            const kept = loaded.world.idt.slice(vector * 2, vector * 2 + 2);
            const target = targets[cells % 7] ?? targets[0]!;
            const gate = { type: 14 + (cells % 2), present: 1, dpl: 3, selector, ist, target };
            loaded.setGate(vector, ...gateWords(gate));
            for (const cpl of [0, 1, 3]) {
              const registers: Registers = {
                cs: codeOfRing[cpl]!,
                ss: 0x1bn,
                rip: 0x7fff_ffff_fffen,
                rsp: pointers[cells++ % pointers.length]!,
                rflags: 0x246n,
              };
              const expected = model(loaded.world, registers, happening);
              const actual = loaded.run(registers, happening);
              ends.add(expected.slice(0, expected.indexOf(' ')));
              if (actual !== expected && wrong.length < 5) {
                wrong.push(`${trouble}, ${way}: ${happening.source} ${vector} cpl ${cpl} ${JSON.stringify({ selector, ist })}
  got  ${actual}
  want ${expected}`);
              }
            }
            loaded.setGate(vector, kept[0]!, kept[1]!);
          }
        }
      }
    }
  }
  expect(wrong.join('\n')).toBe('');
  expect(cells).toBeGreaterThan(50_000);
  // Every way out was seen: the events themselves, each fault on the way, the double fault and the end.
  for (const end of ['128', '65', '6', '10', '12', '13', '14', '8', 'shutdown']) expect(ends).toContain(end);
});
