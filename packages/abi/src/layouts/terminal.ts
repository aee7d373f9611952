import type { Layout } from './layout.js';

/** `struct winsize`: TIOCGWINSZ. */
export const winsizeLayout = {
  name: 'struct winsize',
  size: 8,
  align: 2,
  fields: [
    { name: 'ws_row', key: 'rows', offset: 0, size: 2, type: 'u16' },
    { name: 'ws_col', key: 'columns', offset: 2, size: 2, type: 'u16' },
    { name: 'ws_xpixel', key: 'widthPixels', offset: 4, size: 2, type: 'u16' },
    { name: 'ws_ypixel', key: 'heightPixels', offset: 6, size: 2, type: 'u16' },
  ],
} as const satisfies Layout;

/** `struct termios`: TCGETS, as the kernel has it; that of the C library is longer. */
export const termiosLayout = {
  name: 'struct termios',
  size: 36,
  align: 4,
  fields: [
    { name: 'c_iflag', key: 'input', offset: 0, size: 4, type: 'u32' },
    { name: 'c_oflag', key: 'output', offset: 4, size: 4, type: 'u32' },
    { name: 'c_cflag', key: 'control', offset: 8, size: 4, type: 'u32' },
    { name: 'c_lflag', key: 'local', offset: 12, size: 4, type: 'u32' },
    { name: 'c_line', key: 'line', offset: 16, size: 1, type: 'u8' },
    { name: 'c_cc', key: 'characters', offset: 17, size: 19, type: 'bytes' },
  ],
} as const satisfies Layout;
