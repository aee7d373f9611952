import { expect, test } from 'vitest';
import { createSimulatedPc } from '../src/index.js';
import { createMiniKernel } from './reference/mini-kernel.js';

const entropy = { fill: (bytes: Uint8Array) => void bytes.fill(7) };

test('a program enters the kernel by an exception', () => {
  const machine = createSimulatedPc({ time: { mode: 'virtual' }, entropy, memoryBytes: 4 << 20 });
  const kernel = createMiniKernel(machine);
  kernel.load([0x0f, 0x0b]);
  expect(machine.run(kernel.frame.address)).toBe(6);
});
