import { POLLIN } from '@synos/abi';
import type { Socket } from '@synos/socket';
import { check } from '../harness/honesty.js';
import { Message, messageBytes } from '../harness/message.js';
import { cabledHosts, type Hosts } from './hosts.js';
import { acceptFrom, isNow, openListener, openSocket } from './sockets.js';

/** What idle connections cost. */
export interface IdleCost {
  readonly pairs: number;
  /** Bytes for both ends of one connection, both sockets included: established, nothing sent. */
  readonly freshBytes: number;
  /** The same after a message each way was sent, received and acknowledged. */
  readonly usedBytes: number;
  /** Ring bytes of {@link usedBytes}. */
  readonly usedRingBytes: number;
}

/** Ports of a client are 28,232 to one port of a server: more pairs want more ports. */
const pairsPerPort = 20_000;

/** Opens so many connections over a cable and measures what they hold after collection. Needs `--expose-gc`. */
export async function measureIdlePairs(pairs: number): Promise<IdleCost> {
  // Rings come from memory that is there before the first measurement, and are counted by use: once, not twice.
  const hosts = cabledHosts({ ringBytes: 128 << 20 });
  const clients: Socket[] = new Array(pairs);
  const servers: Socket[] = new Array(pairs);
  clients.fill(undefined as unknown as Socket);
  servers.fill(undefined as unknown as Socket);
  open(hosts, [], [], 200, 7000);
  const before = await held(hosts);
  open(hosts, clients, servers, pairs, 7001);
  const fresh = await held(hosts);
  exchange(hosts, clients, servers);
  const used = await held(hosts);
  for (let index = 0; index < pairs; index += 1) {
    check(!clients[index]!.isClosed && (servers[index]!.poll(POLLIN) & POLLIN) === 0, 'ours: a pair was not idle');
  }
  hosts.dispose();
  return {
    pairs,
    freshBytes: (fresh.totalBytes - before.totalBytes) / pairs,
    usedBytes: (used.totalBytes - before.totalBytes) / pairs,
    usedRingBytes: (used.ringBytes - before.ringBytes) / pairs,
  };
}

function open(hosts: Hosts, clients: Socket[], servers: Socket[], pairs: number, firstPort: number): void {
  let accepted = 0;
  for (let done = 0, port = firstPort; done < pairs; port += 1) {
    const listener = openListener(hosts.server, port, 4096);
    const here = Math.min(pairsPerPort, pairs - done);
    for (let first = 0; first < here; first += 100) {
      const count = Math.min(100, here - first);
      for (let index = 0; index < count; index += 1) {
        const socket = openSocket(hosts.client);
        isNow(socket.connect({ address: hosts.serverAddress, port }));
        clients[done + first + index] = socket;
      }
      const wanted = accepted + count;
      hosts.pump(() => {
        for (let socket = acceptFrom(listener); socket !== null; socket = acceptFrom(listener)) {
          servers[accepted] = socket;
          accepted += 1;
        }
        return accepted === wanted;
      });
    }
    listener.close();
    done += here;
  }
  check(accepted === pairs, 'ours: not every connection was accepted');
}

function exchange(hosts: Hosts, clients: readonly Socket[], servers: readonly Socket[]): void {
  const message = new Message();
  const sendAll = (from: readonly Socket[], to: readonly Socket[]): void => {
    for (let first = 0; first < from.length; first += 100) {
      const last = Math.min(first + 100, from.length);
      message.write(first);
      for (let index = first; index < last; index += 1) isNow(from[index]!.send(message.bytes));
      // Clients and servers are in the order of their own coming, not each other's: each gets one message anyway.
    }
    let left = to.length;
    const isRead = new Uint8Array(to.length);
    hosts.pump(() => {
      for (let index = 0; index < to.length; index += 1) {
        if (isRead[index] === 1) continue;
        const count = to[index]!.recv(message.bytes);
        if (!isNow(count)) continue;
        check(count === messageBytes, 'ours: a message came in pieces');
        isRead[index] = 1;
        left -= 1;
      }
      return left === 0;
    });
  };
  sendAll(clients, servers);
  sendAll(servers, clients);
  // Delayed acknowledgements, so that no send ring holds anything.
  const untilMs = performance.now() + 1000;
  hosts.pump(() => performance.now() > untilMs);
}

async function held(hosts: Hosts): Promise<{ totalBytes: number; ringBytes: number }> {
  const collect = globalThis.gc;
  check(collect !== undefined, 'memory is measured after collection: run with --expose-gc');
  for (let times = 0; times < 4; times += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  // One memory for both stacks.
  check(hosts.client.memory === hosts.server.memory, 'memory is counted once');
  const ringBytes = hosts.client.memory.blocks.usedBytes;
  return { totalBytes: heapUsed + external + ringBytes, ringBytes };
}
