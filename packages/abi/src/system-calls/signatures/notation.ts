import type { ArgumentKind, SystemCallArgument, SystemCallReturn, SystemCallSignature } from '../argument.js';

// One line per call, in the order of a C prototype: what it returns, then its arguments, each by a function that is
// named after its kind and knows the usual C type of that kind. A length is given by the name of its argument.

/** An argument before its length has become an index. */
export interface Draft extends Omit<SystemCallArgument, 'length'> {
  readonly lengthName?: string | undefined;
}

/** A system call that returns `returns` and takes these arguments. */
export function call(returns: SystemCallReturn, ...drafts: readonly Draft[]): SystemCallSignature {
  const names = drafts.map((draft) => draft.name);
  const finished = drafts.map(({ lengthName, ...argument }) =>
    lengthName === undefined ? argument : { ...argument, length: names.indexOf(lengthName) },
  );
  return { arguments: finished, returns };
}

/** A kind whose values are numbers: name, prefix of its constants, C type where it is not the usual one. */
function plain(kind: ArgumentKind, usualType: string) {
  return (name: string, constants?: string, type = usualType): Draft =>
    constants === undefined || constants === '' ? { name, kind, type } : { name, kind, type, constants };
}

/** A kind that is an address of one thing: name, C type where it is not the usual one. */
function one(kind: ArgumentKind, usualType: string) {
  return (name: string, type = usualType): Draft => ({ name, kind, type });
}

/** A kind that is an address of many things: name, name of the argument that counts them, C type. */
function many(kind: ArgumentKind, usualType: string) {
  return (name: string, lengthName: string, type = usualType): Draft => ({ name, kind, type, lengthName });
}

/** Any other structure: name, its C type without the asterisk, name of the argument that counts it. */
function structure(kind: ArgumentKind) {
  return (name: string, pointedTo: string, lengthName?: string): Draft => {
    const draft = { name, kind, type: kind === 'struct-in' ? toConst(pointedTo) : toAny(pointedTo) };
    return lengthName === undefined ? draft : { ...draft, lengthName };
  };
}

const toAny = (type: string) => (type.endsWith('*') ? `${type}*` : `${type} *`);
// What is constant is what lies there, so that the word follows a type that is a pointer itself.
const toConst = (type: string) => (type.endsWith('*') ? `${type}const *` : `const ${type} *`);

export const int = /* @__PURE__ */ plain('int', 'int');
export const unsigned = /* @__PURE__ */ plain('unsigned', 'unsigned int');
export const long = /* @__PURE__ */ plain('long', 'long');
export const ulong = /* @__PURE__ */ plain('ulong', 'unsigned long');
export const size = /* @__PURE__ */ plain('size', 'size_t');
export const offset = /* @__PURE__ */ plain('offset', 'off_t');
export const pid = /* @__PURE__ */ plain('pid', 'pid_t');
export const mode = /* @__PURE__ */ plain('mode', 'mode_t');
export const flags = /* @__PURE__ */ plain('flags', 'int');
export const lflags = /* @__PURE__ */ plain('lflags', 'unsigned long');
export const address = /* @__PURE__ */ one('address', 'void *');
export const pointer = /* @__PURE__ */ one('pointer', 'void *');
export const string = /* @__PURE__ */ one('string-in', 'const char *');
export const strings = /* @__PURE__ */ one('strings-in', 'char *const *');
export const bytesIn = /* @__PURE__ */ many('bytes-in', 'const void *');
export const bytesOut = /* @__PURE__ */ many('bytes-out', 'void *');
export const sockaddrIn = /* @__PURE__ */ many('sockaddr-in', 'const struct sockaddr *');
export const sockaddrOut = /* @__PURE__ */ many('sockaddr-out', 'struct sockaddr *');
export const iovecIn = /* @__PURE__ */ many('iovec-in', 'const struct iovec *');
export const iovecOut = /* @__PURE__ */ many('iovec-out', 'const struct iovec *');
export const msghdrIn = /* @__PURE__ */ one('msghdr-in', 'const struct msghdr *');
export const msghdrInout = /* @__PURE__ */ one('msghdr-inout', 'struct msghdr *');
export const pollfds = /* @__PURE__ */ many('pollfds-inout', 'struct pollfd *');
export const epollEventIn = /* @__PURE__ */ one('epoll-event-in', 'struct epoll_event *');
export const epollEventsOut = /* @__PURE__ */ many('epoll-events-out', 'struct epoll_event *');
export const timespecIn = /* @__PURE__ */ one('timespec-in', 'const struct timespec *');
export const timespecOut = /* @__PURE__ */ one('timespec-out', 'struct timespec *');
export const timevalIn = /* @__PURE__ */ one('timeval-in', 'const struct timeval *');
export const timevalOut = /* @__PURE__ */ one('timeval-out', 'struct timeval *');
export const intOut = /* @__PURE__ */ one('int-out', 'int *');
export const intsOut = /* @__PURE__ */ one('ints-out', 'int *');
export const structIn = /* @__PURE__ */ structure('struct-in');
export const structOut = /* @__PURE__ */ structure('struct-out');
export const structInout = /* @__PURE__ */ structure('struct-inout');

/** A file descriptor, `fd` unless it has another name. */
export const fd = (name = 'fd'): Draft => ({ name, kind: 'fd', type: 'int' });
/** A directory's descriptor or AT_FDCWD. */
export const dirfd = (name = 'dirfd'): Draft => ({ name, kind: 'fd', type: 'int', constants: 'AT_FDCWD' });
/** A signal number. */
export const signal = (name = 'sig'): Draft => ({ name, kind: 'signal', type: 'int' });
/** A length of a socket address, and what it was cut to. */
export const socklenInout = (name = 'addrlen'): Draft => ({ name, kind: 'socklen-inout', type: 'socklen_t *' });
/** A set of signals, whose size in bytes is an argument of its own. */
export const sigsetIn = (name: string, lengthName = 'sigsetsize'): Draft => structIn(name, 'sigset_t', lengthName);
/** Flags that the manual page declares as unsigned. */
export const uflags = (name: string, constants?: string): Draft => flags(name, constants, 'unsigned int');
