import { addressSpaceSuite } from '@synos/compliance';
import { describe, test } from 'vitest';
import { createSpaceRig } from './space-rig.js';

describe('AddressSpace suite', () => {
  for (const c of addressSpaceSuite((frameCount) => createSpaceRig(frameCount))) {
    test(`${c.clause}: ${c.name}`, () => c.run());
  }
});
