import { TRAP_FRAME_BYTES, trapFrame } from '@synos/interfaces';
import { createTrapFrame, GATE_BYTES, setTssStack } from '@synos/trap';
import { describe, expect, test } from 'vitest';
import { program } from './reference/mini-kernel.js';
import { createScriptedPc, type ScriptedPc } from './reference/test-machine.js';

// What a CPU makes of a kernel's bytes when one of them is wrong (SDM vol. 2, INT n; vol. 3, 6.12 to 6.15). The program
// executes INT 0x80; what it leads to is a vector with an error code, a double fault, or the end.

const INT80_GATE_ERROR = (0x80 << 3) | 2;
const MISSING = -0x4000_0000_0000;

interface Outcome {
  /** What `run` answered; or how the machine ended. */
  readonly vector: number | RegExp;
  /** The error code in the frame. */
  readonly error?: number;
  readonly cr2?: number;
  /** Bytes from RSP0 (or an IST's top) down to the frame; default 176. */
  readonly at?: (pc: ScriptedPc) => number;
}

interface Row {
  readonly name: string;
  readonly corrupt: (pc: ScriptedPc) => void;
  readonly outcome: Outcome;
}

const gateAt = ({ kernel }: ScriptedPc, vector = 0x80): number => kernel.idt + vector * GATE_BYTES;
const setOffset = (pc: ScriptedPc, address: number, vector = 0x80): void => {
  const { view } = pc.kernel;
  const at = gateAt(pc, vector);
  view.setUint16(at, address & 0xffff, true);
  view.setUint16(at + 6, (address >>> 16) & 0xffff, true);
  view.setInt32(at + 8, Math.floor(address / 2 ** 32), true);
};
const setRsp0 = ({ kernel }: ScriptedPc, address: number): void =>
  setTssStack(kernel.view, kernel.tss, 'rsp0', address);
const clearSlot = ({ kernel }: ScriptedPc, physical: number): void =>
  kernel.view.setUint32(kernel.slotOf(kernel.virtual(physical)), 0, true);
const onDoubleFaultStack = ({ kernel }: ScriptedPc): number =>
  (kernel.istTops[1] as number) - kernel.machine.directMapBase - TRAP_FRAME_BYTES;

const rows: readonly Row[] = [
  { name: 'nothing', corrupt: () => {}, outcome: { vector: 0x80, error: 0 } },
  {
    name: "the gate's P",
    corrupt: (pc) => pc.kernel.view.setUint8(gateAt(pc) + 5, 0x6e),
    outcome: { vector: 11, error: INT80_GATE_ERROR },
  },
  {
    name: "the gate's DPL",
    corrupt: (pc) => pc.kernel.view.setUint8(gateAt(pc) + 5, 0x8e),
    outcome: { vector: 13, error: INT80_GATE_ERROR },
  },
  {
    name: "the gate's type",
    corrupt: (pc) => pc.kernel.view.setUint8(gateAt(pc) + 5, 0xec),
    outcome: { vector: 13, error: INT80_GATE_ERROR },
  },
  {
    name: 'selector: null',
    corrupt: (pc) => pc.kernel.view.setUint16(gateAt(pc) + 2, 0, true),
    outcome: { vector: 13, error: 0 },
  },
  {
    name: 'selector: data',
    corrupt: (pc) => pc.kernel.view.setUint16(gateAt(pc) + 2, 0x10, true),
    outcome: { vector: 13, error: 0x10 },
  },
  {
    name: 'selector: beyond the GDT',
    corrupt: (pc) => pc.kernel.view.setUint16(gateAt(pc) + 2, 0x38, true),
    outcome: { vector: 13, error: 0x38 },
  },
  {
    name: 'offset: not canonical',
    corrupt: (pc) => setOffset(pc, 0x8000_0000_0000),
    outcome: { vector: 13, error: 0 },
  },
  {
    name: 'offset: another entry code without an error code',
    corrupt: (pc) => setOffset(pc, pc.machine.stub(0x21)),
    outcome: { vector: 0x21, error: 0 },
  },
  {
    name: 'offset: entry code that expects an error code finds the frame 8 bytes higher',
    corrupt: (pc) => setOffset(pc, pc.machine.stub(13)),
    outcome: { vector: 13, error: program.code + 2, at: ({ kernel }) => kernel.frame.address + 8 },
  },
  {
    name: 'offset: inside of entry code',
    corrupt: (pc) => setOffset(pc, pc.machine.stub(0x80) + 2),
    outcome: { vector: /ring 0 would execute at 0xffff8000001008[0-9a-f]{2}/ },
  },
  {
    name: 'offset: an alias of the entry code at another address',
    corrupt: (pc) => {
      const { kernel, machine } = pc;
      const alias = kernel.virtual(kernel.data);
      const stubs = machine.stub(0x80) - machine.directMapBase;
      kernel.view.setUint32(kernel.slotOf(alias), (stubs & ~4095) | 1, true);
      kernel.view.setUint32(kernel.slotOf(alias) + 4, 0, true);
      setOffset(pc, alias + (stubs & 4095));
    },
    outcome: { vector: /ring 0 would execute/ },
  },
  {
    name: 'offset: data, which is not to be executed: #PF of ring 0, on top',
    corrupt: (pc) => setOffset(pc, pc.kernel.virtual(pc.kernel.gdt)),
    outcome: { vector: 14, error: 0x11, at: nested },
  },
  {
    name: 'offset: nothing is there',
    corrupt: (pc) => setOffset(pc, MISSING),
    outcome: { vector: 14, error: 0x10, cr2: MISSING, at: nested },
  },
  {
    name: 'the handler of #PF leads nowhere as well: nothing can run',
    corrupt: (pc) => {
      setOffset(pc, MISSING);
      setOffset(pc, MISSING, 14);
    },
    outcome: { vector: /no handler can run|triple fault/ },
  },
  {
    name: 'an IST that nobody wanted',
    corrupt: (pc) => pc.kernel.view.setUint8(gateAt(pc) + 4, 1),
    outcome: {
      vector: 0x80,
      error: 0,
      at: ({ kernel }) => (kernel.istTops[0] as number) - kernel.machine.directMapBase - TRAP_FRAME_BYTES,
    },
  },
  {
    name: 'an IST whose stack is not there',
    corrupt: (pc) => {
      pc.kernel.view.setUint8(gateAt(pc) + 4, 1);
      setTssStack(pc.kernel.view, pc.kernel.tss, 'ist1', MISSING);
    },
    outcome: { vector: 14, error: 2, cr2: MISSING - 8 },
  },
  {
    name: 'RSP0: not canonical',
    corrupt: (pc) => pc.kernel.view.setUint32(pc.kernel.tss + 8, 0x8000, true),
    outcome: { vector: 8, error: 0, at: onDoubleFaultStack },
  },
  {
    name: 'RSP0: nothing is there',
    corrupt: (pc) => setRsp0(pc, MISSING),
    outcome: { vector: 8, error: 0, cr2: MISSING - 8, at: onDoubleFaultStack },
  },
  {
    name: 'RSP0: entry code, which is not to be written',
    corrupt: (pc) => setRsp0(pc, pc.machine.stub(0) + 0x800),
    outcome: { vector: 8, error: 0, at: onDoubleFaultStack },
  },
  {
    name: 'RSP0: off its 16 bytes, which the CPU mends',
    corrupt: (pc) => setRsp0(pc, pc.kernel.virtual(pc.kernel.frame.address) + TRAP_FRAME_BYTES + 8),
    outcome: { vector: 0x80, error: 0 },
  },
  {
    name: 'RSP0: five words fit on its page, and no more',
    corrupt: (pc) => {
      const page = pc.kernel.virtual(pc.kernel.data);
      setRsp0(pc, page + 48);
      clearSlot(pc, pc.kernel.data - 4096);
    },
    outcome: { vector: 8, error: 0, at: onDoubleFaultStack },
  },
  {
    name: 'RSP0 and the stack of double faults',
    corrupt: (pc) => {
      setRsp0(pc, MISSING);
      setTssStack(pc.kernel.view, pc.kernel.tss, 'ist2', MISSING);
    },
    outcome: { vector: /triple fault: page fault at the stack/ },
  },
  {
    name: "the kernel's page-table slot of its stack",
    corrupt: (pc) => clearSlot(pc, pc.kernel.frame.address),
    outcome: { vector: 8, error: 0, at: onDoubleFaultStack },
  },
  {
    name: "the right to write in its stack's slot",
    corrupt: (pc) => {
      const slot = pc.kernel.slotOf(pc.kernel.virtual(pc.kernel.frame.address));
      pc.kernel.view.setUint8(slot, pc.kernel.view.getUint8(slot) & ~2);
    },
    outcome: { vector: 8, error: 0, at: onDoubleFaultStack },
  },
  {
    name: 'the slot of the IDT',
    corrupt: (pc) => clearSlot(pc, pc.kernel.idt),
    outcome: { vector: /triple fault: page fault at the IDT/ },
  },
  {
    name: 'the slot of the GDT',
    corrupt: (pc) => clearSlot(pc, pc.kernel.gdt),
    outcome: { vector: /triple fault: page fault at the GDT/ },
  },
  {
    name: 'the slot of the TSS',
    corrupt: (pc) => clearSlot(pc, pc.kernel.tss),
    outcome: { vector: /triple fault: page fault at the TSS/ },
  },
  {
    name: 'the slot of the entry code',
    corrupt: (pc) => clearSlot(pc, pc.machine.stub(0x80) - pc.machine.directMapBase),
    outcome: { vector: /no handler can run|triple fault/ },
  },
  {
    name: 'a slot of the entry code that names another frame',
    corrupt: (pc) => {
      const { kernel, machine } = pc;
      kernel.view.setUint32(kernel.slotOf(machine.stub(0x80)), kernel.data | 1, true);
      kernel.view.setUint32(kernel.slotOf(machine.stub(0x80)) + 4, 0, true);
    },
    outcome: { vector: /ring 0 would execute/ },
  },
  {
    name: 'the limit of the IDT',
    corrupt: (pc) => pc.machine.lidt(pc.kernel.virtual(pc.kernel.idt), 0x80 * 16 - 1),
    outcome: { vector: 13, error: INT80_GATE_ERROR },
  },
  {
    name: 'P of the code segment',
    corrupt: (pc) => pc.kernel.view.setUint8(pc.kernel.gdt + 8 + 5, 0x1b),
    outcome: { vector: /triple fault: handler segment not present/ },
  },
  {
    name: 'D of the code segment, which makes it none of 64 bits',
    corrupt: (pc) => pc.kernel.view.setUint8(pc.kernel.gdt + 8 + 6, 0xef),
    outcome: { vector: /triple fault: handler not 64-bit code/ },
  },
];

function nested({ kernel }: ScriptedPc): number {
  // Below the five words of INT 0x80, on 16 bytes: the words of #PF with its error code, and what entry code adds.
  const above = kernel.frame.address + TRAP_FRAME_BYTES - 40;
  return Math.floor(above / 16) * 16 - TRAP_FRAME_BYTES;
}

test('a gate into a segment of ring 3: the program goes on there, with interrupts off', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  const states: string[] = [];
  cpu.act = () => {
    states.push(`${cpu.rip.toString(16)} ${(cpu.rflags & 0x200) !== 0}`);
    if (states.length === 1) {
      kernel.view.setUint16(kernel.idt + 0x80 * GATE_BYTES + 2, 0x23, true);
      // The timer asks meanwhile, and waits.
      machine.writePort(0x20, 1, 0x11);
      machine.writePort(0x21, 1, 0x20);
      machine.writePort(0x21, 1, 4);
      machine.writePort(0x21, 1, 1);
      machine.writePort(0x43, 1, 0x30);
      machine.writePort(0x40, 1, 1);
      machine.writePort(0x40, 1, 0);
      cpu.instructions += 100;
      return { kind: 'software', vector: 0x80, instructionBytes: 2 };
    }
    return { kind: 'exception', vector: 14, errorCode: 0x15, cr2: cpu.rip };
  };
  expect(machine.run(kernel.frame.address)).toBe(14);
  expect(states).toEqual(['400000 true', `${machine.stub(0x80).toString(16)} false`]);
  expect(kernel.frame.signed(trapFrame.rip)).toBe(machine.stub(0x80));
});

// Once for a machine that sees the tables for the first time, and once for one that has seen them good and may remember.
describe.each([
  ['at the first trap', 0],
  ['after good traps', 3],
] as const)('INT 0x80 when something is wrong, %s', (_, goodTraps) => {
  test.each(rows)('$name', ({ corrupt, outcome }) => {
    const pc = createScriptedPc();
    const { machine, kernel, cpu } = pc;
    const int80 = { kind: 'software', vector: 0x80, instructionBytes: 2 } as const;
    cpu.act = () => int80;
    for (let trap = 0; trap < goodTraps; trap++) {
      expect(machine.run(kernel.frame.address)).toBe(0x80);
      kernel.load([]);
    }
    // The program runs when it happens.
    cpu.act = () => {
      corrupt(pc);
      return int80;
    };
    if (outcome.vector instanceof RegExp) {
      expect(() => machine.run(kernel.frame.address)).toThrow(outcome.vector);
      expect(machine.isOff).toBe(true);
      expect(() => machine.run(kernel.frame.address)).toThrow('the machine is off');
      return;
    }
    expect(machine.run(kernel.frame.address)).toBe(outcome.vector);
    const at = outcome.at?.(pc) ?? kernel.frame.address;
    const frame = createTrapFrame(machine.mem(at & ~15, 4096), at & 15);
    expect([frame.signed(trapFrame.vector), frame.signed(trapFrame.error)]).toEqual([outcome.vector, outcome.error]);
    if (outcome.cr2 !== undefined) expect(machine.readControl('cr2')).toBe(outcome.cr2);
  });
});

test('what a kernel puts right is right again, and another IDT counts at once', () => {
  const { machine, kernel, cpu } = createScriptedPc();
  cpu.act = () => ({ kind: 'software', vector: 0x80, instructionBytes: 2 });
  const rights = kernel.idt + 0x80 * GATE_BYTES + 5;
  for (const [value, vector] of [
    [0xee, 0x80],
    [0x8e, 13],
    [0xee, 0x80],
    [0x6e, 11],
    [0xee, 0x80],
  ] as const) {
    kernel.view.setUint8(rights, value);
    expect(machine.run(kernel.frame.address)).toBe(vector);
    kernel.load([]);
  }
  machine.lidt(kernel.virtual(kernel.idt), 0x80 * GATE_BYTES - 1);
  expect(machine.run(kernel.frame.address)).toBe(13);
});
