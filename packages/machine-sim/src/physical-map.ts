import {
  assert,
  type BootModule,
  FRAME_BYTES,
  type MemoryRange,
  type PhysicalAddress,
  SYSCALL_VECTOR,
  USER_END,
  type VirtualAddress,
} from '@synos/interfaces';
import { vectorInfo } from '@synos/trap';

/** Where the kernel half maps physical address 0: what `createKernelHalf` of `@synos/memory` does unless told. */
export const DIRECT_MAP_BASE: VirtualAddress = -USER_END;

/** Entry code for one vector. */
export const STUB_BYTES = 16;
const STUBS = SYSCALL_VECTOR + 1;

/** What the firmware of a PC keeps below 1 MB: its data, video memory, its own code. */
const LOW_END = 0x9_fc00;
const HIGH_START = 0x10_0000;
const STUB_AREA_BYTES = 2 * FRAME_BYTES;
/** A root and one table below it, which maps 1 GB. */
const BOOT_TABLE_BYTES = 2 * FRAME_BYTES;

/** What lies where in the memory of a machine. */
export interface PhysicalMap {
  readonly ram: ArrayBuffer;
  readonly memoryMap: readonly MemoryRange[];
  readonly bootModules: readonly BootModule[];
  /** The entry code of vector 0. */
  readonly stubs: PhysicalAddress;
  /** What CR3 holds at first: tables that map all memory at {@link DIRECT_MAP_BASE}. */
  readonly bootRoot: PhysicalAddress;
}

/** Lays out memory as a boot loader leaves it. */
export function createPhysicalMap(
  memoryBytes: number,
  modules: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): PhysicalMap {
  assert(
    Number.isInteger(memoryBytes) &&
      memoryBytes % FRAME_BYTES === 0 &&
      memoryBytes >= 2 ** 21 &&
      memoryBytes <= 2 ** 30,
    `memoryBytes is 2 MB to 1 GB, a multiple of ${FRAME_BYTES}, not ${memoryBytes}`,
  );
  const ram = new ArrayBuffer(memoryBytes);
  const bytes = new Uint8Array(ram);
  const machineEnd = HIGH_START + STUB_AREA_BYTES + BOOT_TABLE_BYTES;

  let end = memoryBytes;
  const bootModules = modules.map((module): BootModule => {
    end -= Math.ceil(module.bytes.length / FRAME_BYTES) * FRAME_BYTES;
    const isRoom = end >= machineEnd + FRAME_BYTES;
    assert(isRoom, `boot modules do not fit into ${memoryBytes} bytes of memory: ${module.name}`);
    bytes.set(module.bytes, end);
    return { name: module.name, address: end, byteLength: module.bytes.length };
  });

  writeStubs(bytes, HIGH_START);
  const bootRoot = HIGH_START + STUB_AREA_BYTES;
  writeBootTables(new DataView(ram), bootRoot);
  const memoryMap: MemoryRange[] = [
    { address: 0, byteLength: LOW_END, kind: 'usable' },
    { address: LOW_END, byteLength: machineEnd - LOW_END, kind: 'reserved' },
    { address: machineEnd, byteLength: end - machineEnd, kind: 'usable' },
  ];
  if (end < memoryBytes) memoryMap.push({ address: end, byteLength: memoryBytes - end, kind: 'reserved' });
  return { ram, memoryMap, bootModules, stubs: HIGH_START, bootRoot };
}

/**
 * Entry code as it would be: an error code of 0 where the CPU pushes none, the vector, and a jump to what saves the
 * registers. It is never executed; the machine does what it says.
 */
function writeStubs(bytes: Uint8Array, at: number): void {
  const common = at + STUBS * STUB_BYTES;
  const view = new DataView(bytes.buffer);
  for (let vector = 0; vector < STUBS; vector++) {
    let here = at + vector * STUB_BYTES;
    bytes.fill(0xcc, here, here + STUB_BYTES);
    if (!vectorInfo(vector).hasErrorCode) {
      bytes.set([0x6a, 0x00], here);
      here += 2;
    }
    bytes[here] = 0x68;
    view.setUint32(here + 1, vector, true);
    bytes[here + 5] = 0xe9;
    view.setInt32(here + 6, common - (here + 10), true);
  }
  const pushes = [0x50, 0x51, 0x52, 0x53, 0x55, 0x56, 0x57];
  for (let register = 0; register < 8; register++) pushes.push(0x41, 0x50 + register);
  bytes.set([...pushes, 0x0f, 0x0b], common);
}

/** Present, writable, accessed, dirty; and PS for a page of 1 GB (SDM vol. 3, table 4-16). */
const TABLE_ENTRY = 0x23;
const PAGE_ENTRY = 0xe3;

function writeBootTables(view: DataView, root: PhysicalAddress): void {
  // Entry 256 of the root is where the kernel half begins.
  view.setUint32(root + 256 * 8, (root + FRAME_BYTES) | TABLE_ENTRY, true);
  view.setUint32(root + FRAME_BYTES, PAGE_ENTRY, true);
}
