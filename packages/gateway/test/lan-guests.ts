import { createSimulatedLoop, createTestEntropy, type SimulatedLoop } from '@synos/netsim';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createPing, type Ping } from '@synos/netstack/ping';
import { createCable, type FramePort, framePort } from '@synos/nic';
import { createNet, type Net } from '@synos/node/net';
import { createStackMemory } from '@synos/wire';
import { createLan, type Lan, type LanGuest, type LanOptions } from '../src/index.js';

/** A guest with a stack of ours, on a cable to the network. */
export interface StackGuest {
  readonly stack: Netstack;
  readonly net: Net;
  readonly ping: Ping;
  readonly place: LanGuest;
}

/** A guest that is frames made by hand. */
export interface RawGuest {
  readonly port: FramePort;
  readonly heard: Uint8Array<ArrayBuffer>[];
  readonly place: LanGuest;
}

/** A network in virtual time, and guests for it. */
export interface LanBench {
  readonly loop: SimulatedLoop;
  readonly lan: Lan;
  guest(address: string): StackGuest;
  raw(): RawGuest;
  /** Lets virtual time pass; real sockets get no turn. */
  pass(durationMs: number): void;
  /** Runs, real sockets included, until something holds. */
  until(holds: () => boolean): Promise<void>;
  stop(): void;
}

export function createLanBench(options: Omit<LanOptions, 'loop' | 'entropy'> = {}): LanBench {
  const loop = createSimulatedLoop({ maxTurns: 50_000_000 });
  const lan = createLan({ ...options, loop, entropy: createTestEntropy('lan') });
  const stops: (() => void)[] = [];
  let count = 0;
  const turn = (): boolean => loop.nextDeadline() <= loop.now() && loop.turn();
  return {
    loop,
    lan,
    guest(address) {
      const name = `guest ${count++}`;
      const memory = createStackMemory({ smallPackets: 1024, largePackets: 8, ringBytes: 8 << 20 });
      const cable = createCable({ a: { name, pool: memory.packets }, b: { name: `${name} far`, pool: lan.pool } });
      const interfaces = [{ device: cable.a, addresses: [`${address}/24`], gateway: '10.0.0.1' }];
      const stack = createNetstack({ clock: loop, entropy: createTestEntropy(name), memory, interfaces });
      const stop = drive(stack, loop);
      const place = lan.join(cable.b);
      if (place === null) throw new Error('there is no place left');
      stops.push(() => {
        stop();
        stack.dispose();
        cable.close();
      });
      return { stack, place, net: createNet({ sockets: stack.sockets }), ping: createPing(stack.ip) };
    },
    raw() {
      const heard: Uint8Array<ArrayBuffer>[] = [];
      const port = framePort({
        name: `raw ${count++}`,
        pool: lan.pool,
        queueLength: 256,
        soon: (task) => loop.soon(task),
        onFrame: (frame) => void heard.push(frame.slice()),
      });
      const place = lan.join(port.device);
      if (place === null) throw new Error('there is no place left');
      return { port, heard, place };
    },
    pass(durationMs) {
      loop.runUntil(loop.now() + durationMs);
    },
    async until(holds) {
      for (let idle = 0, jumps = 0; jumps < 10_000; ) {
        await new Promise((resolve) => setImmediate(resolve));
        if (holds()) return;
        idle = turn() ? 0 : idle + 1;
        if (idle === 25) await new Promise((resolve) => setTimeout(resolve, 3));
        if (idle < 30) continue;
        idle = 0;
        jumps += 1;
        const next = loop.nextDeadline();
        if (next > loop.now() && next < Number.POSITIVE_INFINITY) loop.clock.advanceTo(next);
      }
      throw new Error('it does not come about');
    },
    stop() {
      const { memory } = lan.stack;
      lan.close();
      lan.close();
      for (const stop of stops) stop();
      const left = [memory.packets.used, memory.blocks.usedBytes, lan.pool.used];
      if (left.some((each) => each !== 0)) throw new Error(`left behind: ${left}`);
    },
  };
}
