import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the program on Linux has a stretch of 64 pages for itself, with nothing near. */
export const WINDOW = 0x10_0000_0000;
export const WINDOW_PAGES = 64;

/** Does on Linux what each line of its input says; answers each with a line. See `linux-mman.test.ts` for the words. */
const source = String.raw`
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const long window = ${WINDOW}L, bytes = ${WINDOW_PAGES * 4096}L, margin = 8 * 4096L;
static sigjmp_buf back;
static volatile int code;

static void fault(int number, siginfo_t *info, void *context) { code = info->si_code; siglongjmp(back, 1); }

/* The regions of the window as page+pages:protection, those that touch and are alike made one. */
static void layout(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512], rights[8];
  long start, end, from = 0, to = 0, last = -1;
  while (fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3) continue;
    if (start < window - margin || end > window + bytes + margin) continue;
    long now = (rights[0] == 'r') | (rights[1] == 'w') << 1 | (rights[2] == 'x') << 2;
    if (last == now && to == start) { to = end; continue; }
    if (last >= 0) printf(" %ld+%ld:%ld", (from - window) / 4096, (to - from) / 4096, last);
    from = start; to = end; last = now;
  }
  if (last >= 0) printf(" %ld+%ld:%ld", (from - window) / 4096, (to - from) / 4096, last);
  fclose(maps);
}

int main(void) {
  char what[16];
  long a, b, c, d;
  struct sigaction action = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
  sigaction(SIGSEGV, &action, 0);
  while (scanf("%15s %ld %ld %ld %ld", what, &a, &b, &c, &d) == 5) {
    long answer = 0;
    errno = 0;
    if (!strcmp(what, "reset")) munmap((void *)(window - margin), bytes + 2 * margin);
    else if (!strcmp(what, "mmap")) {
      answer = syscall(SYS_mmap, a, b, c, d, -1L, 0L);
      int inside = answer >= window - margin && answer < window + bytes + margin;
      if (answer != -1 && !inside) { munmap((void *)answer, b); answer = 1; }
    } else if (!strcmp(what, "munmap")) answer = syscall(SYS_munmap, a, b);
    else if (!strcmp(what, "mprotect")) answer = syscall(SYS_mprotect, a, b, c);
    else if (!sigsetjmp(back, 1)) {
      volatile unsigned char *byte = (void *)a;
      if (!strcmp(what, "write")) *byte = b; else answer = *byte;
    } else answer = -1000 - code;
    printf("%ld", errno ? -(long)errno : answer);
    layout();
    putchar('\n');
  }
  return 0;
}
`;

/** Why Linux cannot be asked on this machine; undefined where it can. */
export function linuxMissing(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.arch !== 'x64') return `this is ${process.arch}, not x86-64`;
  try {
    execFileSync('gcc', ['--version'], { stdio: 'pipe' });
  } catch {
    return 'no gcc';
  }
  return undefined;
}

/** What Linux answers to lines of calls. */
export function askLinux(lines: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'synos-memory-'));
  try {
    const program = join(folder, 'program');
    writeFileSync(`${program}.c`, source);
    execFileSync('gcc', ['-std=gnu11', '-O1', '-w', '-o', program, `${program}.c`], { stdio: 'pipe' });
    const input = lines.map((line) => `${line}\n`).join('');
    return execFileSync(program, { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
      .trimEnd()
      .split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
