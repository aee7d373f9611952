import { transportSuite } from '@synos/compliance';
import { createTcp } from '@synos/tcp';
import { createUdp } from '@synos/udp';
import { describe, test } from 'vitest';
import { ipv4TransportSetup } from './ipv4-transport-setup.js';

describe('tcp over IPv4 and Ethernet', () => {
  for (const one of transportSuite(ipv4TransportSetup('stream', createTcp())))
    test(`${one.name} (${one.clause})`, one.run);
});

describe('udp over IPv4 and Ethernet', () => {
  for (const one of transportSuite(ipv4TransportSetup('datagram', createUdp()))) {
    test(`${one.name} (${one.clause})`, one.run);
  }
});
