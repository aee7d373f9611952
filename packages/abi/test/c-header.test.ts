import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cHeader } from '../src/c-header/index.js';
import * as abi from '../src/index.js';
import { cMissing, headers, runC } from './c-compiler.js';

const folder = mkdtempSync(join(tmpdir(), 'synos-abi-header-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const strict = ['-ffreestanding', '-nostdlib', '-Wall', '-Wextra', '-Werror', '-pedantic', '-I', folder];

function has(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
const lacks = (tool: string): string | undefined => {
  if (cMissing !== undefined) return cMissing;
  if (has(tool)) return undefined;
  console.warn(`abi: the C header is not tried with ${tool}: there is none`);
  return `no ${tool}`;
};
const missing = { gcc: cMissing, 'g++': lacks('g++'), clang: lacks('clang'), objdump: lacks('objdump') };

/** Compiles a text, and answers where the result is. Nothing of it is run here. */
function compile(compiler: string, options: string[], source: string, extension = 'c'): string {
  const file = join(folder, `program.${extension}`);
  writeFileSync(file, source);
  const output = join(folder, 'program.out');
  execFileSync(compiler, [...strict, ...options, '-o', output, file], { stdio: 'pipe' });
  return output;
}

const profiles: abi.SystemCallProfile[] = [abi.linuxProfile, abi.synosProfile];

describe.each(profiles)('the header of $name', (profile) => {
  const file = `${profile.name}.h`;
  const text = cHeader(profile);
  writeFileSync(join(folder, file), text);
  const isLinux = profile.name === 'linux-x86_64';

  /** One function for each call, whose arguments arrive in rdi, rsi, rdx, rcx, r8, r9. */
  const callers = profile.calls.map(({ name }) => {
    const { arguments: taken, returns } = abi.signatureOf(name) as abi.SystemCallSignature;
    const parameters = taken.map(({ type }, index) => `${type} a${index}`).join(', ') || 'void';
    const call = `sys_${name}(${taken.map((_, index) => `a${index}`).join(', ')})`;
    return returns === 'never'
      ? `void use_${name}(${parameters});\nvoid use_${name}(${parameters}) { ${call}; }`
      : `long use_${name}(${parameters});\nlong use_${name}(${parameters}) { return ${call}; }`;
  });
  const program = `#include "${file}"\n#include "${file}"\n${callers.join('\n')}\n`;

  test('is the same each time, and of this profile alone', () => {
    expect(cHeader(profile)).toBe(text);
    expect(text.includes('int $0x80')).toBe(!isLinux);
    expect(text.includes('"syscall"')).toBe(isLinux);
    expect(text.includes('SYS_echo')).toBe(!isLinux);
    for (const { name, number } of profile.calls) {
      expect(text).toMatch(new RegExp(`^#define SYS_${name} (${number}|0x${number.toString(16)})$`, 'm'));
    }
    expect(text.match(/^#define SYS_/gm)?.length).toBe(profile.calls.length);
  });

  test.each([
    ['gcc', '-std=c11', '-O0'],
    ['gcc', '-std=c11', '-O2'],
    ['gcc', '-std=gnu17', '-Os'],
    ['g++', '-std=c++11', '-O2'],
    ['g++', '-std=c++20', '-O2'],
    ['clang', '-std=c11', '-O2'],
  ] as const)('compiles with %s %s %s, with a call of each function, warnings being errors', (compiler, std, level) => {
    const why = missing[compiler];
    if (why !== undefined) return console.warn(`abi: ${compiler} ${std} not tried: ${why}`);
    compile(compiler, [std, level, '-c'], program, compiler === 'g++' ? 'cc' : 'c');
  });

  test('has the number in rax and each argument in its register, and one trap a call', (context) => {
    if (missing.objdump !== undefined) context.skip(missing.objdump);
    const object = compile('gcc', ['-std=c11', '-O2', '-fomit-frame-pointer', '-fcf-protection=none', '-c'], program);
    const listing = execFileSync('objdump', ['-d', '--no-show-raw-insn', object], { encoding: 'utf8' });
    const functions = new Map(
      [...listing.matchAll(/<use_(\w+)>:\n((?:.+\n)+)/g)].map((match) => [match[1], match[2] ?? '']),
    );
    expect(functions.size).toBe(profile.calls.length);
    for (const { name, number } of profile.calls) {
      const code = [...(functions.get(name) ?? '').matchAll(/^ *[0-9a-f]+:\t(.*?) *$/gm)].map(
        (match) => match[1] ?? '',
      );
      const trap = code.indexOf(isLinux ? 'syscall' : 'int    $0x80');
      expect({ name, traps: code.filter((line) => /^(int|syscall)/.test(line)).length }).toEqual({ name, traps: 1 });
      const before = code.slice(0, trap).join('\n');
      const zero = number === 0 ? '|xor    %eax,%eax' : '';
      expect(`${name}: ${before}`).toMatch(new RegExp(`mov    \\$0x${number.toString(16)},%eax${zero}`));
      const count = (abi.signatureOf(name) as abi.SystemCallSignature).arguments.length;
      expect(`${name}: ${/%r10d?$/m.test(before)}`).toBe(`${name}: ${count > 3}`);
      // What else is written are an argument's own upper bits: nothing changes places but rcx and r10.
      for (const line of code.slice(0, trap)) {
        const [, from, to] = /^mov\w* +%(\w+),%(\w+)$/.exec(line) ?? [];
        if (from === undefined || to === undefined) continue;
        const wide = (register: string) => register.replace(/^e/, 'r').replace(/d$/, '');
        if (wide(to) === 'r10') expect(`${name}: ${wide(from)}`).toBe(`${name}: rcx`);
        else expect(`${name}: ${wide(from)}`).toBe(`${name}: ${wide(to)}`);
      }
    }
  });
});

const constants = Object.entries<unknown>(abi).filter(
  (entry): entry is [string, number] => typeof entry[1] === 'number' && !entry[0].startsWith('SYNOS_'),
);
/** A program of one of our headers and nothing else, that may print. */
const ownPrologue = `#include "${join(folder, 'linux-x86_64.h')}"\nint printf(const char *, ...);\n`;
const asInC = (name: string, value: number) => (name.startsWith('INADDR_') ? value >>> 0 : value);

describe('a program that has our header only', () => {
  test('prints the constants of this package', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const print = constants.map(([name]) => `printf("${name} %lld\\n", (long long)(${name}));`);
    const expected = constants.map(([name, value]) => `${name} ${asInC(name, value)}`);
    expect(runC(print.join('\n'), ownPrologue).trim().split('\n')).toEqual(expected);
  });

  test("prints what the system's own headers print", (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    // O_LARGEFILE is 0, and stacks of signals have another size, in the C library; the others grow with Linux.
    const other = /^(O_LARGEFILE|MINSIGSTKSZ|SIGSTKSZ|AF_MAX|PF_MAX|IPPROTO_MAX|SOMAXCONN)$/;
    const names = constants.map(([name]) => name).filter((name) => !other.test(name));
    const body = (guard: boolean) =>
      names
        .map((name) => {
          const line = `printf("${name} %lld\\n", (long long)(${name}));`;
          return guard ? `#ifdef ${name}\n${line}\n#endif` : line;
        })
        .join('\n');
    const ours = new Set(runC(body(false), ownPrologue).trim().split('\n'));
    const theirs = runC(body(true), headers).trim().split('\n');
    expect(theirs.length).toBeGreaterThan(900);
    expect(theirs.filter((line) => !ours.has(line))).toEqual([]);
  });

  test('runs: harmless calls of Linux by its own functions and structures', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const output = runC(
      `
      struct utsname name; struct timespec now; struct stat root; struct sysinfo info; struct rlimit limit;
      printf("%ld ", sys_uname(&name));
      printf("%c ", name.sysname[0]);
      printf("%ld ", sys_clock_gettime(CLOCK_REALTIME, &now));
      printf("%d ", now.tv_sec > 1700000000);
      printf("%ld ", sys_stat("/", &root));
      printf("%d ", (root.st_mode & S_IFMT) == S_IFDIR);
      printf("%ld ", sys_sysinfo(&info));
      printf("%d ", info.mem_unit > 0 && info.totalram > 0);
      printf("%ld ", sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit));
      printf("%d ", limit.rlim_cur > 2);
      printf("%d ", sys_close(-1) == -EBADF);
      printf("%d", sys_getpid() == sys_gettid());`,
      ownPrologue,
    );
    expect(output).toBe('0 L 0 1 0 1 0 1 0 1 1 1');
  });
});
