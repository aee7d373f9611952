import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compilerMissing, createWorkshop, pureLibc, type Workshop } from './native.js';

// The C of httpd over sockets that are none: chance cuts what clients send and what they take into pieces.

interface Request {
  readonly text: string;
  /** Status of the answer, and whether the connection goes on. */
  readonly status: number;
  readonly goesOn: boolean;
  readonly isHead?: boolean;
}

const host = 'Host: 10.0.0.1';
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;
const request = (status: number, goesOn: boolean, ...all: string[]): Request => ({
  text: lines(...all),
  status,
  goesOn,
});
const head = (one: Request): Request => ({ ...one, isHead: true });

/** Requests, and what RFC 9110 and 9112 say of them. */
const known: readonly Request[] = [
  request(200, true, 'GET / HTTP/1.1', host),
  request(200, true, 'GET /?a=b HTTP/1.1', host, 'User-Agent: x', 'Accept: */*'),
  request(200, true, 'GET http://10.0.0.1/ HTTP/1.1', host),
  request(200, true, 'GET http://10.0.0.1 HTTP/1.1', host),
  request(200, true, 'GET / HTTP/1.1', 'hOsT:x', 'Content-Length: 0'),
  request(200, true, 'GET /stats HTTP/1.1', host),
  { text: `\r\n\r\nGET / HTTP/1.1\n${host}\n\n`, status: 200, goesOn: true },
  head(request(200, true, 'HEAD / HTTP/1.1', host)),
  head(request(404, true, 'HEAD /x HTTP/1.1', host)),
  head(request(200, true, 'HEAD /stats HTTP/1.1', host)),
  request(404, true, 'GET /favicon.ico HTTP/1.1', host),
  request(405, true, 'DELETE / HTTP/1.1', host),
  request(200, false, 'GET / HTTP/1.1', host, 'Connection: close'),
  request(200, false, 'GET / HTTP/1.1', host, 'connection:  x , CLOSE\t'),
  request(200, true, 'GET / HTTP/1.1', host, 'Connection: keep-alive, closed'),
  request(200, false, 'GET / HTTP/1.0'),
  request(405, false, 'POST / HTTP/1.1', host, 'Content-Length: 3'),
  request(200, false, 'GET / HTTP/1.1', host, 'Transfer-Encoding: chunked'),
  request(400, false, 'GET / HTTP/1.1'),
  request(400, false, 'GET / HTTP/1.1', host, host),
  request(400, false, 'GET /'),
  request(400, false, 'GET  / HTTP/1.1', host),
  request(400, false, 'GET / HTTP/1.1 ', host),
  request(400, false, 'GET x HTTP/1.1', host),
  request(400, false, 'G@T / HTTP/1.1', host),
  request(400, false, 'GET / HTTP/1.1', host, 'No colon'),
  request(400, false, 'GET / HTTP/1.1', host, 'Space : before'),
  request(400, false, 'GET / HTTP/1.1', host, 'A: b', ' folded'),
  request(400, false, 'GET / HTTP/1.1', host, 'A: b\0c'),
  request(400, false, 'GET / HTTP/1.1', host, 'A: b\rc'),
  request(400, false, 'GET / http/1.1', host),
  request(505, false, 'GET / HTTP/2.0', host),
  { text: 'x'.repeat(2048), status: 431, goesOn: false },
  request(431, false, 'GET / HTTP/1.1', host, `Cookie: ${'y'.repeat(2048)}`),
];

interface Client {
  readonly requests: readonly Request[];
  readonly ending: 'h' | 'w' | 'n' | 's';
}

/** Answers one after the other; undefined where the bytes are no whole answers. */
function parseAnswers(bytes: Buffer, requests: readonly Request[]) {
  const answers: { status: number; closes: boolean; body: string }[] = [];
  let rest = bytes.toString('latin1');
  for (const { isHead } of requests) {
    const end = rest.indexOf('\r\n\r\n');
    const header = rest.slice(0, end);
    const status = /^HTTP\/1\.1 (\d{3}) [^\r]+\r\n/.exec(header)?.[1];
    const length = /\r\nContent-Length: (\d+)(?:\r\n|$)/.exec(header)?.[1];
    if (end < 0 || status === undefined || length === undefined) break;
    const bodyLength = isHead ? 0 : Number(length);
    const body = rest.slice(end + 4, end + 4 + bodyLength);
    if (body.length < bodyLength) break;
    rest = rest.slice(end + 4 + bodyLength);
    answers.push({ status: Number(status), closes: /\r\nConnection: close(\r\n|$)/.test(header), body });
  }
  return { answers, rest };
}

const missing = compilerMissing();
if (missing !== undefined) console.warn(`userland: httpd is not run over sockets of the test: ${missing}`);

describe.runIf(missing === undefined)('httpd', () => {
  let workshop: Workshop;
  let program = '';
  beforeAll(() => {
    workshop = createWorkshop();
    const parts = ['connection', 'main', 'page', 'request', 'response'].map((name) => `programs/httpd/${name}.c`);
    program = workshop.build('httpd', [...pureLibc, ...parts], ['fake-sockets.c']);
  });
  afterAll(() => workshop.dispose());

  const run = (seed: number, descriptors: number, clients: readonly string[]) =>
    execFileSync(program, [String(seed), String(descriptors)], {
      input: `${clients.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [end, shut, hex = ''] = line.split(' ');
        return { end, isShut: shut === 'shut', got: Buffer.from(hex, 'hex') };
      });

  const lineOf = ({ requests, ending }: Client): string =>
    `${ending} -1 ${Buffer.from(requests.map(({ text }) => text).join(''), 'latin1').toString('hex')}`;

  /** What a client must have got: answers up to the first that ends the connection. */
  function expectAnswers(client: Client, result: { end: string | undefined; isShut: boolean; got: Buffer }): void {
    const last = client.requests.findIndex(({ goesOn }) => !goesOn);
    const answered = last < 0 ? client.requests : client.requests.slice(0, last + 1);
    const { answers, rest } = parseAnswers(result.got, answered);
    expect(rest).toBe('');
    expect(answers.map(({ status }) => status)).toEqual(answered.map(({ status }) => status));
    expect(answers.map(({ closes }) => closes)).toEqual(answered.map(({ goesOn }) => !goesOn));
    for (const [index, { body, status }] of answers.entries()) {
      if (answered[index]?.isHead) continue;
      if (/^(\r\n)*GET \/stats /.test(answered[index]?.text ?? ''))
        expect(body).toMatch(/^requests \d+\naccepted \d+\n/);
      else if (status === 200) expect(body).toContain('This page came from a C program in ring 3.');
      else expect(body).toMatch(/\.\n$/);
    }
    // An end of ours is said before the connection is closed: a close with bytes unread would be a reset.
    expect(result.isShut).toBe(last >= 0);
    expect(result.end).toBe('closed');
  }

  const requests = fc.array(fc.constantFrom(...known), { maxLength: 12 });
  const client = fc.record({ requests, ending: fc.constantFrom('h', 'w', 'n', 's') }) as fc.Arbitrary<Client>;

  test('answers every request, in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(client, { minLength: 1, maxLength: 30 }), fc.nat(1_000_000), (clients, seed) => {
        const results = run(seed, 1000, clients.map(lineOf));
        expect(results).toHaveLength(clients.length);
        for (const [index, one] of clients.entries()) expectAnswers(one, results[index] as (typeof results)[0]);
      }),
      { numRuns: process.env.SYNOS_LONG ? 5000 : 60 },
    );
  });

  test('answers each kind of request as it should be', () => {
    const clients = known.map((one): Client => ({ requests: [one], ending: 'w' }));
    const results = run(1, 1000, clients.map(lineOf));
    // Those that wait for our end, and get none, are sent away for their silence.
    for (const [index, one] of clients.entries()) expectAnswers(one, results[index] as (typeof results)[0]);
  });

  test('gives each client its time, whoever had its place before', () => {
    const one = known.slice(0, 1);
    const clients: Client[] = [
      { requests: one, ending: 'n' },
      { requests: one, ending: 's' },
      { requests: one, ending: 'n' },
      { requests: one, ending: 's' },
    ];
    const results = run(3, 1, clients.map(lineOf));
    for (const [index, client] of clients.entries()) expectAnswers(client, results[index] as (typeof results)[0]);
  });

  test('serves 1,500 clients, of which 1,024 at a time, and fewer where descriptors run out', () => {
    const clients: Client[] = Array.from({ length: 1500 }, (_, index) => ({
      requests: [known[index % known.length] as Request],
      ending: index % 3 === 0 ? 'n' : 'h',
    }));
    for (const descriptors of [2000, 100]) {
      const results = run(7, descriptors, clients.map(lineOf));
      for (const [index, one] of clients.entries()) expectAnswers(one, results[index] as (typeof results)[0]);
    }
  });

  test('bytes of any kind, and clients that vanish, end with a close and nothing else', () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(fc.constantFrom('GET ', '/ ', 'HTTP/1.1', '\r\n', '\n', 'Host: x', ':', ' ', '\0', '\r', 'http://'), {
          maxLength: 60,
        })
        .map((words) => Buffer.from(words.join(''))),
    );
    const vanishing = fc.tuple(fc.constantFrom('h', 'w', 'n', 'r'), fc.integer({ min: -1, max: 900 }), wild);
    fc.assert(
      fc.property(fc.array(vanishing, { minLength: 1, maxLength: 20 }), fc.nat(1_000_000), (clients, seed) => {
        const input = clients.map(([ending, limit, bytes]) => `${ending} ${limit} ${bytes.toString('hex')}`);
        const results = run(seed, 1000, [...input, lineOf({ requests: [known[0] as Request], ending: 'h' })]);
        for (const { end } of results) expect(end).toBe('closed');
        expectAnswers(
          { requests: [known[0] as Request], ending: 'h' },
          results.at(-1) as NonNullable<(typeof results)[0]>,
        );
      }),
      { numRuns: process.env.SYNOS_LONG ? 5000 : 60 },
    );
  });
});
