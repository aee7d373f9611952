/** Blocks begin at multiples of a granule, and their sizes are counted in it. */
export const granuleBytes = 16;
export const granuleShift = 4;
/** In front of each block: a word of size and state, and a word that vouches for it. */
export const headerBytes = 8;
/** What a free block needs to hold: a header, two links and its size. */
export const leastGranules = 2;

/** State, in the low bits of a header's first word; above it is the size in granules. */
export const isTaken = 1;
/** The block before is free, and its size lies right before this header. */
export const isAfterFree = 2;
/** With `isTaken`: freed, but kept apart for the next of its size. */
export const isKept = 4;
export const sizeShift = 3;

/** Odd, so that a product differs when one factor does. */
export const mixer = -0x61c88647;
