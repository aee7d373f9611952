import { cmsghdrLayout } from '../layouts/cmsghdr.js';
import { epollEventLayout } from '../layouts/epoll-event.js';
import { iovecLayout } from '../layouts/iovec.js';
import type { Layout, LayoutField, LayoutFieldType } from '../layouts/layout.js';
import { lingerLayout } from '../layouts/linger.js';
import { msghdrLayout } from '../layouts/msghdr.js';
import { pollfdLayout } from '../layouts/pollfd.js';
import { rlimitLayout, rusageLayout, tmsLayout } from '../layouts/resource.js';
import { sigactionLayout, siginfoLayout, stackLayout, ucontextLayout } from '../layouts/signal.js';
import { sockaddrIn6Layout, sockaddrInLayout, sockaddrStorageLayout } from '../layouts/sockaddr.js';
import { linuxDirent64Layout, statLayout } from '../layouts/stat.js';
import { sysinfoLayout, utsnameLayout } from '../layouts/system.js';
import { tcpInfoLayout } from '../layouts/tcp-info.js';
import { termiosLayout, winsizeLayout } from '../layouts/terminal.js';
import { timespecLayout, timevalLayout } from '../layouts/time.js';
import { itimerspecLayout, itimervalLayout, timezoneLayout } from '../layouts/timer.js';

/** The structures of this package; one that is a part of another comes before it. */
export const structures: readonly Layout[] = [
  timespecLayout,
  timevalLayout,
  timezoneLayout,
  itimerspecLayout,
  itimervalLayout,
  iovecLayout,
  msghdrLayout,
  cmsghdrLayout,
  sockaddrInLayout,
  sockaddrIn6Layout,
  sockaddrStorageLayout,
  lingerLayout,
  tcpInfoLayout,
  pollfdLayout,
  epollEventLayout,
  statLayout,
  linuxDirent64Layout,
  utsnameLayout,
  sysinfoLayout,
  rlimitLayout,
  rusageLayout,
  tmsLayout,
  sigactionLayout,
  stackLayout,
  siginfoLayout,
  ucontextLayout,
  winsizeLayout,
  termiosLayout,
];

const usualTypes: Readonly<Record<LayoutFieldType, string>> = {
  u8: 'unsigned char',
  u16: 'unsigned short',
  u16be: 'unsigned short',
  i16: 'short',
  u32: 'unsigned int',
  u32be: 'unsigned int',
  i32: 'int',
  u64: 'unsigned long',
  i64: 'long',
  pointer: 'void *',
  bytes: 'unsigned char',
};

/** Declarations of the fields that are more than a number to C. */
const special: Readonly<Record<string, string>> = {
  msg_iov: 'struct iovec *msg_iov',
  sin_addr: 'struct in_addr sin_addr',
  sin6_addr: 'struct in6_addr sin6_addr',
  data: 'union epoll_data data',
  sa_handler: 'void (*sa_handler)(int)',
  sa_restorer: 'void (*sa_restorer)(void)',
  sa_mask: 'sigset_t sa_mask',
  uc_sigmask: 'sigset_t uc_sigmask',
  uc_link: 'struct ucontext *uc_link',
  _sifields: 'union synos_sifields _sifields',
};

/** Structures inside of structures, by the name of the field. Any other is spelled out where it is. */
const parts: Readonly<Record<string, string>> = {
  'struct itimerspec': 'struct timespec',
  'struct itimerval': 'struct timeval',
  'struct rusage': 'struct timeval',
};
const partOf = (layout: Layout, field: string): string | undefined =>
  field === 'uc_stack' ? 'stack_t' : parts[layout.name];

function declaration(layout: Layout, field: LayoutField): string {
  const name = field.name.replace(/^.*\./, '');
  const known = special[name];
  if (known !== undefined) return `${known};`;
  if (field.type === 'bytes') {
    const type = layout.name === 'struct utsname' ? 'char' : usualTypes.bytes;
    return `${type} ${name}[${field.size}];`;
  }
  // A bit-field of one byte is an extension of every compiler for x86-64, and what Linux has.
  if (field.bits !== undefined) return `__extension__ ${usualTypes[field.type]} ${name} : ${field.bits.width};`;
  const type = usualTypes[field.type];
  return type.endsWith('*') ? `${type}${name};` : `${type} ${name};`;
}

/** The fields of a structure one after the other, with padding by name where nothing else would make it. */
function body(layout: Layout): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const field of layout.fields) {
    const [whole = '', part] = field.name.split('.');
    const array = /^(\w+)\[\d+\]$/.exec(whole)?.[1];
    const key = array ?? whole;
    if (part === undefined && array === undefined) lines.push(declaration(layout, field));
    else if (!seen.has(key)) {
      const group = layout.fields.filter((other) => new RegExp(`^${key}[.\\[]`).test(other.name));
      const type = partOf(layout, key);
      if (array !== undefined) lines.push(`${usualTypes[field.type]} ${array}[${group.length}];`);
      else if (type !== undefined) lines.push(`${type} ${key};`);
      else lines.push('struct {', ...group.map((one) => `  ${declaration(layout, one)}`), `} ${key};`);
    }
    seen.add(key);
  }
  const last = layout.fields.at(-1);
  const end = last === undefined ? 0 : last.offset + last.size;
  // getdents64(2): the name is as long as it is, which C++ has no word for.
  if (layout.name === 'struct linux_dirent64') lines.push(`char d_name[${layout.size - end}];`);
  else if (layout.size - end >= layout.align) lines.push(`unsigned char synos_rest[${layout.size - end}];`);
  return lines;
}

function attributes(layout: Layout): string {
  if (layout === epollEventLayout) return ' __attribute__((packed))';
  return layout === sockaddrStorageLayout ? ` __attribute__((aligned(${layout.align})))` : '';
}

function definition(layout: Layout): string[] {
  const fields = body(layout).map((line) => `  ${line}`);
  const isTypedef = !layout.name.startsWith('struct ');
  const head = isTypedef ? `typedef struct ${layout.name.replace(/_t$/, '')} {` : `${layout.name} {`;
  const foot = isTypedef ? `} ${layout.name};` : `}${attributes(layout)};`;
  const checks = layout.fields
    .filter((field) => field.bits === undefined)
    .map(({ name, offset }) => `SYNOS_ASSERT(offsetof(${layout.name}, ${name}) == ${offset}, "${name}");`);
  const size = `SYNOS_ASSERT(sizeof(${layout.name}) == ${layout.size}, "${layout.name}");`;
  return ['', head, ...fields, foot, size, ...checks];
}

/** Definitions of all structures, and assertions of their sizes and offsets. */
export function structureDefinitions(): string[] {
  return structures.flatMap(definition);
}
