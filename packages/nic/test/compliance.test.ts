import { type DeviceFixture, netDeviceSuite, selectCases } from '@synos/compliance';
import type { NetDevice, PacketPool } from '@synos/interfaces';
import { describe, test } from 'vitest';
import {
  capture,
  createCable,
  createImpairedLink,
  createLoopback,
  createPatch,
  createPcapng,
  createSwitch,
  createTracer,
  framePort,
  maskFeatures,
} from '../src/index.js';
import { newPool } from './frames.js';

interface Joined {
  readonly a: NetDevice;
  readonly b: NetDevice;
  readonly setLink: (isUp: boolean) => void;
  readonly afterTime?: () => void;
}

const counts = [1024, 4] as const;

/** A fixture for devices between two pools (or one); time comes by `advance` in steps, as a stack would give it. */
function fixture(pools: readonly PacketPool[], { a, b, setLink, afterTime }: Joined): DeviceFixture {
  let nowMs = 0;
  const run = (ms: number): void => {
    const untilMs = nowMs + ms;
    for (;;) {
      a.advance(nowMs);
      b.advance(nowMs);
      afterTime?.();
      const nextMs = Math.min(a.nextDeadline(), b.nextDeadline());
      if (nextMs > untilMs) break;
      if (nextMs === nowMs) break;
      nowMs = nextMs;
    }
    nowMs = untilMs;
    a.advance(nowMs);
    b.advance(nowMs);
  };
  return {
    a,
    b,
    packets: pools[0] as PacketPool,
    pools,
    run,
    setLink,
    dispose() {
      a.close();
      b.close();
    },
  };
}

const setups: Record<string, { lacks: readonly string[]; setup: () => DeviceFixture }> = {
  loopback: {
    lacks: [],
    setup() {
      const device = createLoopback({ queueLength: 64, mtuBytes: 16_384 });
      return fixture([newPool(...counts)], { a: device, b: device, setLink: (isUp) => device.setLink(isUp) });
    },
  },
  'cable in one pool': {
    lacks: [],
    setup() {
      const pool = newPool(...counts);
      const { a, b, setLink } = createCable({ a: { pool }, b: { pool } });
      return fixture([pool], { a, b, setLink });
    },
  },
  'vouching cable across pools': {
    lacks: [],
    setup() {
      const pools = [newPool(...counts), newPool(...counts)] as const;
      const cable = createCable({ a: { pool: pools[0] }, b: { pool: pools[1] }, vouches: true });
      return fixture(pools, cable);
    },
  },
  switch: {
    lacks: ['busy'],
    setup() {
      const pools = [newPool(...counts), newPool(...counts)] as const;
      const lan = createSwitch({ ports: [{ pool: pools[0] }, { pool: pools[1] }, 'unused'] });
      lan.port(2).close();
      return fixture(pools, { a: lan.port(0), b: lan.port(1), setLink: (isUp) => lan.port(0).setLink(isUp) });
    },
  },
  'impaired link with delay': {
    lacks: ['busy'],
    setup() {
      const { a, b } = createCable();
      const bad = createImpairedLink(a, { delayMs: 3, rateBytesPerMs: 1000 });
      return fixture([newPool(...counts)], { a: bad, b, setLink: (isUp) => bad.setLink(isUp) });
    },
  },
  'link impaired where it is received': {
    lacks: ['link-state'],
    setup() {
      const { a, b, setLink } = createCable();
      const bad = createImpairedLink(b, { delayMs: 3, direction: 'receive' });
      return fixture([newPool(...counts)], { a, b: bad, setLink });
    },
  },
  'masked, traced, captured cable': {
    lacks: [],
    setup() {
      const { a, b, setLink } = createCable({ vouches: true });
      const left = capture(
        maskFeatures(a),
        createPcapng(() => {}),
      );
      const right = createTracer(maskFeatures(b), () => {});
      return fixture([newPool(...counts)], { a: left, b: right, setLink });
    },
  },
  'two cables and a patch between them': {
    lacks: [],
    setup() {
      const pools = [newPool(...counts), newPool(...counts)] as const;
      const near = createCable({ a: { pool: pools[0] }, b: { pool: pools[0] } });
      const far = createCable({ a: { pool: pools[1] }, b: { pool: pools[1] } });
      const patch = createPatch(near.b, far.a);
      const joined = fixture(pools, {
        a: near.a,
        b: far.b,
        setLink: near.setLink,
        afterTime() {
          while (patch.poll(0, 64));
        },
      });
      const dispose = (): void => {
        patch.close();
        near.close();
        far.close();
      };
      return { ...joined, dispose };
    },
  },
  'two frame ports, each pushing to the other': {
    lacks: [],
    setup() {
      const pools = [newPool(...counts), newPool(...counts)] as const;
      const left = framePort({ name: 'left', pool: pools[0], onFrame: (bytes) => void right.push(bytes) });
      const right = framePort({ name: 'right', pool: pools[1], onFrame: (bytes) => void left.push(bytes) });
      return fixture(pools, {
        a: left.device,
        b: right.device,
        setLink: (isUp) => left.device.setLink(isUp),
        afterTime() {
          left.drain();
          right.drain();
        },
      });
    },
  },
};

for (const [name, { lacks, setup }] of Object.entries(setups)) {
  describe(`${name} is a NetDevice`, () => {
    const { cases, leftOut } = selectCases(netDeviceSuite(setup), lacks);
    for (const { name: caseName, clause, run } of cases) test(`${clause}: ${caseName}`, run);
    for (const { name: caseName, reason } of leftOut) test(`${caseName} (${reason})`, ({ skip }) => skip(reason));
  });
}
