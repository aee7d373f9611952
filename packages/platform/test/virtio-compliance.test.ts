import { netDeviceSuite, selectCases } from '@synos/compliance';
import { describe, test } from 'vitest';
import { type CardOptions, cardsFixture, everyFeature } from './models/card.js';
import { feature } from './models/model-virtio-net.js';

const without = (...bits: number[]): number[] => everyFeature.filter((bit) => !bits.includes(bit));

const setups: Record<string, CardOptions> = {
  'with every feature': {},
  'with no feature but version 1 and an address': { features: [feature.version1, feature.mac, feature.status] },
  'with an MTU of 9000': { mtu: 9000, largePackets: 16 },
  'without buffers that can be joined': { features: without(feature.mergeable) },
  'with short queues': { queueSize: 16 },
};

for (const [name, options] of Object.entries(setups)) {
  describe(`a card ${name} is a NetDevice`, () => {
    const { cases, leftOut } = selectCases(
      netDeviceSuite(() => cardsFixture(options)),
      [],
    );
    for (const { name: caseName, clause, run } of cases) test(`${clause}: ${caseName}`, run);
    for (const { name: caseName, reason } of leftOut) test(`${caseName} (${reason})`, ({ skip }) => skip(reason));
  });
}
