import type { Socket as NodeSocket } from 'node:net';
import { AF_INET, SOCK_STREAM } from '@synos/abi';
import type { Address } from '@synos/interfaces';
import { parseAddress } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacking } from './needs.js';
import { churn } from './peer-calls.js';
import { closed, createRig, linuxAddress, listening, ourAddress, type Rig } from './rig.js';

const lack = lacking({ root: true, tools: ['ip'] });
const extent = { count: 10_000, concurrency: 100 };

/** What of a TCP's inside a leak would show in. */
interface TcpInside {
  readonly core: { readonly endpoints: readonly unknown[]; readonly demux: { readonly flows: readonly unknown[] } };
}

describe.skipIf(lack !== undefined).each([
  ['without offload', false],
  ['with offload', true],
])(`10,000 connections each way over TAP, %s${lack ? ` (${lack})` : ''}`, (_name, offload) => {
  let rig: Rig;
  let used: ReturnType<typeof usage>;
  beforeAll(async () => {
    // Flows that linger would hide those that leak.
    rig = await createRig('many', { offload, tcp: { timeWaitMs: 500 } });
    used = usage();
  });
  afterAll(() => rig?.close());

  function usage() {
    const { core } = rig.stack.transports[0] as unknown as TcpInside;
    return {
      packets: rig.memory.packets.used,
      ringBytes: rig.memory.blocks.usedBytes,
      endpoints: core.endpoints.length,
      flows: core.demux.flows.filter((flow) => flow !== null).length,
    };
  }

  /** Waits for TIME-WAIT and last acknowledgements, in vain if something leaks. */
  async function expectNothingLeft(): Promise<void> {
    for (let turn = 0; turn < 100; turn++) {
      const now = usage();
      if (Object.keys(now).every((name) => now[name as keyof typeof now] === used[name as keyof typeof used])) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(usage()).toEqual(used);
  }

  test('Linux connects', async () => {
    const server = rig.net.createServer((socket) => void socket.pipe(socket));
    await listening(server, 91);
    const { whole, errors } = await rig.peer.call('churn', { host: ourAddress, port: 91, ...extent });
    await closed(server);
    expect({ whole, errors }).toEqual({ whole: extent.count, errors: [] });
    await expectNothingLeft();
  });

  test('we connect, and every port can be had again', async () => {
    const { port } = await rig.peer.call('serveEcho');
    const open = (): NodeSocket =>
      rig.net.connect({ host: linuxAddress, port, noDelay: true }) as unknown as NodeSocket;
    const { whole, errors, ports } = await churn(open, extent);
    expect({ whole, errors, ports: ports.length }).toEqual({ whole: extent.count, errors: [], ports: extent.count });
    await expectNothingLeft();
    const address = parseAddress(ourAddress) as Address;
    const refused = [...new Set(ports)].filter((own) => {
      const socket = rig.stack.sockets.socket(AF_INET, SOCK_STREAM, 0);
      if (typeof socket === 'number') return true;
      const result = socket.bind({ address, port: own });
      socket.close();
      return result < 0;
    });
    expect(refused).toEqual([]);
  });
});
