import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('http-server: a page over our TCP', async () => {
  const output = await runExample('http-server');
  expect(output).toContain('You asked for /index.html.');
  expect(output).toMatch(/frames: [1-9]\d* to the server, [1-9]\d* back/);
});

test('capture: a pcapng file with the handshake and the text', async () => {
  const path = join(tmpdir(), `synos-capture-${process.pid}.pcapng`);
  const output = await runExample('capture', path);
  const count = Number(/^(\d+) frames in /.exec(output)?.[1]);
  expect(count).toBeGreaterThan(8);
  const file = readFileSync(path);
  expect(file.readUInt32LE(0)).toBe(0x0a0d0d0a);
  expect(file.includes('captured')).toBe(true);
});

test('property-test: a property of any TCP behind TcpTarget', async () => {
  expect(await runExample('property-test')).toBe('acknowledgements never went back in 500 conversations\n');
});

test('heap: a list of structs in the memory of WebAssembly', async () => {
  const output = await runExample('heap');
  expect(output).toContain('sum of 1000 nodes: 500500\n');
  expect(output).toContain('after freeing all: 0 live, largest free block 196584 bytes\n');
  expect(output).toMatch(/heap: block 0x[0-9a-f]+: /);
});

test('int-0x80: memory, traps and system calls over the bytes of one RAM', async () => {
  expect((await runExample('int-0x80')).trimEnd().split('\n')).toEqual([
    'page fault at 0x400000, error code 6: resolved',
    'the program says: hello',
    'write(1, "hello", 5)                    = 5',
    'write(1, 0xffff800000000000, 5)         = -1 EFAULT (Bad address)',
    'echo(0x400400, 22, 33, 44, 55, 66)      = 0',
    'echo saw 0x2000 0x400400 0x16 0x21 0x2c 0x37 0x42',
    'all other registers are as they were',
    'SYSCALL in ring 3',
  ]);
});

test("own-system-calls: a table of one's own, with a call that waits", async () => {
  const output = await runExample('own-system-calls');
  expect(output.split('\n').slice(0, 4)).toEqual([
    '[1] await_guest(1000 <unfinished ...>',
    '[1] <... await_guest resumed>)          = 1',
    'thread 1 may run again',
    '[2] greet("Ada")                        = 1',
  ]);
  expect(output).toContain('await_guest answered 1, a bad address -14: -14');
  expect(output).toMatch(/3 +0x3 +no +int leave\(void\)/);
});

test('boot-kernel: a C program in ring 3, each of its system calls told', async () => {
  const output = await runExample('boot-kernel');
  expect(output).toMatch(/^\[pid 2\] write\(1, ".*"(?:\.\.\.)?, \d+\) += \d+$/m);
  expect(output).toContain('init ended with status 0\n');
});

test.each(['ours', 'host', 'memory'])('kernel-networks: the same program over %s', async (network) => {
  expect(await runExample('kernel-networks', '--network', network)).toContain('the same program, over any network\n');
});
