import { describe, expect, test } from 'vitest';
import * as abi from '../src/index.js';
import { cMissing, headersVersion, runC } from './c-compiler.js';

/** The constants among the exports: names as C has them. */
const constants = Object.entries<unknown>(abi).filter(
  (entry): entry is [string, number] => typeof entry[1] === 'number' && !entry[0].startsWith('SYNOS_'),
);
const table = new Map(constants);
const value = (name: string): number => {
  const found = table.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

/** Names that headers of Linux 6.1 and glibc 2.36 do not have: newer, or in the kernel's own headers only. */
const newerThanLinux61 = [
  'SO_PASSPIDFD',
  'SO_PEERPIDFD',
  'SO_DEVMEM_LINEAR',
  'SCM_DEVMEM_LINEAR',
  'SO_DEVMEM_DMABUF',
  'SCM_DEVMEM_DMABUF',
  'SO_DEVMEM_DONTNEED',
  'SCM_TS_OPT_ID',
  'SO_RCVPRIORITY',
  'SO_PASSRIGHTS',
  'SO_INQ',
  'SCM_INQ',
  'TCP_AO_ADD_KEY',
  'TCP_AO_DEL_KEY',
  'TCP_AO_INFO',
  'TCP_AO_GET_KEYS',
  'TCP_AO_REPAIR',
  'TCP_IS_MPTCP',
  'TCP_RTO_MAX_MS',
  'TCP_RTO_MIN_US',
  'TCP_DELACK_MAX_US',
];
const kernelOnly = ['SOL_SCTP', 'SOL_UDPLITE', 'SOCK_TYPE_MASK'];
/** Members of an enum, which the preprocessor does not see. */
const enumerators = ['IPPROTO_MAX', 'TCP_CA_Open', 'TCP_CA_Disorder', 'TCP_CA_CWR', 'TCP_CA_Recovery', 'TCP_CA_Loss'];
enumerators.push('P_ALL', 'P_PID', 'P_PGID', 'P_PIDFD');
enumerators.push('SCM_RIGHTS', 'SCM_CREDENTIALS', 'SHUT_RD', 'SHUT_WR', 'SHUT_RDWR');
/** In netinet/tcp.h, which cannot be read together with linux/tcp.h. */
const tcpStates = constants
  .map(([name]) => name)
  .filter((name) => /^TCP_(EST|SYN_|FIN_|TIME_|CLOS|LAST|LISTEN)/.test(name));
/** O_LARGEFILE is 0 in glibc for 64-bit programs; the kernel's bit is what a call carries. The others glibc lacks. */
const fromKernelHeader = ['O_LARGEFILE', 'IP_LOCAL_PORT_RANGE', 'IP_PROTOCOL', 'IPPROTO_L2TP'];
/** Sizes that glibc computes for the processor, and what only the kernel names. */
const fromSignalHeader = ['MINSIGSTKSZ', 'SIGSTKSZ', 'SA_RESTORER', 'CLONE_DETACHED', 'SCHED_DEADLINE'];
const netinetMacros = ['TCP_COOKIE_TRANSACTIONS', 'SOL_TCP', 'SOL_UDP'];
/** Limits that grow over time. Linux 6.x is what the tables are of. */
const growing = ['AF_MAX', 'PF_MAX', 'IPPROTO_MAX', 'SOMAXCONN'];

function fromC(names: readonly string[], guarded: boolean, prologue?: string): Map<string, number> {
  const line = (name: string) => {
    const print = `printf("${name} %lld\\n", (long long)(${name}));`;
    return guarded ? `#ifdef ${name}\n${print}\n#endif` : print;
  };
  const output = runC(names.map(line).join('\n'), prologue).trim().split('\n');
  return new Map(output.map((text) => [text.split(' ')[0] ?? '', Number(text.split(' ')[1])]));
}

/**
 * Left out on purpose: limits and helpers of the C library, values that belong to structures that are not here, names
 * that are obsolete since RFC 3542, and what only programs about files need.
 */
const leftOut = new RegExp(
  `^(?:${[
    'IP_MSFILTER_SIZE|IP_MAX_MEMBERSHIPS|SCM_SRCRT|O_FSYNC|FD_SETSIZE|POLL_BUSY_LOOP',
    'TCP_(?:MSS\\w*|MD5SIG_\\w+|RECEIVE_ZEROCOPY\\w+|FLAG_\\w+)|TCP_ENCAP_ESPINTCP|UDP_ENCAP_\\w+',
    'IPV6_(?:RXHOPOPTS|RXDSTOPTS|RTHDR_\\w+|FL_\\w+|FLOWINFO_\\w+|PRIORITY_\\w+|TLV_\\w+|PREFER_\\w+)',
    'SOCK_(?:BUF_LOCK_MASK|SNDBUF_LOCK|RCVBUF_LOCK|TXREHASH_\\w+|IOC_TYPE)',
    'F_(?:SEAL_\\w+|OK|LOCK|TLOCK|ULOCK|TEST|RDLCK|WRLCK|UNLCK|EXLCK|SHLCK|OWNER_\\w+|\\w+_RW_HINT|\\w+64)',
  ].join('|')})$`,
);

/** What the preprocessor knows after the headers: `gcc -dM -E`. */
function preprocessorMacros(): string {
  return runC(`
    FILE *f = popen("gcc -dM -E -D_GNU_SOURCE -include sys/socket.h -include netinet/in.h -include linux/in6.h"
      " -include linux/tcp.h -include linux/udp.h -include poll.h -include sys/epoll.h -include fcntl.h"
      " -x c /dev/null", "r");
    char line[4096];
    while (fgets(line, sizeof line, f)) fputs(line, stdout);
    pclose(f);`);
}

/** Addresses are signed here and unsigned in C. */
const asInC = (name: string): number => (name.startsWith('INADDR_') ? value(name) >>> 0 : value(name));

describe('constants', () => {
  test('are integers, under the names of C', () => {
    expect(constants.length).toBeGreaterThan(500);
    for (const [name, number] of constants) {
      expect(name).toMatch(/^_{0,2}[A-Z]\w*$/);
      expect(Number.isInteger(number)).toBe(true);
    }
  });

  test('equal those of the C headers', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const macros = constants.map(([name]) => name).filter((name) => !enumerators.includes(name));
    const found = fromC(macros, true);
    for (const [name, number] of fromC(enumerators, false)) found.set(name, number);
    const netinet = '#include <stdio.h>\n#include <netinet/tcp.h>\n#include <netinet/udp.h>\n';
    for (const [name, number] of fromC(tcpStates, false, netinet)) found.set(name, number);
    for (const [name, number] of fromC(netinetMacros, true, netinet)) found.set(name, number);
    const kernel = '#include <stdio.h>\n#include <asm/fcntl.h>\n#include <linux/in.h>\n';
    for (const [name, number] of fromC(fromKernelHeader, true, kernel)) found.set(name, number);

    const signals = '#include <stdio.h>\n#include <asm/signal.h>\n#include <linux/sched.h>\n';
    for (const [name, number] of fromC(fromSignalHeader, true, signals)) found.set(name, number);

    const atLeast61 = headersVersion >= 6 * 65536 + 256;
    const isLinux6 = atLeast61 && headersVersion < 7 * 65536;
    const absent: string[] = [];
    for (const [name] of constants) {
      const inC = found.get(name);
      if (inC === undefined) absent.push(name);
      else if (isLinux6 || !growing.includes(name)) expect({ name, is: asInC(name) }).toEqual({ name, is: inC });
    }
    const allowed = new Set([...newerThanLinux61, ...kernelOnly]);
    const unexpected = absent.filter((name) => !allowed.has(name));
    if (atLeast61) expect(unexpected).toEqual([]);
    else if (unexpected.length > 0)
      console.warn(`abi: not in the old headers of this machine: ${unexpected.join(' ')}`);
    expect(found.size).toBeGreaterThan(500);
  });

  test('leave out none of the families, types, levels, options, flags and events that the headers have', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const macros = preprocessorMacros();
    const wanted =
      /^#define ((?:SO|SCM|TCP|MSG|AF|PF|SOL|SOCK|IP|IPV6|IPPROTO|SHUT|MCAST|UDP|INADDR|O|F|FD)_\w+|E?POLL\w+|SOMAXCONN) /gm;
    const inC = [...macros.matchAll(wanted)].map((match) => match[1] ?? '');
    const missing = inC.filter((name) => !table.has(name) && !leftOut.test(name));
    expect(inC.length).toBeGreaterThan(400);
    // Headers newer than the tables may well have more.
    if (headersVersion < 6 * 65536 + 2 * 256) expect(missing).toEqual([]);
    else if (missing.length > 0) console.warn(`abi: in the new headers of this machine only: ${missing.join(' ')}`);
  });

  test('of one kind have one number each', () => {
    const distinct = (prefix: RegExp, ...aliases: string[]) => {
      const numbers = constants.filter(([name]) => prefix.test(name) && !aliases.includes(name)).map(([, n]) => n);
      expect(numbers.length).toBeGreaterThan(2);
      expect(new Set(numbers).size).toBe(numbers.length);
    };
    distinct(/^AF_/, 'AF_LOCAL', 'AF_FILE', 'AF_ROUTE');
    distinct(/^IPPROTO_/, 'IPPROTO_HOPOPTS');
    distinct(/^SOL_/);
    distinct(/^SHUT_/);
    distinct(
      /^SO_/,
      'SO_GET_FILTER',
      'SO_DETACH_BPF',
      'SO_TIMESTAMP',
      'SO_TIMESTAMPNS',
      'SO_TIMESTAMPING',
      'SO_RCVTIMEO',
      'SO_SNDTIMEO',
    );
    distinct(/^MSG_/, 'MSG_TRYHARD');
    distinct(/^POLL(?!_)/);
    distinct(/^SIG(?!IOT|POLL|STKSZ)[A-Z0-9]+$/);
    for (const code of ['ILL', 'FPE', 'SEGV', 'BUS', 'CLD', 'POLL', 'SI', 'RLIMIT', 'CLONE', 'MADV']) {
      distinct(new RegExp(`^${code}_`));
    }
    distinct(/^SIOC/, 'SIOCGSTAMP', 'SIOCGSTAMPNS');
  });

  test('that are the same thing have the same number', () => {
    expect(abi.SOCK_NONBLOCK).toBe(abi.O_NONBLOCK);
    expect(abi.SOCK_CLOEXEC).toBe(abi.O_CLOEXEC);
    expect(abi.EPOLL_CLOEXEC).toBe(abi.O_CLOEXEC);
    expect(abi.SOL_TCP).toBe(abi.IPPROTO_TCP);
    for (const [name, number] of constants) {
      if (name.startsWith('PF_')) expect(number).toBe(value(`AF_${name.slice(3)}`));
      if (/^EPOLL(IN|PRI|OUT|ERR|HUP|RDNORM|RDBAND|WRNORM|WRBAND|MSG|RDHUP)$/.test(name)) {
        expect(number).toBe(value(name.slice(1)));
      }
    }
  });
});
