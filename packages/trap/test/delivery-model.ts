/**
 * Delivery in 64-bit mode once more, for tests: written from SDM vol. 2 (INT n) and vol. 3 (interrupt 8) as a list of
 * rules over 64-bit words, the first that applies decides. Shares nothing with the package.
 */

export interface World {
  idtBase: bigint;
  idtLimit: bigint;
  gdtBase: bigint;
  gdtLimit: bigint;
  tssBase: bigint;
  tssLimit: bigint;
  tssSelector: bigint;
  /** Two words for each vector. */
  idt: bigint[];
  gdt: bigint[];
  /** RSP0 to RSP2, nothing, IST1 to IST7: as they follow one another in a TSS from byte 4 on. */
  stacks: bigint[];
  /** Pages (addresses above bit 12) that are not there. */
  absent: Set<bigint>;
  /** Addresses of words that cannot be stored. */
  readOnly: Set<bigint>;
}

export interface Registers {
  cs: bigint;
  ss: bigint;
  rip: bigint;
  rsp: bigint;
  rflags: bigint;
}

export interface Happening {
  source: 'software' | 'hardware' | 'exception';
  vector: bigint;
  code: bigint | null;
  length: bigint;
}

interface Trial {
  w: World;
  r: Registers;
  h: Happening;
  ext: bigint;
  cpl: bigint;
  /** The gate's address, its words, and fields. */
  gateAt: bigint;
  gate: bigint;
  selector: bigint;
  target: bigint;
  /** The code segment. */
  codeAt: bigint;
  code: bigint;
  /** What the frame goes to. */
  ring: bigint;
  slot: bigint | null;
  slotAt: bigint;
  top: bigint;
}

type Fault = { vector: bigint; code: bigint; address: bigint | null };
type Rule = readonly [when: (t: Trial) => boolean, fault: (t: Trial) => Fault];

const all = (1n << 64n) - 1n;
const field = (word: bigint, from: number, count: number): bigint =>
  (word >> BigInt(from)) & ((1n << BigInt(count)) - 1n);
/** Sixty-four bits are canonical where the top seventeen are alike. */
const strange = (address: bigint): boolean => {
  const top = (address & all) >> 47n;
  return top !== 0n && top !== 0x1_ffffn;
};
const page = (address: bigint): bigint => (address & all) >> 12n;

const byGate = (vector: bigint, t: Trial): Fault => ({ vector, code: t.h.vector * 8n + 2n + t.ext, address: null });
const bySelector = (vector: bigint, selector: bigint, t: Trial): Fault => ({
  vector,
  code: (selector / 4n) * 4n + t.ext,
  address: null,
});
const absent = (address: bigint, code: bigint): Fault => ({ vector: 14n, code, address: address & all });
/** A read of the CPU's own faults at its first byte, or at the first one of the second page. */
const missing = (w: World, address: bigint, bytes: bigint): bigint | null => {
  if (w.absent.has(page(address))) return address;
  const last = address + bytes - 1n;
  return w.absent.has(page(last)) ? (last >> 12n) << 12n : null;
};

const rules: readonly Rule[] = [
  // The gate.
  [(t) => t.h.vector * 16n + 15n > t.w.idtLimit, (t) => byGate(13n, t)],
  [(t) => strange(t.gateAt) || strange(t.gateAt + 15n), (t) => byGate(13n, t)],
  [(t) => missing(t.w, t.gateAt, 16n) !== null, (t) => absent(missing(t.w, t.gateAt, 16n)!, 0n)],
  [(t) => field(t.gate, 41, 4) !== 7n, (t) => byGate(13n, t)],
  [(t) => t.h.source === 'software' && t.cpl > field(t.gate, 45, 2), (t) => byGate(13n, t)],
  [(t) => field(t.gate, 47, 1) === 0n, (t) => byGate(11n, t)],
  // The code segment.
  [(t) => t.selector < 4n, (t) => bySelector(13n, 0n, t)],
  [(t) => field(t.selector, 2, 1) === 1n, (t) => bySelector(13n, t.selector, t)],
  [(t) => (t.selector | 7n) > t.w.gdtLimit, (t) => bySelector(13n, t.selector, t)],
  [(t) => strange(t.codeAt) || strange(t.codeAt + 7n), (t) => bySelector(13n, t.selector, t)],
  [(t) => missing(t.w, t.codeAt, 8n) !== null, (t) => absent(missing(t.w, t.codeAt, 8n)!, 0n)],
  [(t) => field(t.code, 43, 2) !== 3n, (t) => bySelector(13n, t.selector, t)],
  [(t) => field(t.code, 45, 2) > t.cpl, (t) => bySelector(13n, t.selector, t)],
  [(t) => field(t.code, 53, 2) !== 1n, (t) => bySelector(13n, t.selector, t)],
  [(t) => field(t.code, 47, 1) === 0n, (t) => bySelector(11n, t.selector, t)],
  // The stack.
  [(t) => t.slot !== null && 4n + 8n * t.slot + 7n > t.w.tssLimit, (t) => bySelector(10n, t.w.tssSelector, t)],
  [(t) => t.slot !== null && (strange(t.slotAt) || strange(t.slotAt + 7n)), (t) => bySelector(10n, t.w.tssSelector, t)],
  [(t) => t.slot !== null && missing(t.w, t.slotAt, 8n) !== null, (t) => absent(missing(t.w, t.slotAt, 8n)!, 0n)],
  [(t) => strange(t.top), (t) => bySelector(12n, 0n, t)],
  [(t) => strange(t.target), (t) => bySelector(13n, 0n, t)],
];

/** Everything that the rules look at; where an earlier rule applies, the later fields are of no use. */
function prepare(w: World, r: Registers, h: Happening): Trial {
  const cpl = r.cs & 3n;
  const [first, second] = [w.idt[Number(h.vector) * 2] ?? 0n, w.idt[Number(h.vector) * 2 + 1] ?? 0n];
  const selector = field(first, 16, 16);
  const code = w.gdt[Number(selector >> 3n)] ?? 0n;
  const ring = field(code, 42, 1) === 1n ? cpl : field(code, 45, 2);
  const ist = field(first, 32, 3);
  const slot = ist > 0n ? ist + 3n : ring === cpl ? null : ring;
  return {
    w,
    r,
    h,
    ext: h.source === 'software' ? 0n : 1n,
    cpl,
    gateAt: w.idtBase + 16n * h.vector,
    gate: first,
    selector,
    target: field(first, 0, 16) | (field(first, 48, 16) << 16n) | (field(second, 0, 32) << 32n),
    codeAt: w.gdtBase + (selector >> 3n) * 8n,
    code,
    ring,
    slot,
    slotAt: slot === null ? 0n : w.tssBase + 4n + 8n * slot,
    top: slot === null ? r.rsp : (w.stacks[Number(slot)] ?? 0n),
  };
}

/** SDM vol. 3, 17.3.1.1: faults of the CPU but #DB save RF set, INT n clear. Table 6-1 says which ones are faults. */
const faultVectors = new Set([0n, 5n, 6n, 7n, 9n, 10n, 11n, 12n, 13n, 14n, 16n, 17n, 19n, 20n, 21n]);
const RF = 0x1_0000n;

function attempt(w: World, r: Registers, h: Happening, stores: string[]): Fault | Registers {
  const t = prepare(w, r, h);
  for (const [when, fault] of rules) if (when(t)) return fault(t);
  let saved = r.rflags;
  if (h.source === 'software') saved &= ~RF;
  if (h.source === 'exception' && faultVectors.has(h.vector)) saved |= RF;
  const words = [r.ss, r.rsp, saved, r.cs, (r.rip + (h.source === 'software' ? h.length : 0n)) & all];
  if (h.source === 'exception' && h.code !== null) words.push(h.code);
  let rsp = t.top & ~15n;
  for (const word of words) {
    rsp = (rsp - 8n) & all;
    if (strange(rsp)) return bySelector(12n, 0n, t);
    const user = t.ring === 3n ? 4n : 0n;
    if (w.absent.has(page(rsp))) return absent(rsp, 2n + user);
    if (w.readOnly.has(rsp)) return absent(rsp, 3n + user);
    stores.push(`${rsp.toString(16)}=${word.toString(16)}`);
  }
  const off = 0x100n | 0x4000n | RF | 0x2_0000n | (field(t.gate, 40, 1) === 0n ? 0x200n : 0n);
  return {
    cs: t.selector - (t.selector % 4n) + t.ring,
    ss: t.ring === t.cpl ? r.ss : t.ring,
    rip: t.target,
    rsp,
    rflags: r.rflags & ~off,
  };
}

/** SDM vol. 3, table 6-4. What is not named is benign. */
const classes: Record<string, readonly bigint[]> = {
  contributory: [0n, 10n, 11n, 12n, 13n, 21n],
  page: [14n, 20n],
  double: [8n],
};
/** SDM vol. 3, table 6-5, with what the text below it says of double faults: rows are the first event. */
const matrix: Record<string, Record<string, 'serial' | 'double' | 'shutdown'>> = {
  benign: { contributory: 'serial', page: 'serial' },
  contributory: { contributory: 'double', page: 'serial' },
  page: { contributory: 'double', page: 'double' },
  double: { contributory: 'shutdown', page: 'shutdown' },
};

export function classOf(vector: bigint): string {
  return Object.keys(classes).find((name) => classes[name]?.includes(vector)) ?? 'benign';
}

/** The outcome as one line. */
export function model(w: World, r: Registers, happening: Happening): string {
  const stores: string[] = [];
  const faults: Fault[] = [];
  let h = happening;
  let row = h.source === 'exception' ? classOf(h.vector) : 'benign';
  let end = 'shutdown';
  for (let round = 0; round < 10; round++) {
    const result = attempt(w, r, h, stores);
    if (!('address' in result)) {
      const { cs, ss, rip, rsp, rflags } = result;
      end = `${h.vector} ${[cs, ss, rip, rsp, rflags].map((value) => value.toString(16)).join(' ')}`;
      break;
    }
    faults.push(result);
    const column = classOf(result.vector);
    const both = matrix[row]?.[column];
    if (both === 'shutdown') break;
    h = { source: 'exception', vector: result.vector, code: result.code, length: 0n };
    row = column;
    if (both === 'double') {
      h = { source: 'exception', vector: 8n, code: 0n, length: 0n };
      row = 'double';
    }
  }
  const last = faults.filter((fault) => fault.address !== null).at(-1);
  const listed = faults.map((f) => `${f.vector}(${f.code.toString(16)})${f.address?.toString(16) ?? ''}`);
  return `${end} | cr2 ${last?.address?.toString(16) ?? '-'} | ${stores.join(' ')} | ${listed.join(' ')}`;
}
