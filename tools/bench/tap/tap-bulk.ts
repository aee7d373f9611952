import { POLLIN } from '@synos/abi';
import { createNetstack, drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { openTap } from '@synos/node/tap';
import { type Socket, Waiter } from '@synos/socket';
import { createStackMemory } from '@synos/wire';
import { createNamespace, run } from '../../linux/namespace.js';
import { createContent, ExpectedDigests, wholeChunks } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { BulkReceiver, BulkSender } from '../ours/bulk-programs.js';
import { address } from '../ours/hosts.js';
import { acceptFrom, isNow, openListener, openSocket } from '../ours/sockets.js';
import { LinuxEnd, type LinuxEndAnswer } from './linux-end.js';

const places = { linux: '10.78.0.1', other: '10.78.0.2', bits: 24, port: 5001 } as const;

/** Which way the bytes go. */
export type Direction = 'send' | 'receive';

const expected = (): ExpectedDigests => new ExpectedDigests(createContent());

function checkReceived(name: string, totalBytes: number, digests: ExpectedDigests, received: LinuxEndAnswer): void {
  check(received.event === 'received' && received.bytes === totalBytes, `${name}: other bytes came than were sent`);
  check(received.digest === digests.of(totalBytes), `${name}: the bytes that came are not those sent`);
}

/**
 * A stream between our stack in this process and Linux's TCP in another, over a TAP interface. The stack runs on the
 * event loop, as in a program.
 */
export async function openTapBulk(offload: boolean, direction: Direction): Promise<Side> {
  const namespace = await createNamespace('bench-tap');
  const memory = createStackMemory();
  const tap = openTap({ pool: memory.packets, name: 'synos%d', offload });
  const closed = new Promise<void>((resolve) => void tap.once('close', resolve));
  await run('ip', ['link', 'set', tap.interfaceName, 'netns', namespace.name]);
  await namespace.ip(`address add ${places.linux}/${places.bits} dev ${tap.interfaceName}`);
  await namespace.ip(`link set ${tap.interfaceName} up`);
  const { loop, entropy } = createDefaultHost();
  const interfaces = [{ device: tap, addresses: [`${places.other}/${places.bits}`] }];
  const stack = createNetstack({ clock: loop, entropy, memory, loopback: false, interfaces });
  const stop = drive(stack, loop);
  const end = new LinuxEnd(namespace);
  const side: Pick<Side, 'close' | 'notes'> = {
    notes() {
      const { txPackets, txBytes, rxPackets, rxBytes, rxRingFull, rxNoPacket } = tap.counters;
      const average = (bytes: number, packets: number): string => (bytes / packets).toFixed(0);
      return [
        `sent frames of ${average(txBytes, txPackets)} bytes on average, received of ${average(rxBytes, rxPackets)}; ` +
          `${rxRingFull} found the ring full, ${rxNoPacket} the pool empty; ` +
          `${stack.counters()['tcp.retransmits']} segments sent again`,
      ];
    },
    async close() {
      stop();
      stack.dispose();
      tap.close();
      await closed;
      await namespace.remove();
    },
  };
  const digests = expected();
  if (direction === 'send') {
    const listener = openListener(stack, places.port, 16);
    const accepted = new Promise<Socket>((resolve) => {
      const woken = (): void => {
        const socket = acceptFrom(listener);
        if (socket) resolve(socket);
      };
      listener.addWaiter(new Waiter(POLLIN, { woken }));
    });
    await end.ask({ do: 'connect', host: places.other, port: places.port });
    const sender = new BulkSender(await accepted, createContent());
    return {
      ...side,
      async round(amount) {
        const totalBytes = wholeChunks(amount);
        await end.ask({ do: 'receive', bytes: totalBytes });
        const watch = new Stopwatch();
        const received = end.answer();
        sender.begin(totalBytes);
        const answer = await received;
        const sample = watch.sample(totalBytes);
        checkReceived('ours', totalBytes, digests, answer);
        return sample;
      },
    };
  }
  const { port } = (await end.ask({ do: 'listen' })) as { port: number };
  const socket = openSocket(stack);
  isNow(socket.connect({ address: address(places.linux), port }));
  const receiver = new BulkReceiver(socket);
  return {
    ...side,
    async round(amount) {
      const totalBytes = wholeChunks(amount);
      const { hashed } = receiver;
      hashed.reset();
      const watch = new Stopwatch();
      end.tell({ do: 'send', bytes: totalBytes });
      await receiver.until(totalBytes);
      const sample = watch.sample(totalBytes);
      checkReceived('ours', totalBytes, digests, {
        event: 'received',
        bytes: hashed.received,
        digest: hashed.digest(),
      });
      return sample;
    },
  };
}

/** A stream between two processes by Linux's TCP, each in a namespace of its own, over a veth pair. */
export async function openVethBulk(): Promise<Side> {
  const near = await createNamespace('bench-near');
  const far = await createNamespace('bench-far');
  await near.ip(`link add veth0 type veth peer name veth0 netns ${far.name}`);
  for (const [namespace, place] of [
    [near, places.other],
    [far, places.linux],
  ] as const) {
    await namespace.ip(`address add ${place}/${places.bits} dev veth0`);
    await namespace.ip('link set veth0 up');
  }
  const sender = new LinuxEnd(near);
  const receiver = new LinuxEnd(far);
  const { port } = (await sender.ask({ do: 'listen' })) as { port: number };
  await receiver.ask({ do: 'connect', host: places.other, port });
  const digests = expected();
  return {
    async round(amount) {
      const totalBytes = wholeChunks(amount);
      await receiver.ask({ do: 'receive', bytes: totalBytes });
      const watch = new Stopwatch();
      const received = receiver.answer();
      sender.tell({ do: 'send', bytes: totalBytes });
      const answer = await received;
      const sample = watch.sample(totalBytes);
      checkReceived('Linux', totalBytes, digests, answer);
      return sample;
    },
    async close() {
      await near.remove();
      await far.remove();
    },
  };
}
