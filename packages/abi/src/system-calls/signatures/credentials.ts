import { bytesIn, call, int, size, string, structIn, structInout, structOut, ulong, unsigned } from './notation.js';

const uid = (name: string) => unsigned(name, undefined, 'uid_t');
const gid = (name: string) => unsigned(name, undefined, 'gid_t');
const key = (name: string) => int(name, 'KEY_SPEC_', 'key_serial_t');

/** getuid(2), setresuid(2), getgroups(2), capget(2), add_key(2) and their relatives. */
export const credentialSignatures = () => ({
  getuid: call('int'),
  geteuid: call('int'),
  getgid: call('int'),
  getegid: call('int'),
  setuid: call('none', uid('uid')),
  setgid: call('none', gid('gid')),
  setreuid: call('none', uid('ruid'), uid('euid')),
  setregid: call('none', gid('rgid'), gid('egid')),
  setresuid: call('none', uid('ruid'), uid('euid'), uid('suid')),
  setresgid: call('none', gid('rgid'), gid('egid'), gid('sgid')),
  getresuid: call('none', structOut('ruid', 'uid_t'), structOut('euid', 'uid_t'), structOut('suid', 'uid_t')),
  getresgid: call('none', structOut('rgid', 'gid_t'), structOut('egid', 'gid_t'), structOut('sgid', 'gid_t')),
  // These two answer the previous identity, and no error.
  setfsuid: call('int', uid('fsuid')),
  setfsgid: call('int', gid('fsgid')),
  getgroups: call('int', int('size'), structOut('list', 'gid_t', 'size')),
  setgroups: call('none', size('size'), structIn('list', 'gid_t', 'size')),
  capget: call(
    'none',
    structInout('hdrp', 'struct __user_cap_header_struct'),
    structOut('datap', 'struct __user_cap_data_struct'),
  ),
  capset: call(
    'none',
    structInout('hdrp', 'struct __user_cap_header_struct'),
    structIn('datap', 'struct __user_cap_data_struct'),
  ),
  add_key: call('int', string('type'), string('description'), bytesIn('payload', 'plen'), size('plen'), key('keyring')),
  request_key: call('int', string('type'), string('description'), string('callout_info'), key('dest_keyring')),
  keyctl: call('int', int('op', 'KEYCTL_'), ulong('arg2'), ulong('arg3'), ulong('arg4'), ulong('arg5')),
});
