// The same calls and accesses on the Linux underneath: answers, errors, regions and the reason of a fault must agree.
import { createSeededRandom } from '@synos/compliance';
import type { AddressSpace } from '@synos/interfaces';
import { expect, test } from 'vitest';
import { askLinux, linuxMissing, WINDOW, WINDOW_PAGES } from './linux-mman.js';
import { createSpaceRig, type SpaceRig } from './space-rig.js';

const missing = linuxMissing();
if (missing !== undefined) console.warn(`memory: mmap is not compared with Linux: ${missing}`);

const PAGE = 4096;
const MARGIN = 8 * PAGE;
const PRIVATE_ANONYMOUS = 0x22;
const FIXED = 0x10;
const FIXED_NOREPLACE = 0x10_0000;
const GROWS_DOWN = 0x100_0000;

interface Call {
  readonly what: 'reset' | 'mmap' | 'munmap' | 'mprotect' | 'read' | 'write';
  readonly values: readonly number[];
}

/** Seeded calls in and about the window, most of them sensible. None may reach what else lives in a process. */
function calls(seed: number, count: number): Call[] {
  const random = createSeededRandom(seed);
  const below = (end: number): number => random.nextUint32() % end;
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const place = (): number => WINDOW + (below(WINDOW_PAGES + 4) - 2) * PAGE + (below(12) === 0 ? below(PAGE) : 0);
  const length = (strange: readonly number[]): number => {
    if (below(10) === 0) return oneOf(strange);
    return (1 + below(oneOf([3, 12, 40]))) * PAGE - (below(4) === 0 ? below(PAGE) : 0);
  };
  // Bounded so that nothing maps over the margin.
  const fit = (address: number, byteLength: number): number =>
    byteLength > 2 ** 40 ? byteLength : Math.min(byteLength, WINDOW + (WINDOW_PAGES + 6) * PAGE - address);
  const call = (): Call => {
    const address = place();
    switch (below(8)) {
      case 0:
      case 1:
      case 2: {
        const flags = PRIVATE_ANONYMOUS | oneOf([0, FIXED, FIXED, FIXED_NOREPLACE]);
        // Fixed at 0 depends on who asks, root may; and Linux takes a fixed address from -4095 to -1 for an errno.
        const hint =
          below(25) === 0
            ? oneOf([...(flags === PRIVATE_ANONYMOUS ? [0, 1, -1] : []), -PAGE, -PAGE - 1, 2 ** 57, 2 ** 57 + 2048])
            : address;
        const byteLength = fit(address, length([0, -1, -PAGE, -PAGE - 1, 2 ** 57, -(2 ** 63)]));
        return { what: 'mmap', values: [hint, byteLength, below(8), below(40) === 0 ? 0x20 : flags] };
      }
      case 3:
        return { what: 'munmap', values: [address, fit(address, length([0, -1, -PAGE, 2 ** 57, -(2 ** 63)])), 0, 0] };
      case 4:
      case 5: {
        const protection =
          below(12) === 0
            ? oneOf([8, 11, 16, 0x100, -1, 0x100_0001, 0x200_0003, 0x300_0000, 0x100_0010, 2 ** 32])
            : below(8);
        // PROT_GROWSDOWN asks about the next mapping as far as the length goes: not one beyond the window.
        const strange = (protection & GROWS_DOWN) !== 0 ? [0] : [0, -1, -PAGE, 2 ** 57, -(2 ** 63)];
        return { what: 'mprotect', values: [address, fit(address, length(strange)), protection, 0] };
      }
      default:
        return { what: oneOf(['read', 'write'] as const), values: [address, below(256), 0, 0] };
    }
  };
  return [{ what: 'reset', values: [0, 0, 0, 0] }, ...Array.from({ length: count }, call)];
}

/** As Linux's end prints it. */
function layout(space: AddressSpace): string {
  let text = '';
  for (const { address, byteLength, protection } of space.regions()) {
    text += ` ${(address - WINDOW) / PAGE}+${byteLength / PAGE}:${protection}`;
  }
  return text;
}

const SEGV = { unmapped: 1, protection: 2, 'broken-tables': 0 } as const;

function answerOf(rig: SpaceRig, { what, values }: Call): number {
  const { space, memory, tlb } = rig;
  const [a, b, c, d] = values as [number, number, number, number];
  if (what === 'reset') return space.munmap(WINDOW - MARGIN, WINDOW_PAGES * PAGE + 2 * MARGIN);
  if (what === 'munmap') return space.munmap(a, b);
  if (what === 'mprotect') return space.mprotect(a, b, c);
  if (what === 'mmap') {
    const answer = space.mmap(a, b, c, d);
    const isInside = answer >= WINDOW - MARGIN && answer < WINDOW + WINDOW_PAGES * PAGE + MARGIN;
    if (answer < 0 || isInside) return answer;
    expect(space.munmap(answer, b)).toBe(0);
    return 1;
  }
  const access = { user: true, write: what === 'write' };
  for (;;) {
    const result = tlb.access(a, access);
    if (result.leaf !== null) {
      const byte = memory.mem(result.physical, 1);
      if (what === 'read') return byte[0] as number;
      byte[0] = b;
      return 0;
    }
    const refusal = space.resolveFault(a, result.errorCode);
    if (refusal !== null) return -1000 - SEGV[refusal];
  }
}

test.skipIf(missing !== undefined)(
  `mmap(2), munmap(2), mprotect(2) and page faults, as Linux does them${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    const sequences = process.env.SYNOS_LONG ? 400 : 30;
    const all = Array.from({ length: sequences }, (_, seed) => calls(seed + 1, 100)).flat();
    const word = (value: number): string => BigInt.asIntN(64, BigInt(value)).toString();
    const theirs = askLinux(all.map(({ what, values }) => `${what} ${values.map(word).join(' ')}`));
    expect(theirs.length).toBe(all.length);
    const rig = createSpaceRig(300);
    for (const [index, call] of all.entries()) {
      const answer = answerOf(rig, call);
      // With protection keys Linux hides what may only be executed (SEGV_PKUERR): not what this CPU can do.
      if (theirs[index]?.startsWith('-1004')) continue;
      const trail = all
        .slice(Math.max(0, index - 5), index + 1)
        .map(({ what, values }) => `${what} ${values.join(' ')}`);
      expect(`${answer}${layout(rig.space)}`, `call ${index}: ${trail.join('; ')}`).toBe(theirs[index]);
    }
  },
);
