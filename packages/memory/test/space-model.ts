/** A page as a program sees it. */
export interface ModelPage {
  protection: number;
  kind: 'anonymous' | 'heap';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An address space as a table of pages, by page number: slow, and with nothing to go wrong. */
export class SpaceModel {
  readonly pages = new Map<number, ModelPage>();
  heapEnd = 0;
  readonly bottom: number;
  readonly top: number;

  /** Where mappings without a hint go: pages from `bottom` on and below `top`. */
  constructor(bottom: number, top: number) {
    this.bottom = bottom;
    this.top = top;
  }

  isFree(first: number, count: number): boolean {
    for (let page = first; page < first + count; page += 1) if (this.pages.has(page)) return false;
    return true;
  }

  mappedIn(first: number, count: number): number {
    let mapped = 0;
    for (let page = first; page < first + count; page += 1) if (this.pages.has(page)) mapped += 1;
    return mapped;
  }

  /** Where so many pages go that have no place of their own. */
  place(count: number): number {
    for (let first = this.top - count; first >= this.bottom; first -= 1) if (this.isFree(first, count)) return first;
    for (let first = this.top; ; first += 1) if (this.isFree(first, count)) return first;
  }

  map(first: number, count: number, protection: number, kind: ModelPage['kind'] = 'anonymous'): void {
    for (let page = first; page < first + count; page += 1) {
      this.pages.set(page, { protection, kind, bytes: new Uint8Array(4096) });
    }
  }

  unmap(first: number, count: number): void {
    for (let page = first; page < first + count; page += 1) this.pages.delete(page);
  }

  /** Answers whether it came to the end. */
  protect(first: number, count: number, protection: number): boolean {
    for (let number = first; number < first + count; number += 1) {
      const page = this.pages.get(number);
      if (page === undefined) return false;
      page.protection = protection;
    }
    return true;
  }

  /** Whether a program may do something at an address. */
  allows(address: number, access: 'read' | 'write' | 'fetch'): boolean {
    const page = this.pages.get(Math.floor(address / 4096));
    const needed = { read: 7, write: 2, fetch: 4 }[access];
    return page !== undefined && (page.protection & needed) !== 0;
  }

  /** The bytes from an address on that may be reached so, at most so many. */
  reach(address: number, byteLength: number, access: 'read' | 'write'): number {
    let done = 0;
    while (done < byteLength && this.allows(address + done, access)) done += 1;
    return done;
  }

  byte(address: number): number {
    return this.pages.get(Math.floor(address / 4096))?.bytes[address % 4096] as number;
  }

  setByte(address: number, value: number): void {
    const page = this.pages.get(Math.floor(address / 4096));
    if (page !== undefined) page.bytes[address % 4096] = value;
  }
}
