const PAGE = 4096n;

/** Bytes by virtual address, in pages that are there or not. */
export interface ReferenceMemory {
  /** Makes the pages of a range be there; those that are stay as they are but for the right. */
  map(address: bigint, byteLength: number, isWritable: boolean): void;
  /** The error code of the page fault that ring 3 gets at a byte, or `null`: bit 0 present, 1 write, 2 user. */
  pageFault(address: bigint, isWrite: boolean): number | null;
  readByte(address: bigint): number;
  writeByte(address: bigint, value: number): void;
  /** Every page that is there: its address and its bytes. */
  pages(): ReadonlyMap<bigint, Uint8Array>;
}

/** Memory in which nothing is mapped yet. */
export function createReferenceMemory(): ReferenceMemory {
  const pages = new Map<bigint, { readonly bytes: Uint8Array; isWritable: boolean }>();
  const pageOf = (address: bigint): bigint => address - (address % PAGE);
  const byteOf = (address: bigint): number => Number(address % PAGE);
  const there = (address: bigint): Uint8Array => {
    const page = pages.get(pageOf(address));
    if (page === undefined) throw new Error(`nothing at ${address.toString(16)}`);
    return page.bytes;
  };
  return {
    map: (address, byteLength, isWritable) => {
      for (let at = pageOf(address); at < address + BigInt(byteLength); at += PAGE) {
        const page = pages.get(at);
        if (page === undefined) pages.set(at, { bytes: new Uint8Array(Number(PAGE)), isWritable });
        else page.isWritable = isWritable;
      }
    },
    pageFault: (address, isWrite) => {
      const page = pages.get(pageOf(address));
      if (page === undefined) return isWrite ? 6 : 4;
      return isWrite && !page.isWritable ? 7 : null;
    },
    readByte: (address) => there(address)[byteOf(address)] as number,
    writeByte: (address, value) => {
      there(address)[byteOf(address)] = value;
    },
    pages: () => new Map([...pages].map(([address, page]) => [address, page.bytes])),
  };
}
