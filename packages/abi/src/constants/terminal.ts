// Requests of ioctl(2) on terminals, and the flags of `struct termios`: include/uapi/asm-generic/ioctls.h, termbits.h;
// ioctl_tty(2).

/** Read `struct termios`. */
export const TCGETS = 0x5401;
/** Set it now. */
export const TCSETS = 0x5402;
/** Set it when output is written. */
export const TCSETSW = 0x5403;
/** Set it when output is written, and drop input. */
export const TCSETSF = 0x5404;
/** Send a break, or wait for output. */
export const TCSBRK = 0x5409;
/** Stop and start. */
export const TCXONC = 0x540a;
/** Drop what is queued. */
export const TCFLSH = 0x540b;
/** Nobody else may open it. */
export const TIOCEXCL = 0x540c;
/** Undo {@link TIOCEXCL}. */
export const TIOCNXCL = 0x540d;
/** Make it the controlling terminal. */
export const TIOCSCTTY = 0x540e;
/** Read the foreground process group. */
export const TIOCGPGRP = 0x540f;
/** Set it. */
export const TIOCSPGRP = 0x5410;
/** Put a byte into the input. */
export const TIOCSTI = 0x5412;
/** Read `struct winsize`. */
export const TIOCGWINSZ = 0x5413;
/** Set it. */
export const TIOCSWINSZ = 0x5414;
/** Give up the controlling terminal. */
export const TIOCNOTTY = 0x5422;
/** Read the session. */
export const TIOCGSID = 0x5429;
/** Read the number of a pseudoterminal. */
export const TIOCGPTN = 0x80045430;
/** Lock or unlock a pseudoterminal. */
export const TIOCSPTLCK = 0x40045431;
/** Elements of `c_cc` in the kernel's structure; the C library has 32. */
export const NCCS = 19;
/** Index in `c_cc`: interrupt. */
export const VINTR = 0;
/** Index: quit. */
export const VQUIT = 1;
/** Index: erase a character. */
export const VERASE = 2;
/** Index: erase the line. */
export const VKILL = 3;
/** Index: end of file. */
export const VEOF = 4;
/** Index: timeout in tenths of a second, without {@link ICANON}. */
export const VTIME = 5;
/** Index: least number of bytes, without {@link ICANON}. */
export const VMIN = 6;
/** Index: start. */
export const VSTART = 8;
/** Index: stop. */
export const VSTOP = 9;
/** Index: suspend. */
export const VSUSP = 10;
/** Index: another end of line. */
export const VEOL = 11;
/** Input: ignore a break. */
export const IGNBRK = 0o1;
/** Input: a break is SIGINT. */
export const BRKINT = 0o2;
/** Input: ignore parity errors. */
export const IGNPAR = 0o4;
/** Input: seven bits. */
export const ISTRIP = 0o40;
/** Input: newline becomes carriage return. */
export const INLCR = 0o100;
/** Input: ignore carriage return. */
export const IGNCR = 0o200;
/** Input: carriage return becomes newline. */
export const ICRNL = 0o400;
/** Input: stop and start characters work. */
export const IXON = 0o2000;
/** Input: any character starts. */
export const IXANY = 0o4000;
/** Input: send stop and start. */
export const IXOFF = 0o10000;
/** Input is UTF-8. */
export const IUTF8 = 0o40000;
/** Output: process it. */
export const OPOST = 0o1;
/** Output: newline becomes carriage return, newline. */
export const ONLCR = 0o4;
/** Output: carriage return becomes newline. */
export const OCRNL = 0o10;
/** Control: mask of the character size. */
export const CSIZE = 0o60;
/** Control: eight bits. */
export const CS8 = 0o60;
/** Control: receive. */
export const CREAD = 0o200;
/** Control: ignore modem lines. */
export const CLOCAL = 0o4000;
/** Control: hang up on last close. */
export const HUPCL = 0o2000;
/** Local: characters make signals. */
export const ISIG = 0o1;
/** Local: by lines. */
export const ICANON = 0o2;
/** Local: echo. */
export const ECHO = 0o10;
/** Local: echo erasing. */
export const ECHOE = 0o20;
/** Local: echo a newline after killing a line. */
export const ECHOK = 0o40;
/** Local: echo newline even without {@link ECHO}. */
export const ECHONL = 0o100;
/** Local: signals do not drop input. */
export const NOFLSH = 0o200;
/** Local: background output is SIGTTOU. */
export const TOSTOP = 0o400;
/** Local: echo control characters as ^X. */
export const ECHOCTL = 0o1000;
/** Local: kill a line by erasing it. */
export const ECHOKE = 0o4000;
/** Local: extensions. */
export const IEXTEN = 0o100000;
