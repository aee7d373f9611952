import { bytesIn, bytesOut, call, fd, flags, size, string, strings, structOut, ulong } from './notation.js';

const messageFlags = () => flags('flags', 'MSG_');

/** Calls that only the `synos` profile has: two of the seed design, and the system's own. */
export const synosOwnSignatures = () => ({
  send: call('size', fd('sockfd'), bytesIn('buf', 'size'), size('size'), messageFlags()),
  recv: call('size', fd('sockfd'), bytesOut('buf', 'size'), size('size'), messageFlags()),
  // Seven numbers of 64 bits: the call's number, and the six arguments as they came, the address itself the first.
  echo: call(
    'none',
    structOut('seen', 'uint64_t'),
    ulong('arg2'),
    ulong('arg3'),
    ulong('arg4'),
    ulong('arg5'),
    ulong('arg6'),
  ),
  spawn: call('pid', string('pathname'), strings('argv'), strings('envp')),
});
