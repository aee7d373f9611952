import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function run(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'synos-abi-'));
  try {
    const program = join(folder, 'program');
    writeFileSync(`${program}.c`, source);
    execFileSync('gcc', ['-std=gnu11', '-w', '-o', program, `${program}.c`], { stdio: 'pipe' });
    return execFileSync(program, { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A C program for the tables here: these headers, in this order, for in.h of libc and of Linux must not clash. */
export const headers = `
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <asm/unistd.h>
#include <linux/in6.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/version.h>
#include <linux/vm_sockets.h>
#include <sys/mman.h>
#include <linux/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <sys/wait.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/eventfd.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <dirent.h>
#include <sys/resource.h>
#include <asm/prctl.h>
#include <sys/prctl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/random.h>
#include <asm/termbits.h>
`;

/** Structures as the kernel has them: for some the C library has others of the same name. */
export const kernelHeaders = `
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <asm/sigcontext.h>
#include <asm/stat.h>
#include <asm/termbits.h>
#include <linux/signal.h>
#include <asm/ucontext.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/utsname.h>
#include <asm/termios.h>
/* getdents64(2): no header of Linux has it. */
struct linux_dirent64 {
  unsigned long d_ino;
  long d_off;
  unsigned short d_reclen;
  unsigned char d_type;
  char d_name[];
};
`;

/** Compiles and runs a `main` behind the system's headers. */
export function runC(body: string, prologue = headers): string {
  return run(`${prologue}\nint main(void) {\n${body}\nreturn 0;\n}\n`);
}

function probe(): { version: number } | { missing: string } {
  if (process.platform !== 'linux') return { missing: `these are Linux's numbers, and this is ${process.platform}` };
  if (process.arch !== 'x64') return { missing: `these are the numbers of x86-64, and this is ${process.arch}` };
  try {
    run('int main(void) { return 0; }');
  } catch {
    return { missing: 'no working gcc' };
  }
  try {
    run('#include <stdio.h>\n#if !__GLIBC_PREREQ(2, 32)\n#error\n#endif\nint main(void) { return 0; }');
  } catch {
    return { missing: 'no glibc of 2.32 or newer, whose names and texts are compared' };
  }
  try {
    return { version: Number(runC('printf("%d", LINUX_VERSION_CODE);')) };
  } catch {
    return { missing: "no Linux headers (Debian's linux-libc-dev)" };
  }
}

const probed = probe();

/** Why the comparisons with C cannot run on this machine; undefined where they can. */
export const cMissing: string | undefined = 'missing' in probed ? probed.missing : undefined;

/** Version of the Linux headers, major * 65536 + minor * 256 + patch; 0 where there are none. */
export const headersVersion = 'version' in probed ? probed.version : 0;

if (cMissing !== undefined) console.warn(`abi: not compared with the system's C headers: ${cMissing}`);
