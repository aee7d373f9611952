import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errno, linuxProfile, systemCallSignatures, writeIovec } from '@synos/abi';
import { expect, test } from 'vitest';
import { createDispatcher, createTrace, type Handlers } from '../src/index.js';
import { createFrame, FakeMemory, fill } from './fake-process.js';

// The same calls made by a real program under the real strace, and by ours over the same bytes at the same addresses.

type Name = keyof typeof linuxProfile.numbers;

const base = 0x1000_0000;
const at = base + 0x100;
const inet = [2, 0, 0, 1, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const inet6 = [10, 0, 0, 1, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1, 7, 0, 0, 0];
const iovecs = () => {
  const view = new DataView(new ArrayBuffer(48));
  writeIovec(view, 0, { base: at + 32, lengthBytes: 3 });
  writeIovec(view, 16, { base: at + 35, lengthBytes: 40 });
  return [...new Uint8Array(view.buffer).subarray(0, 32), ...Array(43).fill(0x61)];
};

/** Calls, with what lies at `at`. Their descriptors are not open, so that nothing happens. */
const calls: readonly { name: Name; values: number[]; bytes?: readonly number[] | string }[] = [
  { name: 'getpid', values: [] },
  { name: 'connect', values: [99, at, 16], bytes: inet },
  { name: 'connect', values: [99, at, 28], bytes: inet6 },
  { name: 'connect', values: [99, 0, 16] },
  { name: 'connect', values: [99, 5, 16] },
  { name: 'bind', values: [99, at, 10], bytes: '\x01\0/run/x\0\0' },
  { name: 'socket', values: [99, 1, 0] },
  { name: 'socket', values: [2, 0o2004001, 99] },
  { name: 'listen', values: [99, 128] },
  { name: 'shutdown', values: [99, 1] },
  { name: 'accept', values: [99, 0, 0] },
  { name: 'accept4', values: [99, at, at + 32, 0o2004000], bytes: [...Array(32).fill(0), 128, 0, 0, 0] },
  { name: 'getsockname', values: [99, at, at + 32], bytes: [...Array(32).fill(0), 16, 0, 0, 0] },
  { name: 'sendto', values: [99, at, 5, 0x4040, 0, 0], bytes: 'a"\\\n\x01' },
  { name: 'sendto', values: [99, at, 3, 1, at + 16, 16], bytes: [...Array(16).fill(0x62), ...inet] },
  { name: 'recvfrom', values: [99, at, 100, 2, 0, 0] },
  { name: 'write', values: [99, at, 40], bytes: 'x'.repeat(40) },
  { name: 'write', values: [99, at, 32], bytes: 'x'.repeat(40) },
  { name: 'write', values: [99, at, 8], bytes: '\x011\x7f\xff\t9\x005' },
  { name: 'read', values: [99, at, 10] },
  { name: 'readv', values: [99, at, 2], bytes: iovecs() },
  { name: 'writev', values: [99, at, 2], bytes: iovecs() },
  { name: 'openat', values: [-100, at, 0o2000000], bytes: '/nowhere/at/all/and/longer/than/strings/are\0' },
  { name: 'open', values: [at, 0o1101, 0o644], bytes: '/nowhere/x\0' },
  { name: 'open', values: [at, 0o2204000], bytes: '/nowhere/x\0' },
  { name: 'mmap', values: [0, 0, 3, 0x22, -1, 0] },
  { name: 'mmap', values: [0x1000, 0, 0, 0x4012, 99, 4096] },
  { name: 'munmap', values: [1, 4096] },
  { name: 'mprotect', values: [1, 4096, 5] },
  { name: 'fcntl', values: [99, 3] },
  { name: 'fcntl', values: [99, 4, 0o4002] },
  { name: 'fcntl', values: [99, 0, 10] },
  { name: 'epoll_ctl', values: [99, 1, 98, at], bytes: [1, 0, 0, 0x80, 7, 0, 0, 0, 1, 0, 0, 0] },
  { name: 'epoll_create1', values: [0o2000001] },
  { name: 'poll', values: [at, 1, 0], bytes: [99, 0, 0, 0, 5, 0, 0, 0] },
  { name: 'nanosleep', values: [at, 0], bytes: [...Array(8).fill(0xff), ...Array(8).fill(0)] },
  { name: 'clock_gettime', values: [99, at] },
  { name: 'kill', values: [0x7fff_ffff, 15] },
  { name: 'lseek', values: [99, -1, 2] },
  { name: 'dup2', values: [99, -1] },
  { name: 'pipe2', values: [0, 0o2000000] },
  { name: 'close', values: [-1] },
  { name: 'setsockopt', values: [99, 99, 1, at, 4], bytes: [1, 0, 0, 0] },
];

const toBytes = (bytes: readonly number[] | string = []): number[] =>
  typeof bytes === 'string' ? Array.from(bytes, (character) => character.charCodeAt(0)) : [...bytes];

function program(): string {
  const made = calls.map(({ name, values, bytes }) => {
    const list = toBytes(bytes);
    const literal = `(unsigned char[]){${[...list, 0].join(',')}}`;
    const six = Array.from({ length: 6 }, (_, index) => `${values[index] ?? 0}L`);
    return `memset((void*)${at}L, 0, 256); memcpy((void*)${at}L, ${literal}, ${list.length}); syscall(${linuxProfile.numbers[name]}L, ${six});`;
  });
  return `#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
  mmap((void*)${base}L, 4096, 3, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  getppid();
  ${made.join('\n  ')}
  return 0;
}
`;
}

/** What is missing for the comparison. */
function lacking(): string | undefined {
  for (const [tool, flag] of [['gcc', '--version'] as const, ['strace', '-V'] as const]) {
    try {
      execFileSync(tool, [flag], { stdio: 'ignore' });
    } catch {
      return `${tool} is not installed`;
    }
  }
  return process.arch === 'x64' && process.platform === 'linux' ? undefined : 'not Linux on x86-64';
}

const reason = lacking();
if (reason !== undefined) console.log(`strace.test.ts: skipped, ${reason}`);

test.skipIf(reason !== undefined)(`as strace prints it${reason === undefined ? '' : `: ${reason}`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'synos-strace-'));
  try {
    writeFileSync(join(folder, 'calls.c'), program());
    execFileSync('gcc', ['-w', '-O0', '-o', join(folder, 'calls'), join(folder, 'calls.c')]);
    execFileSync('strace', ['-o', join(folder, 'trace'), join(folder, 'calls')]);
    const lines = readFileSync(join(folder, 'trace'), 'latin1').split('\n');
    const start = lines.findIndex((line) => line.startsWith('getppid('));
    const real = lines.slice(start + 1, start + 1 + calls.length);
    expect(real.map(normal)).toHaveLength(calls.length);
    const ours = calls.map((call, index) => traced(call, answerIn(real[index]!)));
    expect(ours.map(normal)).toEqual(real.map(normal));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Without the spaces before the equals sign. */
const normal = (line: string): string => line.replace(/\) += /, ') = ');

function answerIn(line: string): number {
  const found = /\) += (-?\w+)(?: (E\w+))?/.exec(line);
  if (found === null) throw new Error(line);
  return found[2] === undefined ? Number(found[1]) : -errno[found[2] as keyof typeof errno];
}

function traced({ name, values, bytes }: (typeof calls)[number], answer: number): string {
  const memory = new FakeMemory(4096, base);
  memory.put(at, toBytes(bytes));
  const lines: string[] = [];
  const handlers = {
    [name]: () => {
      // poll(2) on what is not open, which is the only call that fills anything.
      if (name === 'poll') memory.view.setInt16(at - base + 6, 0x20, true);
      return answer;
    },
  };
  const { dispatch } = createDispatcher<{ memory: FakeMemory }, typeof systemCallSignatures>({
    profile: linuxProfile,
    signatures: systemCallSignatures,
    handlers: handlers as Handlers<{ memory: FakeMemory }, typeof systemCallSignatures>,
    observer: createTrace((line) => lines.push(line)),
  });
  const frame = createFrame(linuxProfile.vector);
  fill(frame, linuxProfile.numbers[name], ...values);
  dispatch(frame, { memory });
  return lines.join('\n');
}
