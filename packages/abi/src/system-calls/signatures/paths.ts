import {
  bytesIn,
  bytesOut,
  call,
  dirfd,
  fd,
  flags,
  mode,
  size,
  string,
  structIn,
  structOut,
  uflags,
  unsigned,
} from './notation.js';

// Calls on names, and on what the file system keeps of a file beside its bytes.

const uid = (name: string) => unsigned(name, undefined, 'uid_t');
const gid = (name: string) => unsigned(name, undefined, 'gid_t');
const dev = (name: string) => unsigned(name, undefined, 'unsigned int');
// F_OK, R_OK, W_OK, X_OK have no prefix in common.
const access = (name: string) => flags(name);

/** stat(2), link(2), mkdir(2), chmod(2), getdents(2), utime(2), chdir(2) and their relatives. */
export const pathSignatures = /* @__PURE__ */ (() => ({
  stat: call('none', string('pathname'), structOut('statbuf', 'struct stat')),
  fstat: call('none', fd(), structOut('statbuf', 'struct stat')),
  lstat: call('none', string('pathname'), structOut('statbuf', 'struct stat')),
  newfstatat: call('none', dirfd(), string('pathname'), structOut('statbuf', 'struct stat'), flags('flags', 'AT_')),
  statx: call(
    'none',
    dirfd(),
    string('pathname'),
    flags('flags', 'AT_'),
    uflags('mask', 'STATX_'),
    structOut('statxbuf', 'struct statx'),
  ),
  statfs: call('none', string('path'), structOut('buf', 'struct statfs')),
  fstatfs: call('none', fd(), structOut('buf', 'struct statfs')),
  access: call('none', string('pathname'), access('mode')),
  faccessat: call('none', dirfd(), string('pathname'), access('mode')),
  faccessat2: call('none', dirfd(), string('pathname'), access('mode'), flags('flags', 'AT_')),

  rename: call('none', string('oldpath'), string('newpath')),
  renameat: call('none', dirfd('olddirfd'), string('oldpath'), dirfd('newdirfd'), string('newpath')),
  renameat2: call(
    'none',
    dirfd('olddirfd'),
    string('oldpath'),
    dirfd('newdirfd'),
    string('newpath'),
    uflags('flags', 'RENAME_'),
  ),
  link: call('none', string('oldpath'), string('newpath')),
  linkat: call(
    'none',
    dirfd('olddirfd'),
    string('oldpath'),
    dirfd('newdirfd'),
    string('newpath'),
    flags('flags', 'AT_'),
  ),
  unlink: call('none', string('pathname')),
  unlinkat: call('none', dirfd(), string('pathname'), flags('flags', 'AT_')),
  symlink: call('none', string('target'), string('linkpath')),
  symlinkat: call('none', string('target'), dirfd('newdirfd'), string('linkpath')),
  readlink: call('size', string('pathname'), bytesOut('buf', 'bufsiz', 'char *'), size('bufsiz')),
  readlinkat: call('size', dirfd(), string('pathname'), bytesOut('buf', 'bufsiz', 'char *'), size('bufsiz')),

  mkdir: call('none', string('pathname'), mode('mode')),
  mkdirat: call('none', dirfd(), string('pathname'), mode('mode')),
  rmdir: call('none', string('pathname')),
  mknod: call('none', string('pathname'), mode('mode'), dev('dev')),
  mknodat: call('none', dirfd(), string('pathname'), mode('mode'), dev('dev')),
  getdents: call('size', fd(), structOut('dirp', 'struct linux_dirent', 'count'), unsigned('count')),
  getdents64: call('size', fd(), structOut('dirp', 'struct linux_dirent64', 'count'), size('count')),
  getcwd: call('size', bytesOut('buf', 'size', 'char *'), size('size')),
  chdir: call('none', string('path')),
  fchdir: call('none', fd()),
  chroot: call('none', string('path')),

  chmod: call('none', string('pathname'), mode('mode')),
  fchmod: call('none', fd(), mode('mode')),
  fchmodat: call('none', dirfd(), string('pathname'), mode('mode')),
  fchmodat2: call('none', dirfd(), string('pathname'), mode('mode'), uflags('flags', 'AT_')),
  umask: call('int', mode('mask')),
  chown: call('none', string('pathname'), uid('owner'), gid('group')),
  fchown: call('none', fd(), uid('owner'), gid('group')),
  lchown: call('none', string('pathname'), uid('owner'), gid('group')),
  fchownat: call('none', dirfd(), string('pathname'), uid('owner'), gid('group'), flags('flags', 'AT_')),
  file_getattr: call(
    'none',
    dirfd(),
    string('pathname'),
    structOut('ufattr', 'struct file_attr', 'usize'),
    size('usize'),
    uflags('at_flags', 'AT_'),
  ),
  file_setattr: call(
    'none',
    dirfd(),
    string('pathname'),
    structIn('ufattr', 'struct file_attr', 'usize'),
    size('usize'),
    uflags('at_flags', 'AT_'),
  ),

  // The times of the last three are arrays of two, or a null pointer for now.
  utime: call('none', string('filename'), structIn('times', 'struct utimbuf')),
  utimes: call('none', string('filename'), structIn('times', 'struct timeval')),
  futimesat: call('none', dirfd(), string('pathname'), structIn('times', 'struct timeval')),
  utimensat: call('none', dirfd(), string('pathname'), structIn('times', 'struct timespec'), flags('flags', 'AT_')),
}))();

const value = () => bytesIn('value', 'size');
const XATTR = 'XATTR_';

/** setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their relatives. */
export const xattrSignatures = /* @__PURE__ */ (() => ({
  setxattr: call('none', string('path'), string('name'), value(), size('size'), flags('flags', XATTR)),
  lsetxattr: call('none', string('path'), string('name'), value(), size('size'), flags('flags', XATTR)),
  fsetxattr: call('none', fd(), string('name'), value(), size('size'), flags('flags', XATTR)),
  setxattrat: call(
    'none',
    dirfd(),
    string('pathname'),
    uflags('at_flags', 'AT_'),
    string('name'),
    structIn('uargs', 'struct xattr_args', 'usize'),
    size('usize'),
  ),
  getxattr: call('size', string('path'), string('name'), bytesOut('value', 'size'), size('size')),
  lgetxattr: call('size', string('path'), string('name'), bytesOut('value', 'size'), size('size')),
  fgetxattr: call('size', fd(), string('name'), bytesOut('value', 'size'), size('size')),
  getxattrat: call(
    'size',
    dirfd(),
    string('pathname'),
    uflags('at_flags', 'AT_'),
    string('name'),
    structIn('uargs', 'struct xattr_args', 'usize'),
    size('usize'),
  ),
  listxattr: call('size', string('path'), bytesOut('list', 'size', 'char *'), size('size')),
  llistxattr: call('size', string('path'), bytesOut('list', 'size', 'char *'), size('size')),
  flistxattr: call('size', fd(), bytesOut('list', 'size', 'char *'), size('size')),
  listxattrat: call(
    'size',
    dirfd(),
    string('pathname'),
    uflags('at_flags', 'AT_'),
    bytesOut('list', 'size', 'char *'),
    size('size'),
  ),
  removexattr: call('none', string('path'), string('name')),
  lremovexattr: call('none', string('path'), string('name')),
  fremovexattr: call('none', fd(), string('name')),
  removexattrat: call('none', dirfd(), string('pathname'), uflags('at_flags', 'AT_'), string('name')),
}))();
