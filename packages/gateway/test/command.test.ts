import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createNet, type Net } from '@synos/node/net';
import { connectStream } from '@synos/node/stream';
import {
  createStackMemory,
  emitEthernet,
  emitIpv4,
  emitTcp,
  etherType,
  ipv4,
  parseAddress,
  tcpFlag,
} from '@synos/wire';
import { decode, encode } from 'dns-packet';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addressOption, dhcpType, wordsOption } from '../src/dhcp/message.js';
import { dhcpFrame, fromClient, mac, readReply } from './dhcp-frames.js';
import { openUdp } from './guest-udp.js';
import { hostDatagrams, hostServer } from './host-servers.js';
import { until } from './lan.js';

const program = fileURLToPath(new URL('../bin/synos-gateway.mjs', import.meta.url));
let folder: string;
const stops: (() => unknown)[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synos-gateway-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcess;
  /** The first line of `--json`. */
  readonly started: { places: string[]; address: string; forwards: { host: string; port: number }[] };
  ended(signal?: NodeJS.Signals): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function run(...args: string[]): { child: ChildProcess; output(): string; ended: Running['ended'] } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, INIT_CWD: folder },
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.on('data', (chunk) => {
      text[name] += chunk;
    });
  }
  const over = new Promise<number | null>((resolve) => child.on('close', resolve));
  stops.push(() => child.exitCode === null && child.kill('SIGKILL'));
  return {
    child,
    output: () => text.stdout,
    async ended(signal) {
      if (signal) child.kill(signal);
      return { code: await over, ...text };
    },
  };
}

async function start(...args: string[]): Promise<Running> {
  const running = run('--json', ...args);
  await until(() => running.output().includes('\n') || running.child.exitCode !== null);
  if (running.child.exitCode !== null) throw new Error((await running.ended()).stderr);
  return { ...running, started: JSON.parse(running.output().split('\n')[0]!) };
}

/** A guest of the command, with a stack of ours. */
async function guestAt(path: string, address: string): Promise<{ stack: Netstack; net: Net; address: string }> {
  const memory = createStackMemory();
  const { loop, entropy } = createDefaultHost();
  const client = connectStream({ path, pool: memory.packets, name: `guest ${address}` });
  const stack = createNetstack({
    clock: loop,
    entropy,
    memory,
    interfaces: [{ device: client.device, addresses: [`${address}/24`], gateway: '10.0.0.1' }],
  });
  const stop = drive(stack, loop);
  stops.push(async () => {
    stop();
    stack.dispose();
    await client.close();
  });
  await until(() => client.isConnected);
  return { stack, net: createNet({ sockets: stack.sockets }), address };
}

function fetchAll(net: Net, port: number): Promise<{ text: string; code?: string }> {
  return new Promise((resolve) => {
    let text = '';
    let code: string | undefined;
    const socket = net.connect({ host: '10.0.0.1', port });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    socket.on('close', () => resolve(code === undefined ? { text } : { text, code }));
  });
}

describe('synos-gateway', () => {
  test('gives guests a network, and says at the end what happened', async () => {
    const resolver = await hostDatagrams((socket, bytes, port, address) => {
      const { id, questions } = decode(bytes);
      const answers = [{ type: 'A', name: 'page.example', data: '10.0.0.1' } as const];
      socket.send(encode({ type: 'response', id: id!, questions: questions!, answers }), port, address);
    });
    const page = await hostServer((socket) => socket.end('a page of the host'));
    stops.push(
      () => resolver.socket.close(),
      () => page.server.close(),
    );
    const flags = ['--stream', 'lan', '--dns', `127.0.0.1:${resolver.port}`, '--pcap', 'lan.pcapng'];
    flags.push('--forward', '0=10.0.0.2:80', '--forward', '0=10.0.0.2:53/udp');
    const gateway = await start(...flags);
    const path = join(folder, 'lan');
    expect(gateway.started).toMatchObject({ places: [path], address: '10.0.0.1/24' });

    const one = await guestAt(path, '10.0.0.2');
    const other = await guestAt(path, '10.0.0.3');
    expect(await fetchAll(one.net, page.port)).toEqual({ text: 'a page of the host' });
    expect(await fetchAll(other.net, page.port)).toEqual({ text: 'a page of the host' });
    await new Promise((resolve) => page.server.close(resolve));
    expect(await fetchAll(one.net, page.port)).toEqual({ text: '', code: 'ECONNREFUSED' });

    // In.
    const [tcp, udp] = gateway.started.forwards;
    one.net.createServer((socket) => socket.end('a page of the guest')).listen(80);
    const text = await new Promise((resolve) => {
      let heard = '';
      connect(tcp!.port, '127.0.0.1')
        .on('data', (chunk) => {
          heard += chunk;
        })
        .on('close', () => resolve(heard));
    });
    expect(text).toBe('a page of the guest');
    const inbound = openUdp(one, 53);
    const client = await hostDatagrams(() => {});
    stops.push(() => client.socket.close());
    client.socket.send('to the guest', udp!.port, '127.0.0.1');
    await until(() => inbound.take().some((each) => each.text === 'to the guest'));

    // Names.
    const asking = openUdp(other);
    const question = encode({ type: 'query', id: 9, flags: 0x100, questions: [{ type: 'A', name: 'page.example' }] });
    asking.socket.sendto(question, 0, { address: ipv4(10, 0, 0, 1), port: 53 });
    const into = Buffer.alloc(1500);
    let length = -1;
    await until(() => {
      length = asking.socket.recv(into);
      return length > 0;
    });
    expect(decode(into.subarray(0, length))).toMatchObject({ id: 9, answers: [{ data: '10.0.0.1' }] });

    // Addresses.
    const memory = createStackMemory({ smallPackets: 64, largePackets: 1, ringBytes: 64 });
    const heard: NonNullable<ReturnType<typeof readReply>>[] = [];
    const asker = connectStream({ path, pool: memory.packets, name: 'asker' });
    stops.push(() => asker.close());
    await until(() => asker.isConnected);
    const say = (options: Record<number, Uint8Array<ArrayBuffer>>, type: number): void => {
      const bytes = dhcpFrame(fromClient({ chaddr: mac(5), type, options }));
      const packet = memory.packets.take(bytes.length, false)!;
      packet.memory.bytes.set(bytes, packet.start);
      packet.end = packet.start + bytes.length;
      asker.device.transmit(packet);
    };
    const listen = (): boolean => {
      for (let packet = asker.device.receive(); packet !== null; packet = asker.device.receive()) {
        const reply = readReply(packet.memory.bytes.slice(packet.start, packet.end));
        if (reply !== null) heard.push(reply);
        packet.pool.release(packet);
      }
      return heard.length > 0;
    };
    say({}, dhcpType.discover);
    await until(listen);
    const [offer] = heard.splice(0);
    // Not those that the other guests use.
    expect(offer).toMatchObject({ type: dhcpType.offer, yiaddr: 0x0a000004 });
    expect(addressOption(offer!, 6)).toBe(0x0a000001);
    say({ 50: wordsOption(offer!.yiaddr), 54: wordsOption(0x0a000001) }, dhcpType.request);
    await until(listen);
    expect(heard[0]).toMatchObject({ type: dhcpType.ack, yiaddr: 0x0a000004 });

    const { code, stdout, stderr } = await gateway.ended('SIGINT');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { stats } = JSON.parse(stdout.trim().split('\n')[1]!);
    expect(stats).toMatchObject({
      lan: { guests: 3, guestsInAll: 3, turnedAway: 0 },
      dhcp: { leases: 1, acks: 1, offers: 1 },
      outbound: { connections: { accepted: 2, failed: 1, active: 0 }, prohibited: 0 },
      dns: { queries: 1, answers: 1 },
      forwards: [{ stats: { accepted: 1 } }, { stats: { flows: 1, toGuest: 1 } }],
    });
    const capture = readFileSync(join(folder, 'lan.pcapng'));
    expect(capture.readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect(framesIn(capture)).toBe(stats.capturedFrames);
    expect(existsSync(path)).toBe(false);
  });

  test('speaks to a person, too', async () => {
    const running = run('--listen', '127.0.0.1:0', '--forward', '0=10.0.0.2:80');
    await until(() => running.output().split('\n').length === 4);
    expect(running.output()).toMatch(
      /^guests connect to 127\.0\.0\.1:\d+\nthey find the gateway at 10\.0\.0\.1\/24\n127\.0\.0\.1:\d+ leads to 10\.0\.0\.2:80\n$/,
    );
    const { code, stdout, stderr } = await running.ended('SIGTERM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n').slice(3);
    expect(lines[0]).toMatch(/^[\d.]+ s$/);
    expect(lines.slice(1).map((line) => line.slice(0, 15).trim())).toEqual([
      'guests',
      'frames',
      'addresses',
      'connections',
      'datagrams',
      'forwarded',
    ]);
  });

  test('ends at once under a flood of 100,000 connections, with another guest served', async () => {
    const page = await hostServer((socket) => socket.end('x'.repeat(100_000)));
    stops.push(() => page.server.close());
    const gateway = await start('--stream', 'flooded');
    const path = join(folder, 'flooded');
    const guest = await guestAt(path, '10.0.0.2');
    expect((await fetchAll(guest.net, page.port)).text).toHaveLength(100_000);
    const card = guest.stack.ip.neighbours().find(({ mac: found }) => found !== null)!.mac!;

    const flooder = connect(path);
    flooder.on('error', () => {});
    flooder.resume();
    stops.push(() => flooder.destroy());
    flooder.write(synFlood(card, page.port, 50_000));
    for (let index = 0; index < 5; index += 1) {
      expect((await fetchAll(guest.net, page.port)).text).toHaveLength(100_000);
    }
    // The whole of it has to come in while the program ends.
    flooder.write(synFlood(card, page.port, 50_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { code, stdout, stderr } = await gateway.ended('SIGINT');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { stats } = JSON.parse(stdout.trim().split('\n')[1]!);
    expect(stats.outbound.connections.accepted).toBe(6);
    expect(stats.outbound.connections.waiting).toBeLessThanOrEqual(128);
  });

  test('a peer that breaks the protocol, and one that hangs up midway: the others go on', async () => {
    const page = await hostServer((socket) => socket.end('fine'));
    stops.push(() => page.server.close());
    const gateway = await start('--stream', 'broken');
    const path = join(folder, 'broken');
    const guest = await guestAt(path, '10.0.0.2');
    for (const bytes of [
      [0xff, 0xff, 0xff, 0xff, 1],
      [0, 0, 0, 1],
      [0, 0, 0, 60, 1, 2, 3],
      [0, 0],
    ]) {
      const peer = connect(path);
      peer.on('error', () => {});
      await new Promise((resolve) => peer.write(new Uint8Array(bytes), resolve));
      peer.end();
      await new Promise((resolve) => peer.on('close', resolve).resume());
    }
    expect(await fetchAll(guest.net, page.port)).toEqual({ text: 'fine' });
    const { code, stdout } = await gateway.ended('SIGINT');
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n')[1]!).stats.lan).toMatchObject({ guests: 1, guestsInAll: 5 });
  });

  test('what is taken: one line, exit code 1', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const path = join(folder, 'taken');
    const onPath = createServer();
    await new Promise<void>((resolve) => onPath.listen(path, resolve));
    stops.push(
      () => taken.close(),
      () => onPath.close(),
    );
    const { port } = taken.address() as AddressInfo;
    const datagrams = await hostDatagrams(() => {});
    stops.push(() => datagrams.socket.close());
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    const cases: [string[], string][] = [
      [['--stream', 'taken'], `the socket ${path} is taken`],
      [['--stream', 'file'], `the socket ${file} is taken`],
      [['--listen', `127.0.0.1:${port}`], `port ${port} of 127.0.0.1 is taken`],
      [['--stream', 'a', '--forward', `${port}=10.0.0.2:80`], `port ${port} of 127.0.0.1 is taken`],
      [
        ['--stream', 'b', '--forward', `${datagrams.port}=10.0.0.2:80/udp`],
        `UDP port ${datagrams.port} of 127.0.0.1 is taken`,
      ],
      [['--stream', 'no/folder/here'], `the socket ${join(folder, 'no/folder/here')} cannot be had: ENOENT`],
      [['--stream', 'c', '--pcap', 'no/folder'], `cannot write ${join(folder, 'no/folder')}: ENOENT`],
    ];
    const ends = await Promise.all(cases.map(([args]) => run(...args).ended()));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `synos-gateway: ${cases[index]![1]}\n` });
    }
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('a socket that a killed program left behind is taken over', async () => {
    const first = await start('--stream', 'left');
    expect((await first.ended('SIGKILL')).code).toBe(null);
    expect(existsSync(join(folder, 'left'))).toBe(true);
    const second = await start('--stream', 'left');
    expect((await second.ended('SIGINT')).code).toBe(0);
  });

  test('flags that make no sense: one line, exit code 2', async () => {
    const { code, stdout, stderr } = await run('--stream', 'a', '--allow', 'all').ended();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      "synos-gateway: --allow takes a network like 192.0.2.0/24, not 'all' (--help tells what there is)\n",
    );
  });
});

function synFlood(to: Uint8Array, port: number, count: number): Buffer {
  const source = parseAddress('10.0.0.66')!;
  const destination = parseAddress('10.0.0.1')!;
  const frames: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const segment = {
      sourcePort: 1024 + (index % 60_000),
      destinationPort: port,
      sequence: index,
      acknowledgment: 0,
      flags: tcpFlag.syn,
      window: 65_535,
      urgentPointer: 0,
      payload: new Uint8Array(0),
    };
    const packet = emitIpv4({
      tos: 0,
      identification: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffsetBytes: 0,
      ttl: 64,
      protocol: 6,
      source,
      destination,
      options: new Uint8Array(0),
      payload: emitTcp(segment, source, destination),
    });
    const frame = emitEthernet({ destination: to, source: mac(66), type: etherType.ipv4, payload: packet });
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    frames.push(length, Buffer.from(frame));
  }
  return Buffer.concat(frames);
}

/** Enhanced packet blocks of a whole pcapng. */
function framesIn(capture: Buffer): number {
  let count = 0;
  for (let at = 0; at < capture.length; at += capture.readUInt32LE(at + 4))
    if (capture.readUInt32LE(at) === 6) count += 1;
  return count;
}
