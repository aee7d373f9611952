import { createSimulatedLoop, createTestEntropy, type SimulatedLoop } from '@synos/netsim';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createSwitch, type FramePort, framePort, type Switch } from '@synos/nic';
import { createNet, type Net } from '@synos/node/net';
import { createStackMemory } from '@synos/wire';

export const gatewayAddress = '10.0.0.1';

/** A stack with programs on it, beside the gateway. */
export interface Guest {
  readonly address: string;
  readonly stack: Netstack;
  readonly net: Net;
}

/** A gateway's stack and guests' on a switch, in virtual time; the host's side is real sockets of this machine. */
export interface VirtualLan {
  readonly loop: SimulatedLoop;
  readonly stack: Netstack;
  readonly guests: readonly Guest[];
  /** A port of the switch for frames made by hand. */
  readonly raw: FramePort;
  /** Frames that came out of it. */
  readonly heard: Uint8Array<ArrayBuffer>[];
  readonly lan: Switch;
  /**
   * Runs until something holds. Real sockets get their time first: the clock jumps to the next deadline only when
   * nothing has happened for a while.
   */
  until(holds: () => boolean): Promise<void>;
  /** Lets virtual time pass without giving real sockets a chance. */
  pass(durationMs: number): void;
  /** Lets real sockets and stacks come to rest at the present time. */
  settle(): Promise<void>;
  /** Ends all stacks and asserts that every packet of the gateway's is back. */
  stop(): void;
}

const size = { smallPackets: 2048, largePackets: 8, ringBytes: 8 << 20 };
/** Turns of Node's loop without any of the stacks' that count as rest. */
const restTurns = 30;

export function createVirtualLan(guestCount = 1, seed = 'gateway'): VirtualLan {
  const loop = createSimulatedLoop({ maxTurns: 50_000_000 });
  const memories = Array.from({ length: guestCount + 2 }, () => createStackMemory(size));
  const lan = createSwitch({
    ports: memories.map(({ packets }, index) => ({ name: `port-${index}`, pool: packets })),
    queueLength: 1024,
  });
  const host = (index: number, gateway?: string): Netstack =>
    createNetstack({
      clock: loop,
      entropy: createTestEntropy(`${seed} ${index}`),
      memory: memories[index]!,
      interfaces: [{ device: lan.port(index), addresses: [`10.0.0.${index + 1}/24`], ...(gateway && { gateway }) }],
    });
  const stack = host(0);
  const guests = Array.from({ length: guestCount }, (_, index) => {
    const guest = host(index + 1, gatewayAddress);
    return { address: `10.0.0.${index + 2}`, stack: guest, net: createNet({ sockets: guest.sockets }) };
  });
  const stops = [stack, ...guests.map((guest) => guest.stack)].map((each) => drive(each, loop));

  // The last port's far end speaks frames.
  const heard: Uint8Array<ArrayBuffer>[] = [];
  const last = guestCount + 1;
  const memory = memories[last]!;
  const raw = framePort({
    pool: memory.packets,
    queueLength: 4096,
    onFrame: (frame) => void heard.push(frame.slice()),
  });
  const port = lan.port(last);
  const patch = (): void => {
    for (let packet = raw.device.receive(); packet !== null; packet = raw.device.receive()) port.transmit(packet);
    for (let packet = port.receive(); packet !== null; packet = port.receive()) raw.device.transmit(packet);
    raw.drain();
  };

  const turn = (): boolean => {
    patch();
    const isDue = loop.nextDeadline() <= loop.now();
    if (isDue) loop.turn();
    patch();
    return isDue;
  };
  const rest = async (holds: () => boolean): Promise<boolean> => {
    for (let idle = 0; idle < restTurns; ) {
      await new Promise((resolve) => setImmediate(resolve));
      if (holds()) return true;
      idle = turn() ? 0 : idle + 1;
      // The system's own network takes a moment that turns of Node's loop do not wait for.
      if (idle === restTurns - 5) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    return holds();
  };
  const virtual: VirtualLan = {
    loop,
    stack,
    guests,
    raw: { ...raw, device: raw.device, push: (bytes) => raw.push(bytes) } as FramePort,
    heard,
    lan,
    async until(holds) {
      for (let jumps = 0; jumps < 10_000; jumps += 1) {
        if (await rest(holds)) return;
        const next = loop.nextDeadline();
        if (next > loop.now() && next < Number.POSITIVE_INFINITY) loop.clock.advanceTo(next);
      }
      throw new Error('it does not come about');
    },
    pass(durationMs) {
      const end = loop.now() + durationMs;
      for (;;) {
        patch();
        const next = loop.nextDeadline();
        if (next > end) break;
        if (next > loop.now()) loop.clock.advanceTo(next);
        loop.turn();
      }
      loop.clock.advanceTo(end);
    },
    async settle() {
      await rest(() => false);
    },
    stop() {
      for (const stop of stops) stop();
      for (const guest of guests) guest.stack.dispose();
      stack.dispose();
      lan.close();
      raw.close();
      const used = memories.map(({ packets, blocks }) => packets.used + blocks.usedBytes);
      if (used.some((each) => each !== 0)) throw new Error(`packets and rings that are left: ${used}`);
    },
  };
  return virtual;
}
