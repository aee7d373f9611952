import { errno } from '@synos/abi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../src/index.js';
import { openUdp } from './guest-udp.js';
import { hostDatagrams } from './host-servers.js';
import { createVirtualLan, gatewayAddress, type VirtualLan } from './virtual-lan.js';

let lan: VirtualLan;
let gateway: Gateway;
const sockets: { close(): unknown }[] = [];
beforeEach(() => {
  lan = createVirtualLan(2);
  gateway = createGateway({ stack: lan.stack, loop: lan.loop });
});
afterEach(async () => {
  await gateway.close();
  for (const socket of sockets.splice(0)) socket.close();
  lan.stop();
});

/** A host's server that says who it hears. */
async function echo(): Promise<{ port: number; peers: Set<number> }> {
  const peers = new Set<number>();
  const { socket, port } = await hostDatagrams((server, bytes, from, address) => {
    peers.add(from);
    server.send(`you said ${bytes}`, from, address);
  });
  sockets.push(socket);
  return { port, peers };
}

describe('a guest sends datagrams', () => {
  test('and gets the answers, from where it sent them', async () => {
    const outbound = gateway.openOutbound({ toHost: () => '127.0.0.1' });
    const { port, peers } = await echo();
    const [one, other] = lan.guests.map((guest) => openUdp(guest, 5000));
    const third = openUdp(lan.guests[0]!, 5001);
    one!.send('a', gatewayAddress, port);
    other!.send('b', gatewayAddress, port);
    third.send('c', '192.0.2.9', port);
    one!.send('d', '192.0.2.9', port);
    one!.send('', gatewayAddress, port);
    const heard: Record<string, string[]> = { one: [], other: [], third: [] };
    await lan.until(() => {
      for (const [name, socket] of Object.entries({ one: one!, other: other!, third })) {
        heard[name]!.push(...socket.take().map(({ text, from }) => `${text} from ${from}`));
      }
      return Object.values(heard).flat().length === 5;
    });
    const [local, far] = [`${gatewayAddress}:${port}`, `192.0.2.9:${port}`];
    expect({ ...heard, one: heard.one!.sort() }).toEqual({
      one: [`you said  from ${local}`, `you said a from ${local}`, `you said d from ${far}`],
      other: [`you said b from ${local}`],
      third: [`you said c from ${far}`],
    });
    // A flow each, and a port of the host's each.
    expect(peers.size).toBe(4);
    expect(outbound.stats.datagrams).toEqual({
      flows: 4,
      active: 4,
      idle: 0,
      evicted: 0,
      failed: 0,
      toHost: 5,
      toGuest: 5,
      dropped: 0,
      unreachable: 0,
    });
  });

  test('of any size', async () => {
    gateway.openOutbound();
    const { socket, port } = await hostDatagrams((server, bytes, from, address) => server.send(bytes, from, address));
    sockets.push(socket);
    const guest = openUdp(lan.guests[0]!);
    const text = 'x'.repeat(20_000);
    guest.send(text, gatewayAddress, port);
    let heard = '';
    await lan.until(() => {
      heard += guest
        .take()
        .map((each) => each.text)
        .join();
      return heard !== '';
    });
    expect(heard).toBe(text);
  });

  test('to where the host says that nobody is: the guest is told', async () => {
    const outbound = gateway.openOutbound();
    const { socket, port } = await hostDatagrams(() => {});
    await new Promise<void>((resolve) => socket.close(resolve));
    const guest = openUdp(lan.guests[0]!, 0, { host: gatewayAddress, port });
    guest.send('anybody?', gatewayAddress, port);
    await lan.until(() => {
      guest.take();
      return guest.error() !== 0;
    });
    expect(guest.error()).toBe(errno.ECONNREFUSED);
    expect(outbound.stats.datagrams).toMatchObject({ unreachable: 1, active: 1 });
    expect(lan.stack.counters()['ip.icmpErrorsOut']).toBe(1);
  });

  test('to where it may not: it is told, and the host hears nothing', async () => {
    const outbound = gateway.openOutbound({ allow: ['192.0.2.0/24'] });
    const { port, peers } = await echo();
    const guest = openUdp(lan.guests[0]!, 0, { host: gatewayAddress, port });
    guest.send('let me in', gatewayAddress, port);
    await lan.until(() => {
      guest.take();
      return guest.error() !== 0;
    });
    expect([errno.EHOSTUNREACH, errno.EACCES]).toContain(guest.error());
    expect(outbound.stats).toMatchObject({ prohibited: 1, datagrams: { flows: 0 } });
    expect(peers.size).toBe(0);
  });
});

describe('flows', () => {
  test('end when nothing comes for two minutes, either way', async () => {
    const outbound = gateway.openOutbound();
    const { port, peers } = await echo();
    const guest = openUdp(lan.guests[0]!, 5000);
    const ask = async (): Promise<void> => {
      guest.send('x', gatewayAddress, port);
      await lan.until(() => guest.take().length === 1);
    };
    await ask();
    lan.pass(119_000);
    expect(outbound.stats.datagrams).toMatchObject({ active: 1, idle: 0 });
    await ask();
    lan.pass(119_000);
    expect([outbound.stats.datagrams.active, peers.size]).toEqual([1, 1]);
    lan.pass(1_001);
    expect(outbound.stats.datagrams).toMatchObject({ active: 0, idle: 1 });
    await ask();
    expect([outbound.stats.datagrams.flows, peers.size]).toEqual([2, 2]);
  });

  test('in which only the host speaks stay', async () => {
    const outbound = gateway.openOutbound();
    let say: (text: string) => void = () => {};
    const { socket, port } = await hostDatagrams((server, _bytes, from, address) => {
      say = (text) => server.send(text, from, address);
    });
    sockets.push(socket);
    const guest = openUdp(lan.guests[0]!, 5000);
    guest.send('x', gatewayAddress, port);
    await lan.until(() => outbound.stats.datagrams.toHost === 1);
    for (let minute = 0; minute < 4; minute += 1) {
      await lan.settle();
      lan.pass(70_000);
      say(`${minute}`);
      await lan.until(() => guest.take().length === 1);
    }
    expect(outbound.stats.datagrams).toMatchObject({ active: 1, toGuest: 4 });
  });

  test('of a guest that opens too many replace its own, oldest first', async () => {
    const outbound = gateway.openOutbound({ maxFlowsPerGuest: 3, maxFlows: 4 });
    const { port } = await echo();
    const [flooder, other] = lan.guests;
    const quiet = openUdp(other!, 7000);
    quiet.send('first', gatewayAddress, port);
    await lan.until(() => quiet.take().length === 1);
    const many = Array.from({ length: 50 }, (_, index) => openUdp(flooder!, 8000 + index));
    for (const socket of many) {
      socket.send('x', gatewayAddress, port);
      lan.pass(1);
    }
    await lan.settle();
    expect(outbound.stats.datagrams).toMatchObject({ flows: 51, active: 4, evicted: 47 });
    // The last ones and the other guest's still work, by the same flows.
    for (const socket of [quiet, ...many.slice(-3)]) {
      socket.take();
      socket.send('again', gatewayAddress, port);
    }
    let answers = 0;
    await lan.until(() => {
      for (const socket of [quiet, ...many.slice(-3)])
        answers += socket.take().filter(({ text }) => text === 'you said again').length;
      return answers === 4;
    });
    expect(outbound.stats.datagrams.flows).toBe(51);
  });
});

describe('a host port that leads to a guest', () => {
  test('passes datagrams on and answers back, to each who sent', async () => {
    const guest = openUdp(lan.guests[0]!, 53);
    const forwarding = await gateway.forwardDatagrams({ port: 0, guest: { address: '10.0.0.2', port: 53 } });
    const heard: string[] = [];
    const clients = await Promise.all(
      [0, 1].map((index) => hostDatagrams((_, bytes) => heard.push(`${index}: ${bytes}`))),
    );
    for (const [index, { socket }] of clients.entries()) {
      sockets.push(socket);
      socket.send(`from ${index}`, forwarding.port, '127.0.0.1');
    }
    await lan.until(() => {
      for (const { text, from } of guest.take()) {
        expect(from).toMatch(/^10\.0\.0\.1:\d+$/);
        guest.send(`answer to "${text}"`, gatewayAddress, Number(from.split(':')[1]));
      }
      return heard.length === 2;
    });
    expect(heard.sort()).toEqual(['0: answer to "from 0"', '1: answer to "from 1"']);
    expect(forwarding.stats).toEqual({ flows: 2, active: 2, evicted: 0, toGuest: 2, toHost: 2, dropped: 0 });
    lan.pass(120_001);
    expect(forwarding.stats.active).toBe(0);
    clients[0]!.socket.send('once more', forwarding.port, '127.0.0.1');
    await lan.until(() => guest.take().some(({ text }) => text === 'once more'));
    expect(forwarding.stats).toMatchObject({ flows: 3, active: 1, dropped: 0 });
  });

  test('with a bound; the least recently used gives way', async () => {
    const guest = openUdp(lan.guests[0]!, 53);
    const options = { port: 0, guest: { address: '10.0.0.2', port: 53 }, maxFlows: 2 };
    const forwarding = await gateway.forwardDatagrams(options);
    const froms: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      const { socket } = await hostDatagrams(() => {});
      sockets.push(socket);
      socket.send(`${index}`, forwarding.port, '127.0.0.1');
      await lan.until(() => froms.push(...guest.take().map(({ from }) => from)) === index + 1);
      lan.pass(10);
    }
    expect(new Set(froms).size).toBe(4);
    expect(forwarding.stats).toMatchObject({ flows: 4, active: 2, evicted: 2 });
  });

  test('a taken port, wrong places, a signal', async () => {
    const guest = { address: '10.0.0.2', port: 53 };
    const controller = new AbortController();
    const { port } = await gateway.forwardDatagrams({ port: 0, guest, signal: controller.signal });
    await expect(gateway.forwardDatagrams({ port, guest })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    controller.abort();
    await new Promise((resolve) => setImmediate(resolve));
    const again = await gateway.forwardDatagrams({ port, guest });
    expect(again.port).toBe(port);
    await expect(gateway.forwardDatagrams({ port: 0, guest: { address: 'x', port: 1 } })).rejects.toThrow(TypeError);
    await expect(gateway.forwardDatagrams({ port: 0, guest, maxFlows: 0 })).rejects.toThrow(RangeError);
    await expect(gateway.forwardDatagrams({ port: 0, guest, signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await Promise.all([again.close(), again.close()]);
  });
});
