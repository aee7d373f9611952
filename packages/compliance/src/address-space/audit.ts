import { check, equal } from '../check.js';
import { walkTree } from '../page-tables/independent-walker.js';
import type { AddressSpaceFixture } from './fixture.js';

/**
 * Everything that must hold of an address space between any two calls, read from the bytes of memory: regions in order
 * and made one, each leaf inside a region and granting no more, references equal to a recount, statistics true, nothing
 * stale in the TLB.
 *
 * @throws ComplianceError where something does not hold
 * @example
 * ```ts
 * space.munmap(address, 4096);
 * auditAddressSpace({ memory, frames, tlb, space });
 * ```
 */
export function auditAddressSpace({ memory, frames, tlb, space }: AddressSpaceFixture): void {
  equal(tlb.stale().join(', '), '', 'what the TLB believes and should not');
  const tree = walkTree(memory, space.root, 'user');
  equal(tree.broken.join(', '), '', 'broken entries');
  const regions = space.regions();
  let mappedBytes = 0;
  for (const [index, region] of regions.entries()) {
    check(region.byteLength > 0 && region.byteLength % 4096 === 0, `the region at ${region.address} is no pages`);
    mappedBytes += region.byteLength;
    const before = regions[index - 1];
    if (before === undefined) continue;
    const beforeEnd = before.address + before.byteLength;
    check(beforeEnd <= region.address, `the regions at ${before.address} and ${region.address} overlap`);
    const isAlike = before.kind === region.kind && before.protection === region.protection;
    check(beforeEnd < region.address || !isAlike, `two regions alike meet at ${region.address}`);
  }

  const counts = new Map<number, number>();
  for (const frame of [...tree.tables, ...tree.leaves.map(({ physical }) => physical)]) {
    counts.set(frame, (counts.get(frame) ?? 0) + 1);
  }
  for (const [frame, references] of counts) equal(frames.references(frame), references, `references of frame ${frame}`);
  for (const { address, pageBytes, isUser, isWritable, isExecutable } of tree.leaves) {
    const region = regions.find((each) => address >= each.address && address < each.address + each.byteLength);
    check(region !== undefined, `a leaf at ${address}, outside every region`);
    equal(pageBytes, 4096, `bytes of the page at ${address}`);
    check(!isUser || region.protection !== 0, `the page at ${address} is granted`);
    check(!isUser || !isWritable || (region.protection & 2) !== 0, `the page at ${address} may be written`);
    check(!isUser || !isExecutable || (region.protection & 4) !== 0, `the page at ${address} may be executed`);
  }

  const stats = space.stats();
  equal(stats.mappedBytes, mappedBytes, 'mappedBytes');
  equal(stats.residentBytes, tree.leaves.length * 4096, 'residentBytes');
  equal(stats.tableBytes, tree.tables.length * 4096, 'tableBytes');
  check(stats.committedBytes >= stats.residentBytes, 'what is resident is charged');
  const { usedFrames, references, reservedFrames } = frames.stats();
  equal(usedFrames, counts.size, 'frames out: those of leaves and tables');
  equal(references, tree.leaves.length + tree.tables.length, 'the sum of references');
  check(
    reservedFrames * 4096 >= stats.committedBytes - stats.residentBytes,
    'what is charged and not resident is reserved',
  );
}
