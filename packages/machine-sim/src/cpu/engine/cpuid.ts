import { slot } from '../ir.js';

/** The four registers that CPUID answers in. */
export interface CpuidAnswer {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Twelve characters, as programs read them. */
const VENDOR = 'SynOSsimPC86';
/** Forty-eight at most. */
const BRAND = 'SynOS simulated x86-64 CPU';

// Family 6, model 15, stepping 1: the first with this instruction set that was no Pentium 4.
const SIGNATURE = 0x0006_0f1;

/** Leaf 1, EDX (SDM vol. 2, table 3-11): no FPU (0), no MMX, no SSE. */
const features = {
  pse: 1 << 3,
  tsc: 1 << 4,
  msr: 1 << 5,
  pae: 1 << 6,
  cx8: 1 << 8,
  pge: 1 << 13,
  cmov: 1 << 15,
} as const;
/** Leaf 1, ECX (SDM vol. 2, table 3-10). */
const moreFeatures = { cmpxchg16b: 1 << 13, popcnt: 1 << 23 } as const;
/** Leaf 8000_0001 (SDM vol. 2, table 3-8). */
const extended = {
  ecx: { lahf: 1 << 0, lzcnt: 1 << 5 },
  edx: { syscall: 1 << 11, noExecute: 1 << 20, gigabytePages: 1 << 26, longMode: 1 << 29 },
} as const;

const NOTHING: CpuidAnswer = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

function text(characters: string, from: number): number {
  let word = 0;
  for (let index = 0; index < 4; index += 1) {
    const code = from + index < characters.length ? characters.charCodeAt(from + index) : 0;
    word |= code << (index * 8);
  }
  return word;
}

/** What CPUID says: only what this CPU can do. A leaf beyond the last is all zero. */
export function cpuid(leaf: number): CpuidAnswer {
  switch (leaf >>> 0) {
    case 0:
      return { eax: 1, ebx: text(VENDOR, 0), edx: text(VENDOR, 4), ecx: text(VENDOR, 8) };
    case 1: {
      const { pse, tsc, msr, pae, cx8, pge, cmov } = features;
      return {
        eax: SIGNATURE,
        ebx: 0,
        ecx: moreFeatures.cmpxchg16b | moreFeatures.popcnt,
        edx: pse | tsc | msr | pae | cx8 | pge | cmov,
      };
    }
    case 0x8000_0000:
      return { eax: 0x8000_0008 | 0, ebx: 0, ecx: 0, edx: 0 };
    case 0x8000_0001: {
      const { ecx, edx } = extended;
      return {
        eax: 0,
        ebx: 0,
        ecx: ecx.lahf | ecx.lzcnt,
        edx: edx.syscall | edx.noExecute | edx.gigabytePages | edx.longMode,
      };
    }
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const from = ((leaf & 7) - 2) * 16;
      return {
        eax: text(BRAND, from),
        ebx: text(BRAND, from + 4),
        ecx: text(BRAND, from + 8),
        edx: text(BRAND, from + 12),
      };
    }
    case 0x8000_0008:
      // Bits of physical and of linear addresses.
      return { eax: 52 | (48 << 8), ebx: 0, ecx: 0, edx: 0 };
    default:
      return NOTHING;
  }
}

/** The CPUID instruction. */
export function executeCpuid(r: Int32Array): void {
  const { eax, ebx, ecx, edx } = cpuid(r[slot.rax * 2]!);
  for (const [register, value] of [
    [slot.rax, eax],
    [slot.rbx, ebx],
    [slot.rcx, ecx],
    [slot.rdx, edx],
  ] as const) {
    r[register * 2] = value;
    r[register * 2 + 1] = 0;
  }
}
