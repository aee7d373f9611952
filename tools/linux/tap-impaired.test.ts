import { createHash, randomBytes } from 'node:crypto';
import { createSeededRandom } from '@synos/compliance';
import type { NetDevice } from '@synos/interfaces';
import { createImpairedLink, type ImpairedLink } from '@synos/nic';
import { afterAll, describe, expect, test } from 'vitest';
import { lacking } from './needs.js';
import { closed, createRig, linuxAddress, listening, ourAddress, type Rig } from './rig.js';

const lack = lacking({ root: true, tools: ['ip'] });
const megabytes10 = 10_000_000;
const seed = 0x51a05;

// The host's kernel may lack netem: our own link is between TAP and stack, 20 ms there and back.
const impairment = { lossRate: 0.01, reorderRate: 0.05, reorderMs: 5, delayMs: 10, queueLength: 4096 };

describe.skipIf(lack !== undefined)(`a bad link between TAP and stack${lack ? ` (${lack})` : ''}`, () => {
  const rigs: Rig[] = [];
  afterAll(async () => {
    await Promise.all(rigs.map((rig) => rig.close()));
  });

  async function badRig(offload: boolean): Promise<{ rig: Rig; links: readonly ImpairedLink[] }> {
    const links: ImpairedLink[] = [];
    const decorate = (device: NetDevice): NetDevice => {
      let bad: NetDevice = device;
      for (const direction of ['receive', 'transmit'] as const) {
        const link = createImpairedLink(bad, { ...impairment, direction, random: createSeededRandom(seed) });
        links.push(link);
        bad = link;
      }
      return bad;
    };
    const rig = await createRig(offload ? 'bad-offload' : 'bad', { offload, decorate });
    rigs.push(rig);
    return { rig, links };
  }

  // Most of the time is waiting: both at once.
  test.concurrent.each([
    ['without offload', false],
    ['with offload', true],
  ])(`10 MB each way at once, seed ${seed}, %s`, async (_name, offload) => {
    const { rig, links } = await badRig(offload);
    const towardsUs = createHash('sha256');
    const arrived = new Promise<void>((resolve) => {
      const server = rig.net.createServer((socket) => {
        socket.on('data', (piece: Buffer) => towardsUs.update(piece));
        socket.on('end', () => void closed(server).then(resolve));
      });
      void listening(server, 90);
    });
    const sent = rig.peer.call('sendThenRead', { host: ourAddress, port: 90, bytes: megabytes10 });

    const { port } = await rig.peer.call('serveDigest');
    const content = randomBytes(megabytes10);
    const socket = rig.net.connect({ host: linuxAddress, port, allowHalfOpen: true });
    socket.end(content);
    let answer = '';
    socket.setEncoding('utf8');
    for await (const piece of socket) answer += piece;
    expect(answer).toBe(`${megabytes10} ${createHash('sha256').update(content).digest('hex')}`);

    await arrived;
    expect(towardsUs.digest('hex')).toBe((await sent).sha256);
    // It was a bad link indeed.
    for (const { counters } of links) {
      expect(counters.lost).toBeGreaterThan(0);
      expect(counters.delayed).toBeGreaterThan(0);
    }
    expect(rig.stack.counters()['tcp.retransmits']).toBeGreaterThan(0);
  });
});
