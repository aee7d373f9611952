import { chunkBytes } from '../harness/content.js';
import { check, HonestyError } from '../harness/honesty.js';
import { OurBulk } from './bulk.js';
import { CorruptingDevice } from './corrupting-device.js';
import { cabledHosts, type Hosts, type HostsOptions, loopbackHosts } from './hosts.js';

// A row checks when it has measured. Before, the engine would have seen a second class of device at every call of one, and
// would compile slower calls for all that is measured: a seventh of a round trip.

const totalBytes = 16 * chunkBytes;

function corrupted(make: (options: HostsOptions) => Hosts): { hosts: Hosts; device: CorruptingDevice } {
  let device: CorruptingDevice | null = null;
  const hosts = make({
    decorate: (inner) => {
      device = new CorruptingDevice(inner);
      return device;
    },
  });
  return { hosts, device: device as unknown as CorruptingDevice };
}

/**
 * On the very cable that is measured, one flipped bit in a segment's payload costs exactly one segment, dropped for its
 * checksum and sent again, and one flipped bit in an IPv4 header one packet: nobody skips the sums.
 */
export function checkCableIsSummed(): string {
  const { hosts, device } = corrupted(cabledHosts);
  const bulk = new OurBulk(hosts);
  const dropped = (name: string, fromEnd: number): void => {
    const before = hosts.server.counters()[name] ?? 0;
    device.passes = 20;
    device.fromEnd = fromEnd;
    bulk.transfer(totalBytes);
    check(device.passes < 0, 'corruption: no frame was hit');
    const drops = (hosts.server.counters()[name] ?? 0) - before;
    check(drops === 1, `corruption: a frame with a flipped bit made ${name} ${drops} instead of 1`);
  };
  dropped('tcp.dropChecksum', 100);
  // The time to live of a full frame: 14 + 8 bytes from its beginning, 1,514 bytes long.
  dropped('ip.ipv4BadChecksum', 1514 - 22);
  const retransmits = hosts.client.counters()['tcp.retransmits'] ?? 0;
  check(retransmits >= 2, 'corruption: what was dropped was not sent again');
  bulk.close();
  return 'one bit flipped in a payload and one in an IPv4 header: one drop each (bad checksum), sent again, bytes right';
}

/** Over loopback nobody sums, as on Linux: there the hash must see a flipped bit, or it would be worth nothing. */
export function checkHashSees(): string {
  const { hosts, device } = corrupted(loopbackHosts);
  const bulk = new OurBulk(hosts);
  bulk.transfer(totalBytes);
  device.passes = 3;
  let seen = false;
  try {
    bulk.transfer(totalBytes);
  } catch (error) {
    if (!(error instanceof HonestyError)) throw error;
    seen = true;
  }
  check(device.passes < 0, 'corruption: no frame was hit');
  check(seen, 'corruption: the hash did not see a flipped bit');
  bulk.close();
  return 'one flipped bit (loopback vouches for its frames, as in Linux) was seen by the hash';
}
