import type { Layout } from './layout.js';

/** `struct utsname`: uname(2). Each text is ended by a zero. */
export const utsnameLayout = {
  name: 'struct utsname',
  size: 390,
  align: 1,
  fields: [
    { name: 'sysname', key: 'system', offset: 0, size: 65, type: 'bytes' },
    { name: 'nodename', key: 'node', offset: 65, size: 65, type: 'bytes' },
    { name: 'release', key: 'release', offset: 130, size: 65, type: 'bytes' },
    { name: 'version', key: 'version', offset: 195, size: 65, type: 'bytes' },
    { name: 'machine', key: 'machine', offset: 260, size: 65, type: 'bytes' },
    { name: 'domainname', key: 'domain', offset: 325, size: 65, type: 'bytes' },
  ],
} as const satisfies Layout;

/** `struct sysinfo`: sysinfo(2). Memory is in units of `unitBytes`; loads are averages times 65,536. */
export const sysinfoLayout = {
  name: 'struct sysinfo',
  size: 112,
  align: 8,
  fields: [
    { name: 'uptime', key: 'uptimeSeconds', offset: 0, size: 8, type: 'i64' },
    { name: 'loads[0]', key: 'load1', offset: 8, size: 8, type: 'u64' },
    { name: 'loads[1]', key: 'load5', offset: 16, size: 8, type: 'u64' },
    { name: 'loads[2]', key: 'load15', offset: 24, size: 8, type: 'u64' },
    { name: 'totalram', key: 'totalMemory', offset: 32, size: 8, type: 'u64' },
    { name: 'freeram', key: 'freeMemory', offset: 40, size: 8, type: 'u64' },
    { name: 'sharedram', key: 'sharedMemory', offset: 48, size: 8, type: 'u64' },
    { name: 'bufferram', key: 'bufferMemory', offset: 56, size: 8, type: 'u64' },
    { name: 'totalswap', key: 'totalSwap', offset: 64, size: 8, type: 'u64' },
    { name: 'freeswap', key: 'freeSwap', offset: 72, size: 8, type: 'u64' },
    { name: 'procs', key: 'processes', offset: 80, size: 2, type: 'u16' },
    { name: 'totalhigh', key: 'totalHigh', offset: 88, size: 8, type: 'u64' },
    { name: 'freehigh', key: 'freeHigh', offset: 96, size: 8, type: 'u64' },
    { name: 'mem_unit', key: 'unitBytes', offset: 104, size: 4, type: 'u32' },
  ],
} as const satisfies Layout;
