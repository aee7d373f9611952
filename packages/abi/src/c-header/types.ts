import { systemCallSignatures } from '../system-calls/signatures.js';
import { structures } from './structures.js';

/** What stands before the structures: the types of Linux on x86-64, as system calls take them. */
export const typeDefinitions: readonly string[] = [
  '#include <stddef.h>',
  '#include <stdint.h>',
  '',
  '#ifdef __cplusplus',
  '#define SYNOS_ASSERT(condition, text) static_assert(condition, text)',
  '#else',
  '#define SYNOS_ASSERT(condition, text) _Static_assert(condition, text)',
  '#endif',
  '',
  'typedef long ssize_t;',
  'typedef long off_t;',
  'typedef long time_t;',
  'typedef int pid_t;',
  'typedef unsigned int uid_t;',
  'typedef unsigned int gid_t;',
  'typedef unsigned int id_t;',
  'typedef unsigned int mode_t;',
  'typedef int clockid_t;',
  'typedef int timer_t;',
  'typedef int key_t;',
  'typedef int key_serial_t;',
  'typedef unsigned int socklen_t;',
  'typedef unsigned long nfds_t;',
  'typedef unsigned long aio_context_t;',
  'typedef unsigned long sigset_t;',
  'typedef struct { unsigned long fds_bits[16]; } fd_set;',
  '',
  'struct sockaddr { unsigned short sa_family; char sa_data[14]; };',
  'struct in_addr { unsigned int s_addr; };',
  'struct in6_addr { unsigned char s6_addr[16]; };',
  'union epoll_data { void *ptr; int fd; unsigned int u32; unsigned long u64; };',
  '',
  '/* What a siginfo_t holds after its code, by signal. */',
  'union synos_sifields {',
  '  unsigned char bytes[32];',
  '  void *addr;',
  '  struct { int pid; unsigned int uid; int status; int pad; long utime; long stime; } process;',
  '};',
  '#define si_addr _sifields.addr',
  '#define si_pid _sifields.process.pid',
  '#define si_uid _sifields.process.uid',
  '#define si_status _sifields.process.status',
];

/** Declarations of the structures that signatures name and that are not defined here: programs pass their addresses. */
export function forwardDeclarations(): string[] {
  const named = new Set<string>();
  for (const signature of Object.values(systemCallSignatures)) {
    for (const { type } of signature.arguments) {
      const name = /(?:struct|union) \w+/.exec(type)?.[0];
      if (name !== undefined) named.add(name);
    }
  }
  const defined = new Set([...structures.map((layout) => layout.name), 'struct sockaddr']);
  return [...named]
    .filter((name) => !defined.has(name))
    .sort()
    .map((name) => `${name};`);
}
