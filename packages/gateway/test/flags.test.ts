import { describe, expect, test } from 'vitest';
import { parseFlags, usage } from '../src/command/flags.js';

const read = (...args: string[]): ReturnType<typeof parseFlags> => parseFlags(args, '/home/someone');

describe('the command line', () => {
  test('what is not told', () => {
    expect(read('--stream', 'lan')).toEqual({
      streams: ['/home/someone/lan'],
      listens: [],
      address: '10.0.0.1/24',
      guests: 16,
      forwards: [],
      allow: undefined,
      dns: undefined,
      pcap: undefined,
      json: false,
    });
  });

  test('everything', () => {
    const args = ['--stream', 'a', '--stream', '/b', '--listen', '127.0.0.1:0', '--address', '192.168.9.254/24'];
    args.push('--guests', '64', '--forward', '8080=10.0.0.2:80', '--forward', 'localhost:53=10.0.0.3:53/udp');
    args.push('--forward', '1.2.3.4:0=10.0.0.3:1/tcp', '--allow', '127.0.0.0/8', '--allow', '192.0.2.1');
    args.push('--dns', '192.0.2.53', '--pcap', 'x.pcapng', '--json');
    expect(read(...args)).toEqual({
      streams: ['/home/someone/a', '/b'],
      listens: [{ host: '127.0.0.1', port: 0 }],
      address: '192.168.9.254/24',
      guests: 64,
      forwards: [
        { protocol: 'tcp', host: '127.0.0.1', port: 8080, guest: { address: '10.0.0.2', port: 80 } },
        { protocol: 'udp', host: 'localhost', port: 53, guest: { address: '10.0.0.3', port: 53 } },
        { protocol: 'tcp', host: '1.2.3.4', port: 0, guest: { address: '10.0.0.3', port: 1 } },
      ],
      allow: ['127.0.0.0/8', '192.0.2.1'],
      dns: { address: '192.0.2.53', port: 53 },
      pcap: '/home/someone/x.pcapng',
      json: true,
    });
    expect(read('--stream', 'a', '--dns', '127.0.0.1:5353')).toMatchObject({
      dns: { address: '127.0.0.1', port: 5353 },
    });
  });

  test('help, before anything else is looked at', () => {
    expect(read('--help')).toBe('help');
    expect(read('-h', '--guests', '0')).toBe('help');
    for (const [flag] of usage.matchAll(/--[a-z]+(?= )/g)) {
      if (flag !== '--help') expect(JSON.stringify(read(flag))).not.toContain('Unknown option');
    }
  });

  test.each<[string[], RegExp]>([
    [[], /^--stream SOCKET is needed/],
    [['--nonsense'], /^Unknown option '--nonsense'$/],
    [['word'], /^Unexpected argument 'word'$/],
    [['--stream'], /^Option '--stream <value>' argument missing$/],
    [['--stream', 'x'.repeat(100)], /^--stream takes a path of 10[37] bytes at most, not \/home\/someone\/x+$/],
    [['--stream', ''], /^--stream takes the name of a file$/],
    [['--stream', 'a', '--pcap', ''], /^--pcap takes the name of a file$/],
    [['--listen', '8080'], /^--listen takes HOST:PORT, not '8080'$/],
    [['--listen', '127.0.0.1:65536'], /^--listen takes HOST:PORT/],
    ...['0', '65', 'x', '-1'].map((n): [string[], RegExp] => [
      ['--stream', 'a', `--guests=${n}`],
      /^--guests takes a number/,
    ]),
    ...[
      '10.0.0.1',
      '10.0.0.1/31',
      '10.0.0.0/24',
      '10.0.0.255/24',
      '127.0.0.1/8',
      '224.0.0.1/24',
      '::1/24',
      '0.0.0.1/8',
      'x/24',
      '10.0.0.1/7',
    ].map((address): [string[], RegExp] => [
      ['--stream', 'a', '--address', address],
      /^--address takes a host's address/,
    ]),
    ...[
      '80',
      '80=10.0.0.2',
      '80=10.0.0.2:0',
      '65536=10.0.0.2:1',
      '80=10.0.0.256:1',
      '80=host:1',
      '80=10.0.0.2:1/sctp',
      '=10.0.0.2:1',
    ].map((forward): [string[], RegExp] => [
      ['--stream', 'a', '--forward', forward],
      /^--forward takes \[HOST:\]PORT=GUEST:PORT/,
    ]),
    ...['everything', '10.0.0.0/33', '::/0'].map((allow): [string[], RegExp] => [
      ['--stream', 'a', '--allow', allow],
      /^--allow takes a network/,
    ]),
    ...['resolver', '127.0.0.1:0', '127.0.0.1:65536', '::1'].map((dns): [string[], RegExp] => [
      ['--stream', 'a', '--dns', dns],
      /^--dns takes ADDRESS/,
    ]),
  ])('%j', (args, wrong) => {
    const flags = read(...args);
    expect(flags).toEqual({ wrong: expect.stringMatching(wrong) });
  });
});
