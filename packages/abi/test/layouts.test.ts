import { describe, expect, test } from 'vitest';
import * as abi from '../src/index.js';
import { cMissing, kernelHeaders, runC } from './c-compiler.js';

const layouts: abi.Layout[] = Object.entries<unknown>(abi)
  .filter(([name]) => /[a-z0-9]Layout$/.test(name) && name !== 'readLayout' && name !== 'writeLayout')
  .map(([, layout]) => layout as abi.Layout);

const kernels =
  /stat|dirent64|utsname|sysinfo|rlimit|rusage|tms|itimer|timezone|sigaction|stack_t|siginfo|ucontext|winsize|termios/;
const prologueOf = (layout: abi.Layout): string | undefined => {
  if (!kernels.test(layout.name)) return undefined;
  // <linux/utsname.h> names its newest form so.
  return kernelHeaders.concat(layout.name === 'struct utsname' ? '\n#define utsname new_utsname\n' : '');
};

const SIZES = { u8: 1, u16: 2, u16be: 2, i16: 2, u32: 4, u32be: 4, i32: 4, u64: 8, i64: 8, pointer: 8 } as const;

/** A value that shows in each byte of a field where it lies; bit-fields get all their bits. */
function marker(field: abi.LayoutField, index: number): bigint {
  if (field.bits !== undefined) return BigInt(((1 << field.bits.width) - 1) & (0b1010_0101 ^ index));
  let value = 0n;
  // No byte above 0x7f, so that signs do not matter, and 64-bit values stay below 2^53.
  for (let i = 0; i < Math.min(field.size, 6); i++) value = (value << 8n) | BigInt(((index * 17 + i * 5) % 0x7f) + 1);
  return value;
}

function setInC(layout: abi.Layout, field: abi.LayoutField, index: number): string {
  if (field.type === 'bytes') {
    return `for (int i = 0; i < ${field.size}; i++) ((unsigned char *)&s.${field.name})[i] = ${index} + i;`;
  }
  const value = `${marker(field, index)}ULL`;
  if (layout.name === 'struct sockaddr_in' && field.name === 'sin_addr') return `s.sin_addr.s_addr = htonl(${value});`;
  if (field.type === 'u16be') return `s.${field.name} = htons(${value});`;
  if (field.type === 'u32be') return `s.${field.name} = htonl(${value});`;
  if (field.type === 'pointer') return `s.${field.name} = (void *)${value};`;
  if (layout.name === 'struct epoll_event' && field.name === 'data') return `s.data.u64 = ${value};`;
  return `s.${field.name} = ${value};`;
}

function valueInC(field: abi.LayoutField, index: number): number | Uint8Array {
  return field.type === 'bytes'
    ? Uint8Array.from({ length: field.size }, (_, i) => index + i)
    : Number(marker(field, index));
}

describe('the layouts', () => {
  test('are those that the package is for', () => {
    expect(layouts.map((layout) => layout.name.replace('struct ', '')).sort()).toEqual([
      'cmsghdr',
      'epoll_event',
      'iovec',
      'itimerspec',
      'itimerval',
      'linger',
      'linux_dirent64',
      'msghdr',
      'pollfd',
      'rlimit',
      'rusage',
      'sigaction',
      'siginfo_t',
      'sockaddr_in',
      'sockaddr_in6',
      'sockaddr_storage',
      'stack_t',
      'stat',
      'sysinfo',
      'tcp_info',
      'termios',
      'timespec',
      'timeval',
      'timezone',
      'tms',
      'ucontext',
      'utsname',
      'winsize',
    ]);
  });
});

describe.each(layouts)('$name', (layout) => {
  test('has fields in order, aligned, without overlap, inside the structure', () => {
    let end = 0;
    let lastBit = 8;
    for (const field of layout.fields) {
      if (field.type !== 'bytes') expect(field.size).toBe(SIZES[field.type]);
      if (layout.align > 1 && field.type !== 'bytes') expect(field.offset % field.size).toBe(0);
      const sharesByte = field.bits !== undefined && field.offset === end - 1;
      if (sharesByte) expect(field.bits?.shift).toBeGreaterThanOrEqual(lastBit);
      else expect(field.offset).toBeGreaterThanOrEqual(end);
      lastBit = field.bits === undefined ? 8 : field.bits.shift + field.bits.width;
      expect(lastBit).toBeLessThanOrEqual(8);
      end = field.offset + field.size;
    }
    expect(end).toBeLessThanOrEqual(layout.size);
    expect(layout.size % layout.align).toBe(0);
    expect(new Set(layout.fields.map((field) => field.key)).size).toBe(layout.fields.length);
  });

  test('has the size, alignment, offsets and field sizes of C', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const plain = layout.fields.filter((field) => field.bits === undefined);
    const printed = runC(
      `
      printf("%zu %zu\\n", sizeof(${layout.name}), _Alignof(${layout.name}));
      ${plain.map((f) => `printf("%zu %zu\\n", offsetof(${layout.name}, ${f.name}), sizeof(((${layout.name} *)0)->${f.name}));`).join('\n')}
    `,
      prologueOf(layout),
    ).trim();
    const [whole = '', ...fields] = printed.split('\n');
    const [size, align] = whole.split(' ').map(Number);
    // Newer Linux appends to tcp_info and moves nothing.
    if (layout.name === 'struct tcp_info') expect(size).toBeGreaterThanOrEqual(layout.size);
    else expect(size).toBe(layout.size);
    expect(align).toBe(layout.align);
    expect(fields).toEqual(plain.map((field) => `${field.offset} ${field.size}`));
  });

  test('is written byte for byte as C writes it, padding zero, and read back', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const hex = runC(
      `
      ${layout.name} s;
      memset(&s, 0, sizeof s);
      ${layout.fields.map((field, index) => setInC(layout, field, index)).join('\n')}
      for (size_t i = 0; i < ${layout.size}; i++) printf("%02x", ((unsigned char *)&s)[i]);
    `,
      prologueOf(layout),
    );
    const value = Object.fromEntries(layout.fields.map((field, index) => [field.key, valueInC(field, index)]));
    const bytes = new Uint8Array(layout.size + 16).fill(0xee);
    const view = new DataView(bytes.buffer, 4);
    abi.writeLayout(layout, view, 3, value);
    expect(Buffer.from(bytes.subarray(7, 7 + layout.size)).toString('hex')).toBe(hex);
    expect([...bytes.subarray(0, 7), ...bytes.subarray(7 + layout.size)].every((byte) => byte === 0xee)).toBe(true);
    expect(abi.readLayout(layout, view, 3)).toEqual(value);
  });

  test('is not written, even in part, where it does not fit', () => {
    const bytes = new Uint8Array(layout.size + 8).fill(0xee);
    const view = new DataView(bytes.buffer, 0, layout.size + 2);
    for (const offset of [3, -1, layout.size + 100, Number.NaN]) {
      expect(() => abi.writeLayout(layout, view, offset, {})).toThrow(RangeError);
    }
    expect(bytes.every((byte) => byte === 0xee)).toBe(true);
  });
});

describe('tcp_info', () => {
  test('ends with tcpi_snd_wnd at 232 bytes', () => {
    expect(abi.tcpInfoLayout.size).toBe(232);
    expect(abi.tcpInfoLayout.fields.at(-1)).toMatchObject({ name: 'tcpi_snd_wnd', offset: 228 });
  });

  test('has zero in what is not known', () => {
    const view = new DataView(new Uint8Array(232).fill(0xff).buffer);
    abi.writeTcpInfo(view, 0, { state: abi.TCP_ESTABLISHED, rttUs: 1500, sndWscale: 7, rcvWscale: 14 });
    const info = abi.readTcpInfo(view, 0);
    expect(info).toMatchObject({ state: 1, rttUs: 1500, sndWscale: 7, rcvWscale: 14, rtoUs: 0, bytesAcked: 0 });
    expect(new Uint8Array(view.buffer).filter((byte) => byte !== 0).length).toBe(4);
  });

  test('says "no pacing" as Linux does: all ones', () => {
    const view = new DataView(new ArrayBuffer(232));
    abi.writeTcpInfo(view, 0, { pacingRateBytesPerSecond: Number.POSITIVE_INFINITY });
    expect(view.getBigUint64(104, true)).toBe(2n ** 64n - 1n);
    expect(abi.readTcpInfo(view, 0).pacingRateBytesPerSecond).toBe(2 ** 64);
  });
});

describe('CMSG_ALIGN, CMSG_LEN and CMSG_SPACE', () => {
  test('of 0 to 40 bytes are those of C', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const printed = runC(
      'for (int i = 0; i <= 40; i++) printf("%d %d %d\\n", (int)CMSG_ALIGN(i), (int)CMSG_LEN(i), (int)CMSG_SPACE(i));',
    );
    const ours = Array.from({ length: 41 }, (_, i) => `${abi.cmsgAlign(i)} ${abi.cmsgLen(i)} ${abi.cmsgSpace(i)}\n`);
    expect(printed).toBe(ours.join(''));
  });
});
