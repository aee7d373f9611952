import { AF_INET, errnoName, POLLIN, SOCK_DGRAM, SOCK_NONBLOCK } from '@synos/abi';
import type { Netstack } from '@synos/netstack';
import type { Socket, WaiterTarget } from '@synos/socket';
import { check } from '../harness/honesty.js';
import { datagramsAtOnce, Message, messageBytes } from '../harness/message.js';
import type { Side } from '../harness/side.js';
import type { Sample } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { CorruptingDevice } from './corrupting-device.js';
import { address, cabledHosts, type Hosts } from './hosts.js';
import { isNow, wakeFor } from './sockets.js';

const port = 5353;
/** Ethernet, IPv4 and UDP. */
const headerBytes = 14 + 20 + 8;

/** Datagrams of 64 bytes one way through the non-blocking socket API, so many under way at most. */
export class OurDatagrams implements Side, WaiterTarget {
  private readonly hosts: Hosts;
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly outgoing = new Message();
  private readonly incoming = new Message(1024);
  private sent = 0;
  private received = 0;
  private last = 0;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
    this.from = openDatagramSocket(hosts.client);
    this.to = openDatagramSocket(hosts.server);
    isNow(this.to.bind({ address: address('0.0.0.0'), port }));
    isNow(this.from.connect({ address: hosts.serverAddress, port }));
    wakeFor(this.to, POLLIN, this);
  }

  async round(amount: number): Promise<Sample> {
    return this.run(amount);
  }

  run(amount: number): Sample {
    const { clientDevice, serverDevice } = this.hosts;
    const frames = clientDevice.counters.txPackets!;
    const bytes = clientDevice.counters.txBytes!;
    const arrived = serverDevice.counters.rxPackets!;
    this.last = this.sent + amount;
    const watch = new Stopwatch();
    this.send();
    this.hosts.pump(() => this.received === this.last);
    const sample = watch.sample(amount);
    // The first round asks for the neighbour's address besides.
    const asked = clientDevice.counters.txPackets! - frames - amount;
    const more = clientDevice.counters.txBytes! - bytes - amount * (messageBytes + headerBytes);
    check(asked >= 0 && asked <= 2 && more <= asked * 60, `ours: ${asked} frames too many for ${amount} datagrams`);
    check(serverDevice.counters.rxPackets! - arrived === amount + asked, 'ours: not every frame arrived');
    return sample;
  }

  woken(): void {
    for (;;) {
      const count = this.to.recv(this.incoming.bytes);
      if (!isNow(count)) break;
      this.received += 1;
      check(count === messageBytes && this.incoming.is(this.received), 'ours: a datagram was not the next one');
    }
    this.send();
  }

  private send(): void {
    while (this.sent < this.last && this.sent - this.received < datagramsAtOnce) {
      this.outgoing.write(this.sent + 1);
      const count = this.from.send(this.outgoing.bytes);
      if (!isNow(count)) return;
      check(count === messageBytes, 'ours: a datagram was cut');
      this.sent += 1;
    }
  }

  close(): void {
    this.hosts.dispose();
  }
}

/** On the very cable that is measured, a datagram with one flipped bit is dropped for its checksum. */
export function checkDatagramsAreSummed(): string {
  const devices: CorruptingDevice[] = [];
  const hosts = cabledHosts({
    decorate: (inner) => {
      devices.push(new CorruptingDevice(inner));
      return devices[0]!;
    },
  });
  const from = openDatagramSocket(hosts.client);
  const to = openDatagramSocket(hosts.server);
  isNow(to.bind({ address: address('0.0.0.0'), port }));
  isNow(from.connect({ address: hosts.serverAddress, port }));
  const bytes = new Uint8Array(400);
  let got = 0;
  const dropped = (): number => hosts.server.counters()['udp.droppedChecksum']!;
  for (const isHit of [false, true, false]) {
    devices[0]!.passes = isHit ? 0 : -1;
    isNow(from.send(bytes));
    hosts.pump(() => (isHit ? dropped() === 1 : (to.poll(POLLIN) & POLLIN) !== 0));
    if (to.recv(bytes) === bytes.length) got += 1;
  }
  const drops = dropped();
  check(got === 2 && drops === 1, `corruption: ${got} of 3 datagrams came, ${drops} dropped for their checksum`);
  hosts.dispose();
  return 'one bit flipped in one of three datagrams: one drop (bad checksum), two arrive';
}

function openDatagramSocket(stack: Netstack): Socket {
  const socket = stack.sockets.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (typeof socket === 'number') check(false, `socket: ${errnoName(-socket)}`);
  return socket as Socket;
}
