import { describe, expect, test } from 'vitest';
import { type ArgumentKind, linuxProfile, signatureOf, synosProfile, systemCallSignatures } from '../src/index.js';
import { argumentCounts } from './argument-counts.js';
import { cMissing, runC } from './c-compiler.js';
import { prototypeHeaders, samePrototype } from './glibc-prototypes.js';

const all = Object.entries(systemCallSignatures);

/** Kinds that can say how long another argument is. */
const lengths: ArgumentKind[] = ['int', 'unsigned', 'long', 'ulong', 'size', 'socklen-inout'];
/** Kinds that need such an argument. */
const measured = /^(bytes-in|bytes-out|sockaddr-in|sockaddr-out|iovec-in|iovec-out|pollfds-inout|epoll-events-out)$/;
/** Kinds that may have one: arrays of structures, and structures whose size is told. */
const mayBeMeasured = /^struct-(in|out|inout)$/;

/** What C types a kind may have. */
const typesOf: Readonly<Record<ArgumentKind, RegExp>> = {
  int: /^(int|clockid_t|timer_t|key_t|key_serial_t)$/,
  unsigned: /^(unsigned int|uint32_t|uid_t|gid_t|id_t|socklen_t)$/,
  long: /^long$/,
  ulong: /^(unsigned long|uint64_t|nfds_t|aio_context_t)$/,
  size: /^size_t$/,
  offset: /^off_t$/,
  fd: /^int$/,
  pid: /^pid_t$/,
  signal: /^int$/,
  mode: /^mode_t$/,
  flags: /^(int|unsigned int|uint32_t)$/,
  lflags: /^(unsigned long|uint64_t)$/,
  address: /^(const )?void \*$/,
  'string-in': /^const char \*$/,
  'strings-in': /^char \*const \*$/,
  'bytes-in': /^const (void|char|unsigned long) \*$/,
  'bytes-out': /^(void|char|unsigned long) \*$/,
  'sockaddr-in': /^const struct sockaddr \*$/,
  'sockaddr-out': /^struct sockaddr \*$/,
  'socklen-inout': /^socklen_t \*$/,
  'iovec-in': /^const struct iovec \*$/,
  'iovec-out': /^const struct iovec \*$/,
  'msghdr-in': /^const struct msghdr \*$/,
  'msghdr-inout': /^struct msghdr \*$/,
  'pollfds-inout': /^struct pollfd \*$/,
  'epoll-event-in': /^struct epoll_event \*$/,
  'epoll-events-out': /^struct epoll_event \*$/,
  'timespec-in': /^const struct timespec \*$/,
  'timespec-out': /^struct timespec \*$/,
  'timeval-in': /^const struct timeval \*$/,
  'timeval-out': /^struct timeval \*$/,
  'int-in': /^const int \*$/,
  'int-out': /^int \*$/,
  'ints-out': /^int \*$/,
  'struct-in': /^(const [\w ]+ \*|[\w ]+ \*const \*)$/,
  'struct-out': /^(?!const )[\w ]+ \*\*?$/,
  'struct-inout': /^(?!const )[\w ]+ \*$/,
  pointer: / \*$/,
};

describe('signatures', () => {
  test('are there for each call of both profiles, and for no other name', () => {
    const names = new Set<string>([...linuxProfile.calls, ...synosProfile.calls].map((call) => call.name));
    expect(Object.keys(systemCallSignatures).sort()).toEqual([...names].sort());
    for (const { name } of [...linuxProfile.calls, ...synosProfile.calls]) {
      expect(signatureOf(name)).toBe(systemCallSignatures[name]);
    }
  });

  test.each(['', 'toString', '__proto__', 'sbrk', 'READ'])('are not there for %j', (name) => {
    expect(signatureOf(name)).toBeUndefined();
  });

  test('have as many arguments as a source of its own says', () => {
    const counts = Object.fromEntries(
      argumentCounts.flatMap((names, count) =>
        names
          .trim()
          .split(/\s+/)
          .map((name) => [name, count]),
      ),
    );
    const ours = linuxProfile.calls.map(({ name }) => [name, signatureOf(name).arguments.length]);
    expect(Object.fromEntries(ours)).toEqual(counts);
    expect(ours.length).toBe(384);
  });

  test('have the C types of the prototypes of glibc, where it passes its arguments on as they are', (context) => {
    if (cMissing !== undefined) context.skip(cMissing);
    const version = runC('printf("%d", __GLIBC_PREREQ(2, 36));', prototypeHeaders);
    if (version !== '1') {
      console.warn('abi: signatures not compared with glibc, which is older than 2.36');
      context.skip('glibc is older than 2.36');
    }
    const lines = samePrototype.map((name) => {
      const types = signatureOf(name)?.arguments.map((argument) => argument.type) ?? [];
      const result = `__typeof__(${name}(${types.map((type) => `*(__typeof__(${type})*)0`).join(', ')}))`;
      const same = `__builtin_types_compatible_p(__typeof__(${name}), ${result}(${types.join(', ') || 'void'}))`;
      return `printf("${name} %d\\n", ${same});`;
    });
    const printed = runC(lines.join('\n'), prototypeHeaders).trim().split('\n');
    expect(printed).toEqual(samePrototype.map((name) => `${name} 1`));
    expect(samePrototype.length).toBe(230);
  });

  test('have arrays of their own', () => {
    expect(new Set(all.map(([, signature]) => signature.arguments)).size).toBe(all.length);
  });
});

describe.each(all)('%s', (_, signature) => {
  test('has at most six arguments, each with a name of C of its own', () => {
    const names = signature.arguments.map((argument) => argument.name);
    expect(names.length).toBeLessThanOrEqual(6);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]\w*$/);
  });

  test('has C types that go with the kinds', () => {
    for (const { kind, type } of signature.arguments) expect(type).toMatch(typesOf[kind]);
  });

  test('measures what needs a length by an argument that can be one', () => {
    signature.arguments.forEach((argument, index) => {
      if (measured.test(argument.kind)) expect(argument).toHaveProperty('length');
      else if (!mayBeMeasured.test(argument.kind)) expect(argument).not.toHaveProperty('length');
      if (argument.length === undefined) return;
      const measure = signature.arguments[argument.length];
      expect(argument.length).not.toBe(index);
      expect(lengths).toContain(measure?.kind);
      const isSockaddrOut = argument.kind === 'sockaddr-out';
      if (isSockaddrOut) expect(measure?.kind).toBe('socklen-inout');
      if (argument.kind.endsWith('-in')) expect(measure?.kind).not.toBe('socklen-inout');
    });
  });

  test('names constants by a prefix, and only for numbers', () => {
    for (const { kind, constants } of signature.arguments) {
      if (constants === undefined) continue;
      expect(constants).toMatch(/^[A-Z_][A-Z0-9_]*$/);
      expect(kind).not.toMatch(/-|pointer|address|pid|signal|mode|size|offset/);
    }
  });
});
