import { toyTransportSetup, transportSuite } from '@synos/compliance';
import { createUdp } from '@synos/udp';
import { describe, test } from 'vitest';

describe('TransportProtocol suite over a toy network with 128-bit addresses', () => {
  for (const c of transportSuite(toyTransportSetup('datagram', createUdp()))) {
    test(`${c.clause}: ${c.name}`, () => c.run());
  }
});
