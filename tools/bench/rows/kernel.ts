import { createNetstack } from '@synos/netstack';
import { createCable } from '@synos/nic';
import { httpd } from '@synos/userland/httpd';
import { sha256 } from '@synos/userland/sha256';
import { check } from '../harness/honesty.js';
import { comparedOutcome } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { closureLoopPerSecond } from '../kernel/closure-loop.js';
import { HttpLoad } from '../kernel/http-client.js';
import { TypeScriptServer } from '../kernel/http-server.js';
import { bootKernel } from '../kernel/machine.js';
import { tinyElf } from '../kernel/tiny-elf.js';
import { cabledHosts, entropy } from '../ours/hosts.js';
import { pairOptions, type Row } from './row.js';

/** Times that the CPU is measured; the best counts, because what disturbs it only makes it slower. */
const attempts = 5;

/** A C program's SHA-256 in ring 3, instruction by instruction. */
const cpuSha256: Row = {
  name: 'cpu_sha256',
  title: 'simulated CPU: instructions of SHA-256 (gcc -O2), next to a loop of closures; by CPU time, best of 5',
  unit: 'M/s',
  marks: null,
  isPlain: true,
  async run(effort) {
    const kilobytes = effort.isQuick ? 64 : 2048;
    let ours = 0;
    let peer = 0;
    let digest = '';
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { machine, turn, console: said } = bootKernel(sha256, [String(kilobytes)]);
      const before = machine.instructions;
      const cpu = process.cpuUsage();
      while (turn());
      const { user, system } = process.cpuUsage(cpu);
      ours = Math.max(ours, (machine.instructions - before) / (user + system));
      peer = Math.max(peer, closureLoopPerSecond(effort.isQuick ? 20_000 : 1_000_000) / 1e6);
      digest = said().trim();
      check(/[0-9a-f]{64}/.test(digest), `no digest: ${digest}`);
    }
    return {
      metric: { ours, peer, ratio: ours / peer },
      comparison: null,
      more: {},
      notes: [
        `goal 20; the whole machine is counted, kernel and boot included; ${kilobytes} KB: ${digest.slice(0, 40)}`,
      ],
    };
  },
};

/** getpid in a loop: mov eax, 39; int 0x80; jmp. */
const getpidLoop = [0xb8, 39, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7];

/** Into the kernel and back. */
const int80: Row = {
  name: 'int80',
  title: 'INT 0x80 from ring 3 and back: gate, frame, dispatch of getpid, IRETQ',
  unit: 'µs',
  marks: null,
  isPlain: true,
  async run(effort) {
    const program = { name: 'loop', bytes: () => tinyElf(getpidLoop) };
    const { machine, turn } = bootKernel(program, []);
    const perCallUs = (milliseconds: number): number => {
      const before = machine.instructions;
      const startMs = performance.now();
      while (performance.now() - startMs < milliseconds) turn();
      // Three instructions a call.
      return ((performance.now() - startMs) * 3000) / (machine.instructions - before);
    };
    perCallUs(effort.isQuick ? 200 : 2000);
    const best = Math.min(...Array.from({ length: attempts }, () => perCallUs(effort.isQuick ? 100 : 1000)));
    return {
      metric: { ours: best, peer: null, ratio: null },
      comparison: null,
      more: {},
      notes: ['goal 2 µs; best of 5'],
    };
  },
};

const concurrency = 16;

/** The same page by the C program in a booted kernel, and by a server in TypeScript on the stack. */
const httpRequests: Row = {
  name: 'http_requests',
  title: `requests to httpd in ring 3 through the kernel, next to a server in TypeScript; ${concurrency} connections`,
  unit: '/s',
  marks: null,
  isPlain: true,
  async run(effort) {
    const ours = kernelSide();
    const peer = typeScriptSide(ours.responseBytes());
    const comparison = await runPairs(ours, peer, pairOptions(effort, { start: 200, least: 50, most: 2 ** 31 }));
    ours.close();
    peer.close();
    return comparedOutcome('http_requests', comparison, []);
  },
};

function sideOf(load: HttpLoad, close: () => void): Side {
  return {
    async round(amount) {
      const watch = new Stopwatch();
      load.run(amount);
      return watch.sample(amount);
    },
    close,
  };
}

function kernelSide(): Side & { responseBytes(): number } {
  const cable = createCable({ mtuBytes: 1500 });
  const { machine, turn } = bootKernel(httpd, ['80'], cable.b);
  const { clock } = machine;
  const interfaces = [{ device: cable.a, addresses: ['10.0.0.1/24'] }];
  const client = createNetstack({ clock, entropy, loopback: false, interfaces });
  const pump = (isDone: () => boolean): void => {
    while (!isDone()) {
      check(turn(), 'the kernel is off');
      client.poll(clock.now(), 256);
    }
  };
  // Until the server listens.
  const until = clock.now() + 100;
  pump(() => clock.now() >= until);
  const load = new HttpLoad(client, 80, concurrency, pump);
  load.run(1);
  return { ...sideOf(load, () => client.dispose()), responseBytes: () => load.responseBytes };
}

/** A server whose answer has as many bytes as the C program's. */
function typeScriptSide(responseBytes: number): Side {
  const hosts = cabledHosts();
  const head = (length: number): string =>
    `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${length}\r\n\r\n`;
  const body = responseBytes - head(responseBytes).length;
  const text = head(body) + ' '.repeat(Math.max(0, body));
  new TypeScriptServer(
    hosts.server,
    80,
    Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
  );
  const load = new HttpLoad(hosts.client, 80, concurrency, (isDone) => hosts.pump(isDone));
  return sideOf(load, () => hosts.dispose());
}

/** What a machine of ours costs. */
export const kernelRows: readonly Row[] = [cpuSha256, int80, httpRequests];
