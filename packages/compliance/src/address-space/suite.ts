import type { Case } from '../case.js';
import { equal } from '../check.js';
import { auditAddressSpace } from './audit.js';
import { addCopyCases } from './copy-cases.js';
import { addFaultCases } from './fault-cases.js';
import type { AddressSpaceDrive, AddressSpaceFixture, AddressSpaceSetup } from './fixture.js';
import { addBreakCases, addMappingCases, addUnmappingCases } from './mapping-cases.js';

/**
 * What any `AddressSpace` must do. After each case everything is audited (see `auditAddressSpace`), and destroyed: no
 * frame may be left out.
 *
 * @example
 * ```ts
 * const cases = addressSpaceSuite((frameCount) => {
 *   const memory = createRam({ byteLength: (frameCount + 1) * 4096 });
 *   memory.mem(0, (frameCount + 1) * 4096).fill(0xa5);
 *   const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
 *   const tlb = createStrictTlb(memory);
 *   return { memory, frames, tlb, space: createAddressSpace({ memory, frames, tlb }) };
 * });
 * for (const c of cases) test(c.name, c.run);
 * ```
 */
export function addressSpaceSuite(setup: AddressSpaceSetup): Case[] {
  const cases: Case[] = [];
  const add = (clause: string, name: string, body: (drive: AddressSpaceDrive) => void, frameCount = 200): void => {
    const run = (): void => {
      const fixture = setup(frameCount);
      fixture.tlb.load(fixture.space.root);
      body({ ...fixture, touch: toucher(fixture) });
      auditAddressSpace(fixture);
      fixture.space.destroy();
      const { usedFrames, reservedFrames } = fixture.frames.stats();
      equal(usedFrames, 0, 'frames out after destroy');
      equal(reservedFrames, 0, 'frames reserved after destroy');
    };
    cases.push({ name, clause, needs: [], run });
  };
  addMappingCases(add);
  addUnmappingCases(add);
  addBreakCases(add);
  addFaultCases(add);
  addCopyCases(add);
  return cases;
}

function toucher({ tlb, space }: AddressSpaceFixture): AddressSpaceDrive['touch'] {
  return (address, access = {}) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const result = tlb.access(address, { ...access, user: true });
      if (result.leaf !== null) return result.physical;
      const refusal = space.resolveFault(address, result.errorCode);
      if (refusal !== null) return refusal;
    }
    return 'resolved without end';
  };
}
