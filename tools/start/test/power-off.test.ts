import { expect, test } from 'vitest';
import { createWorld } from './world.js';

/** Configuration mechanism 1 (PCI 3.0, 3.2.2.3.2): device 1 of bus 0 is the card, its command at 4. */
const CARD_COMMAND = 0x8000_0804;
const BUS_MASTER = 1 << 2;

test('when init has ended the card has lost its way to memory: the packets are others’', () => {
  const { machine, run, kernel } = createWorld({ program: 'hello' });
  const isBusMaster = (): boolean => {
    machine.writePort(0xcf8, 4, CARD_COMMAND);
    return (machine.readPort(0xcfc, 2) & BUS_MASTER) !== 0;
  };
  expect(isBusMaster()).toBe(true);
  expect(run({ limitMs: 3000 })).toBe('off');
  expect(kernel.exitStatus).toBe(0);
  expect(isBusMaster()).toBe(false);
});
