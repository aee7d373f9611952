import type { PhysicalMemory } from '@synos/interfaces';

/** A page of a program, as four levels of tables have it. */
export interface UserLeaf {
  readonly address: number;
  readonly frame: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  readonly isUserAllTheWay: boolean;
}

const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const LARGE = 128;

interface Way {
  readonly address: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  readonly isUserAllTheWay: boolean;
}

/**
 * Reads the lower half of page tables by the manual alone (SDM vol. 3, 4.5.4): a right is there where every level grants
 * it. A page larger than 4 KB in a program's half is an error: there are none.
 */
export function leavesOf(memory: PhysicalMemory, root: number): UserLeaf[] {
  const first = memory.memoryMap[0];
  const view = new DataView(memory.mem(first?.address ?? 0, 8).buffer);
  const found: UserLeaf[] = [];

  function descend(table: number, level: number, way: Way): void {
    const span = 4096 * 512 ** (level - 1);
    for (let index = 0; index < (level === 4 ? 256 : 512); index++) {
      const low = view.getUint32(table + 8 * index, true);
      if ((low & PRESENT) === 0) continue;
      const high = view.getUint32(table + 8 * index + 4, true);
      const here: Way = {
        address: way.address + span * index,
        isWritable: way.isWritable && (low & WRITE) !== 0,
        isExecutable: way.isExecutable && high >>> 31 === 0,
        isUserAllTheWay: way.isUserAllTheWay && (low & USER) !== 0,
      };
      const frame = ((low & 0xffff_f000) >>> 0) + (high & 0xf_ffff) * 2 ** 32;
      if (level === 1) found.push({ ...here, frame });
      else if ((low & LARGE) !== 0) throw new Error(`a large page at ${here.address}`);
      else descend(frame, level - 1, here);
    }
  }

  descend(root, 4, { address: 0, isWritable: true, isExecutable: true, isUserAllTheWay: true });
  return found;
}
