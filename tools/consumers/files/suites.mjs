import {
  clockSuite,
  frameAllocatorSuite,
  heapSuite,
  netDeviceSuite,
  tcpStateSuite,
  toyTransportSetup,
  transportSuite,
} from '@synos/compliance';
import { createFrameAllocator } from '@synos/memory';
import { createHeap } from '@synos/memory/heap';
import { createSimulatedLoop } from '@synos/netsim';
import { createCable } from '@synos/nic';
import { createTcp } from '@synos/tcp';
import { createTcpTarget } from '@synos/tcp/testing';
import { createUdp } from '@synos/udp';
import { createStackMemory } from '@synos/wire';

/** A cable between two devices that share a pool. */
function cableFixture() {
  const { packets } = createStackMemory({ smallPackets: 1024, largePackets: 4, ringBytes: 4096 });
  const { a, b, close, setLink } = createCable();
  return { a, b, packets, pools: [packets], run() {}, setLink, dispose: close };
}

function clockFixture() {
  const loop = createSimulatedLoop();
  return { clock: loop, loop, pass: (ms) => loop.runUntil(loop.now() + ms) };
}

function heapFixture() {
  const buffer = new ArrayBuffer(65_536);
  const heap = createHeap({ buffer });
  const headerOf = (address) => ({ start: address - 8, end: address });
  return { heap, buffer, start: 0, end: buffer.byteLength, blocks: () => heap.blocks(), headerOf };
}

const named = (prefix, cases) => cases.map(({ name, run }) => ({ name: `${prefix}: ${name}`, run }));

/** Every contract suite on an implementation of ours, as anybody would run it on theirs. */
export const cases = [
  ...named('cable', netDeviceSuite(cableFixture)),
  ...named('simulated loop', clockSuite(clockFixture)),
  ...named(
    'frames',
    frameAllocatorSuite((memoryMap) => createFrameAllocator({ memoryMap })),
  ),
  ...named('heap', heapSuite(heapFixture)),
  ...named('tcp', transportSuite(toyTransportSetup('stream', createTcp()))),
  ...named('udp', transportSuite(toyTransportSetup('datagram', createUdp()))),
  ...named(
    'tcp states',
    tcpStateSuite(() => createTcpTarget()),
  ),
];
