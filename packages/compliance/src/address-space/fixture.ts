import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '@synos/abi';
import type { AddressSpace, FrameAllocator, PhysicalMemory } from '@synos/interfaces';
import type { IndependentAccess } from '../page-tables/independent-walker.js';
import type { StrictTlb } from '../page-tables/strict-tlb.js';

/** An address space without regions, alone on a machine of its own. */
export interface AddressSpaceFixture {
  readonly memory: PhysicalMemory;
  /** Nobody else takes frames from it. */
  readonly frames: FrameAllocator;
  /** `createStrictTlb(memory)`, which the address space was made with. */
  readonly tlb: StrictTlb;
  readonly space: AddressSpace;
}

/** Makes an address space on a machine with about so many frames, filled with anything but zero. */
export type AddressSpaceSetup = (frameCount: number) => AddressSpaceFixture;

/** What a case does with a fixture. */
export interface AddressSpaceDrive extends AddressSpaceFixture {
  /** An access of the program whose page faults are resolved. Where the byte lies, or why it is refused. */
  touch(address: number, access?: IndependentAccess): number | string;
}

/** How cases are added. */
export type AddSpaceCase = (
  clause: string,
  name: string,
  body: (drive: AddressSpaceDrive) => void,
  frameCount?: number,
) => void;

/** `PROT_READ | PROT_WRITE`. */
export const READ_WRITE = PROT_READ | PROT_WRITE;
/** `MAP_PRIVATE | MAP_ANONYMOUS`. */
export const PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS;
export const PAGE = 4096;
/** An address that nothing else wants. */
export const PLACE = 0x4000_0000;
