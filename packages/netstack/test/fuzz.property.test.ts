import { SOCK_DGRAM } from '@synos/abi';
import {
  arpOperation,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitUdp,
  etherType,
  icmpType,
  ipv4Any,
  protocolNumber,
  tcpFlag,
} from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipPacket, peerAddress, peerMac, RawPeer, stackAddress, tcpPacket } from './raw-peer.js';
import { mustBe0, openSocket } from './transfer.js';

const runs = process.env.SYNOS_LONG ? 100_000 : 3000;

const frame = (type: number, payload: Uint8Array, destination: Uint8Array): Uint8Array<ArrayBuffer> =>
  emitEthernet({ destination, source: peerMac, type, payload });

/** A stack with something to hit: a listener, a connection with data under way, a datagram socket. */
function target(): RawPeer {
  const peer = new RawPeer();
  const listener = openSocket(peer.stack);
  mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
  mustBe0(listener.listen(4), 'listen');
  peer.handshake(5000, 80);
  const accepted = listener.accept();
  if (typeof accepted === 'number') throw new Error('no connection');
  accepted.send(new Uint8Array(5000));
  const datagrams = openSocket(peer.stack, SOCK_DGRAM);
  mustBe0(datagrams.bind({ address: ipv4Any, port: 53 }), 'bind');
  peer.settle();
  return peer;
}

/** Frames that mean something, for mutation to begin with. */
function samples(peer: RawPeer): Uint8Array<ArrayBuffer>[] {
  const mac = peer.port.device.address;
  const ip = (payload: Uint8Array): Uint8Array<ArrayBuffer> => frame(etherType.ipv4, payload, mac);
  const { syn, ack, fin, rst, urg } = tcpFlag;
  const flow = { sourcePort: 5000, destinationPort: 80, sequence: 101 };
  const timestamps = { hasTimestamp: true, timestampValue: 1, timestampEcho: 2 };
  const sack = { sackCount: 1, sackLeft: new Int32Array([5, 0, 0, 0]), sackRight: new Int32Array([9, 0, 0, 0]) };
  return [
    ip(tcpPacket({ ...flow, flags: ack, payload: new Uint8Array(100) })),
    ip(tcpPacket({ ...flow, flags: ack | fin | urg, options: { ...timestamps, ...sack } })),
    ip(tcpPacket({ ...flow, flags: rst })),
    ip(
      tcpPacket({
        ...flow,
        sourcePort: 5001,
        flags: syn,
        options: { mssBytes: 1460, windowScale: 7, sackPermitted: true },
      }),
    ),
    ip(
      ipPacket({
        protocol: protocolNumber.udp,
        payload: emitUdp({ sourcePort: 1, destinationPort: 53, payload: new Uint8Array(9) }, peerAddress, stackAddress),
      }),
    ),
    ip(ipPacket({ protocol: protocolNumber.udp, moreFragments: true, payload: new Uint8Array(64) })),
    ip(
      ipPacket({
        protocol: protocolNumber.icmp,
        payload: emitIcmp({ type: icmpType.echoRequest, code: 0, restOfHeader: 1, payload: new Uint8Array(8) }),
      }),
    ),
    ip(
      ipPacket({
        protocol: protocolNumber.icmp,
        payload: emitIcmp({
          type: icmpType.unreachable,
          code: 4,
          restOfHeader: 576,
          payload: ipPacket({
            protocol: 6,
            source: stackAddress,
            destination: peerAddress,
            payload: new Uint8Array(8),
          }),
        }),
      }),
    ),
    frame(
      etherType.arp,
      emitArp({
        operation: arpOperation.request,
        senderMac: peerMac,
        sender: peerAddress,
        targetMac: new Uint8Array(6),
        target: stackAddress,
      }),
      mac,
    ),
  ];
}

const total = (peer: RawPeer): number =>
  [...Object.values(peer.stack.counters()), ...Object.values(peer.port.device.counters)].reduce((sum, n) => sum + n, 0);

test('raw and mutated frames: no exception, no leak, and a counter for each', () => {
  const peer = target();
  const frames = samples(peer);
  const bound = peer.stack.memory.packets.capacity / 2;
  const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 });
  const mutated = fc
    .tuple(
      fc.constantFrom(...frames),
      edits,
      fc.option(fc.nat(200), { nil: undefined }),
      fc.uint8Array({ maxLength: 20 }),
    )
    .map(([bytes, changes, cut, tail]) => {
      const copy = new Uint8Array([...bytes.subarray(0, cut ?? bytes.length), ...tail]);
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
      return copy;
    });
  const raw = fc.uint8Array({ maxLength: 1600 });
  const addressed = raw.map((bytes) => frame(etherType.ipv4, bytes, peer.port.device.address));
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: mutated }, raw, addressed), fc.nat(50), (bytes, waitMs) => {
      const before = total(peer);
      peer.push(bytes);
      peer.settle();
      expect(total(peer)).toBeGreaterThan(before);
      if (waitMs > 45) peer.advance(waitMs);
      peer.frames.length = 0;
      expect(peer.stack.memory.packets.used).toBeLessThan(bound);
    }),
    { numRuns: runs },
  );
  peer.stack.dispose();
  peer.port.close();
  expect(peer.stack.memory.packets.used).toBe(0);
  expect(peer.stack.memory.blocks.usedBytes).toBe(0);
});
