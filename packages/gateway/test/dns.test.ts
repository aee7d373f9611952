import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { decode, encode, type Packet, type Question, type StringAnswer } from 'dns-packet';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureFor, readQuery, readResponse } from '../src/dns/messages.js';
import { createGateway, type DnsService, type Gateway } from '../src/index.js';
import { type GuestUdp, openUdp } from './guest-udp.js';
import { hostDatagrams, hostServer } from './host-servers.js';
import { createVirtualLan, gatewayAddress, type VirtualLan } from './virtual-lan.js';

/** What the resolver of these tests was asked, and how it answers. */
interface Asked {
  readonly message: Packet;
  readonly bytes: Buffer;
  answer(bytes: Buffer): void;
}

let lan: VirtualLan;
let gateway: Gateway;
let dns: DnsService;
let asked: Asked[];
let respond: (asked: Asked) => void;
let resolver: { socket: Datagrams; port: number };
const others: { close(): unknown }[] = [];

beforeEach(async () => {
  asked = [];
  respond = answerAll;
  resolver = await hostDatagrams((socket, bytes, port, address) => {
    const each: Asked = { message: decode(bytes), bytes, answer: (answer) => socket.send(answer, port, address) };
    asked.push(each);
    respond(each);
  });
  lan = createVirtualLan(2);
  gateway = createGateway({ stack: lan.stack, loop: lan.loop });
  dns = gateway.serveDns({
    address: gatewayAddress,
    resolver: { address: '127.0.0.1', port: resolver.port },
    maxQueries: 10,
    maxQueriesPerGuest: 8,
  });
  await lan.settle();
});
afterEach(async () => {
  await gateway.close();
  for (const other of others.splice(0)) other.close();
  await new Promise<void>((resolve) => resolver.socket.close(resolve)).catch(() => {});
  lan.stop();
});

const data = (name: string): string => `192.0.2.${name.length}`;

function answerAll({ message, answer }: Asked): void {
  const [question] = message.questions as Question[];
  const answers: StringAnswer[] = [{ type: 'A', name: question!.name, ttl: 60, data: data(question!.name) }];
  answer(encode({ type: 'response', id: message.id, flags: 0x180, questions: [question!], answers }));
}

const query = (id: number, name: string): Buffer =>
  encode({ type: 'query', id, flags: 0x100, questions: [{ type: 'A', name }] });

function ask(guest: GuestUdp, bytes: Buffer): void {
  guest.send(bytes.toString('latin1'), gatewayAddress, 53);
}

/** As datagrams are bytes, not text: a socket that keeps them so. */
function openDns(index: number): { ask(bytes: Buffer): void; answers(): Packet[] } {
  const udp = openUdp(lan.guests[index]!);
  const { socket } = udp;
  const into = Buffer.alloc(65_536);
  return {
    ask: (bytes) => void socket.sendto(bytes, 0, { address: { w0: 0, w1: 0, w2: 0xffff, w3: 0x0a000001 }, port: 53 }),
    answers() {
      const all: Packet[] = [];
      for (let length = socket.recv(into); length >= 0; length = socket.recv(into)) {
        all.push(decode(Buffer.from(into.subarray(0, length))));
      }
      return all;
    },
  };
}

describe('a guest asks', () => {
  test('and is answered under its own identifier; the resolver sees another', async () => {
    const guests = [openDns(0), openDns(1)];
    // The same identifier, and the same question, from both.
    guests[0]!.ask(query(77, 'example.net'));
    guests[1]!.ask(query(77, 'example.net'));
    guests[1]!.ask(query(77, 'a.longer.example.net'));
    const heard: Packet[][] = [[], []];
    await lan.until(() => {
      guests.forEach((guest, index) => void heard[index]!.push(...guest.answers()));
      return heard.flat().length === 3;
    });
    const brief = (packet: Packet): string => `${packet.id} ${(packet.answers![0] as StringAnswer).data}`;
    expect(heard[0]!.map(brief)).toEqual([`77 ${data('example.net')}`]);
    expect(heard[1]!.map(brief).sort()).toEqual(
      [`77 ${data('example.net')}`, `77 ${data('a.longer.example.net')}`].sort(),
    );
    const ids = asked.map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(3);
    expect(dns.stats).toEqual({
      queries: 3,
      answers: 3,
      waiting: 0,
      timedOut: 0,
      evicted: 0,
      failed: 0,
      malformed: 0,
      unexpected: 0,
    });
  });

  test('everything of the message arrives, also what nobody here understands', async () => {
    const guest = openDns(0);
    const bytes = encode({
      type: 'query',
      id: 5,
      flags: 0x110,
      questions: [{ type: 'TXT', name: 'x.example', class: 'CH' }],
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0x8000, options: [] } as never],
    });
    guest.ask(bytes);
    await lan.until(() => asked.length === 1);
    expect(asked[0]!.bytes.subarray(2)).toEqual(bytes.subarray(2));
  });

  test('over TCP too, by way of the gateway’s connections', async () => {
    gateway.openOutbound({ allow: ['192.0.2.0/24'] });
    const { server, port } = await hostServer((socket) => socket.pipe(socket));
    others.push(server);
    await gateway.close();
    gateway.serveDns({ address: gatewayAddress, resolver: { address: '127.0.0.1', port } });
    const outbound = gateway.openOutbound({ allow: ['192.0.2.0/24'] });
    let text = '';
    const socket = lan.guests[0]!.net.connect({ host: gatewayAddress, port: 53 });
    socket.on('data', (chunk: Buffer) => {
      text += chunk;
      socket.destroy();
    });
    socket.write('a long answer');
    await lan.until(() => text !== '');
    expect([text, outbound.stats.connections.accepted]).toEqual(['a long answer', 1]);
  });
});

describe('what goes wrong', () => {
  test('a resolver that does not answer: forgotten after five seconds, and a late answer is dropped', async () => {
    respond = () => {};
    const guest = openDns(0);
    guest.ask(query(1, 'slow.example'));
    await lan.until(() => asked.length === 1);
    lan.pass(4_990);
    expect(dns.stats).toMatchObject({ waiting: 1, timedOut: 0 });
    lan.pass(20);
    expect(dns.stats).toMatchObject({ waiting: 0, timedOut: 1 });
    answerAll(asked[0]!);
    await lan.until(() => dns.stats.unexpected === 1);
    expect(guest.answers()).toEqual([]);
  });

  test('a resolver that is not there: the guest is told at once', async () => {
    await new Promise<void>((resolve) => resolver.socket.close(resolve));
    const guest = openDns(0);
    guest.ask(query(9, 'gone.example'));
    let answer: Packet | undefined;
    await lan.until(() => {
      [answer] = guest.answers();
      return answer !== undefined;
    });
    expect(answer).toMatchObject({ id: 9, type: 'response', rcode: 'SERVFAIL', questions: [{ name: 'gone.example' }] });
    expect(dns.stats).toMatchObject({ failed: 1, waiting: 0 });
    expect(lan.loop.now()).toBeLessThan(1000);
    resolver = await hostDatagrams(() => {});
  });

  test('answers to another question, with an identifier nobody has, or that are none', async () => {
    respond = ({ message, answer }) => {
      const id = message.id!;
      const questions: Question[] = [{ type: 'A', name: 'other.example' }];
      answer(encode({ type: 'response', id, questions }));
      answer(encode({ type: 'response', id, questions: [{ type: 'AAAA', name: 'right.example' }] }));
      answer(encode({ type: 'response', id: id ^ 1, questions: message.questions! }));
      answer(encode({ type: 'query', id, questions: message.questions! }));
      answer(Buffer.from('nonsense'));
      answer(encode({ type: 'response', id, questions: [] }));
    };
    const guest = openDns(0);
    guest.ask(query(3, 'right.example'));
    await lan.until(() => dns.stats.unexpected === 6);
    expect([guest.answers(), dns.stats.waiting]).toEqual([[], 1]);
    // In other letters it is the same question (RFC 4343).
    respond = () => {};
    const { message, answer } = asked[0]!;
    answer(encode({ type: 'response', id: message.id, questions: [{ type: 'A', name: 'RIGHT.example' }] }));
    await lan.until(() => dns.stats.answers === 1);
  });

  test('an answer from elsewhere than the resolver is not heard', async () => {
    respond = () => {};
    const guest = openDns(0);
    guest.ask(query(3, 'right.example'));
    await lan.until(() => asked.length === 1);
    const stranger = createSocket('udp4');
    others.push(stranger);
    // The port to which the resolver would answer.
    const port = await new Promise<number>((resolve) => {
      resolver.socket.once('message', (_bytes, from) => resolve(from.port));
      guest.ask(query(4, 'again.example'));
      void lan.until(() => asked.length === 2);
    });
    const { message } = asked[0]!;
    stranger.send(encode({ type: 'response', id: message.id, questions: message.questions! }), port, '127.0.0.1');
    await lan.settle();
    expect(guest.answers()).toEqual([]);
    expect(dns.stats).toMatchObject({ answers: 0, unexpected: 0 });
  });

  test('what is no query is counted and not passed on', async () => {
    const guest = openUdp(lan.guests[0]!);
    const question: Question = { type: 'A', name: 'x.example' };
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('short'),
      encode({ type: 'response', id: 1, questions: [question] }),
      encode({ type: 'query', id: 1, questions: [] }),
      encode({ type: 'query', id: 1, questions: [question, question] }),
    ]) {
      ask(guest, bytes);
    }
    await lan.until(() => dns.stats.malformed === 5);
    await lan.settle();
    expect([asked.length, dns.stats.queries]).toEqual([0, 0]);
  });

  test('a guest with too many queries loses its oldest; the other guest is answered', async () => {
    respond = ({ message }) => {
      if (message.questions![0]!.name === 'fine.example') answerAll(asked.at(-1)!);
    };
    const flooder = openDns(0);
    for (let index = 0; index < 200; index += 1) {
      flooder.ask(query(index, `${index}.example`));
      lan.pass(1);
    }
    await lan.until(() => dns.stats.queries === 200);
    expect(dns.stats).toMatchObject({ waiting: 8, evicted: 192 });
    const other = openDns(1);
    other.ask(query(1, 'fine.example'));
    let answer: Packet | undefined;
    await lan.until(() => {
      answer ??= other.answers()[0];
      return answer !== undefined;
    });
    expect(answer?.id).toBe(1);
  });

  test('misuse is refused', () => {
    const right = { address: gatewayAddress, resolver: { address: '127.0.0.1' } };
    expect(() => gateway.serveDns(right)).toThrow('port 53');
    expect(() => gateway.serveDns({ ...right, address: 'here' })).toThrow(TypeError);
    expect(() => gateway.serveDns({ ...right, resolver: { address: 'resolver.example' } })).toThrow(TypeError);
    expect(() => gateway.serveDns({ ...right, resolver: { address: '127.0.0.1', port: 0 } })).toThrow(RangeError);
    expect(() => gateway.serveDns({ ...right, maxQueries: 65_536 })).toThrow(RangeError);
    expect(() => gateway.serveDns({ ...right, timeoutMs: 0 })).toThrow(RangeError);
  });
});

test('any bytes, and any damage to a message: read or not, never an exception, never for ever', () => {
  const whole = fc.constantFrom(
    query(1, 'a.b.example'),
    encode({
      type: 'response',
      id: 1,
      questions: [{ type: 'A', name: 'a.b.example' }],
      answers: [
        { type: 'CNAME', name: 'a.b.example', data: 'c.b.example' },
        { type: 'MX', name: 'c.b.example', data: { preference: 1, exchange: 'a.b.example' } },
        { type: 'TXT', name: 'c.b.example', data: ['x', 'y'] },
      ],
    }),
  );
  const damage = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 10 });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), fc.tuple(whole, damage, fc.nat(200))), (input) => {
      let bytes = Buffer.alloc(0);
      if (input instanceof Uint8Array) bytes = Buffer.from(input);
      else {
        bytes = Buffer.from(input[0]);
        for (const [at, value] of input[1]) if (at < bytes.length) bytes[at] = value;
        bytes = bytes.subarray(0, Math.max(0, bytes.length - Math.floor(input[2] / 4)));
      }
      const read = [readQuery(bytes), readResponse(bytes)];
      expect(read.filter((each) => each !== null).length).toBeLessThan(2);
      failureFor(bytes);
    }),
    { numRuns: 3000 },
  );
});
