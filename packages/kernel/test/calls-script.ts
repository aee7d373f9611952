import { AF_INET, errnoName, linuxSystemCalls } from '@synos/abi';
import { EDGE, FilesRig, HOLE, KERNEL, NOWHERE, type Program, READ_ONLY } from './files-rig.js';

// Calls as data, so that the Linux underneath can be asked the same.

/**
 * An argument: a number; what an earlier step answered (`of`, counted from 0); memory with these bytes, or so much room
 * (`shown`: what lies there afterwards is a part of the answer); a string; an int; the address of a socket of an earlier
 * step; pieces; a message; a `struct epoll_event`; `pollfd`s; an address that leads nowhere.
 */
export type Argument =
  | number
  | { readonly of: number }
  | { readonly bytes: readonly number[] }
  | { readonly room: number; readonly shown?: boolean }
  | { readonly text: string }
  | { readonly int: number }
  | { readonly nameOf: number }
  | { readonly iov: readonly Piece[] }
  | { readonly msg: MessageOf }
  | { readonly event: number }
  | { readonly polls: readonly (readonly [fd: number | { readonly of: number }, events: number])[] }
  | { readonly bad: 'nowhere' | 'kernel' | 'read-only' };

export type Piece =
  | { readonly bytes: readonly number[] }
  | { readonly room: number }
  | Bad
  | { readonly length: string };
type Bad = { readonly bad: 'nowhere' | 'kernel' | 'read-only'; readonly length?: number };
export interface MessageOf {
  readonly name?: { readonly nameOf: number } | Bad;
  readonly nameBytes?: number;
  readonly iov: readonly Piece[];
  readonly count?: number;
  readonly control?: readonly number[];
}

export type Step = readonly [call: string, ...values: readonly Argument[]];
export type Outcome = string | number | { readonly result: string | number; readonly shown: readonly string[] };

const BAD = { nowhere: NOWHERE, kernel: KERNEL, 'read-only': READ_ONLY };

/** Runs steps as a new program of a new kernel; its own descriptors are 3 and up. */
export function runOurs(steps: readonly Step[], rig: FilesRig = new FilesRig({ limit: 32 })): Outcome[] {
  const program = rig.program();
  const answers: number[] = [];
  const outcomes: Outcome[] = [];
  for (const [call, ...values] of steps) {
    program.reset();
    const shown: [number, number][] = [];
    const numbers = values.map((value) => toNumber(program, value, answers, shown));
    const result = program.call(call, ...numbers);
    answers.push(result);
    const named = result >= 0 ? result : (errnoName(result) ?? `E${-result}`);
    outcomes.push(
      shown.length === 0
        ? named
        : { result: named, shown: shown.map(([at, length]) => hex(program.bytes(at, length))) },
    );
  }
  program.die();
  return outcomes;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function toNumber(program: Program, value: Argument, answers: readonly number[], shown: [number, number][]): number {
  if (typeof value === 'number') return value;
  if ('of' in value) return answers[value.of]!;
  if ('bytes' in value) return program.put(value.bytes);
  if ('room' in value) {
    const address = program.put(new Uint8Array(value.room));
    if (value.shown) shown.push([address, value.room]);
    return address;
  }
  if ('text' in value) return program.text(value.text);
  if ('int' in value) return program.int(value.int);
  if ('nameOf' in value) return nameOf(program, answers[value.nameOf]!);
  if ('iov' in value) return pieces(program, value.iov);
  if ('event' in value) {
    const bytes = new DataView(new ArrayBuffer(12));
    bytes.setUint32(0, value.event, true);
    bytes.setUint32(4, 77, true);
    return program.put(new Uint8Array(bytes.buffer));
  }
  if ('polls' in value) {
    const view = new DataView(new ArrayBuffer(8 * value.polls.length));
    for (const [index, [fd, events]] of value.polls.entries()) {
      view.setInt32(8 * index, typeof fd === 'number' ? fd : answers[fd.of]!, true);
      view.setInt16(8 * index + 4, events, true);
    }
    const address = program.put(new Uint8Array(view.buffer));
    shown.push([address, view.byteLength]);
    return address;
  }
  if ('msg' in value) {
    const { name, nameBytes = 16, iov, count = iov.length, control = [] } = value.msg;
    const nameAt = name === undefined ? 0 : 'bad' in name ? BAD[name.bad] : nameOf(program, answers[name.nameOf]!);
    const controlAt = control.length === 0 ? 0 : program.put(control);
    return program.words(nameAt, nameBytes, pieces(program, iov), count, controlAt, control.length, 0);
  }
  return BAD[value.bad];
}

function nameOf(program: Program, fd: number): number {
  const address = program.room(16);
  const result = program.call('getsockname', fd, address, program.int(16));
  if (result < 0) throw new Error('no name');
  return address;
}

function pieces(program: Program, iov: readonly Piece[]): number {
  const words = iov.flatMap((piece): [number, number] => {
    if ('bytes' in piece) return [program.put(piece.bytes), piece.bytes.length];
    if ('room' in piece) return [program.room(piece.room), piece.room];
    if ('bad' in piece) return [BAD[piece.bad], piece.length ?? 4];
    return [program.room(16), Number(piece.length)];
  });
  return words.length === 0 ? program.room(16) : program.words(...words);
}

/** The same for python3: it reads a list of rows from its input, and prints what came of each. */
export const linuxScript = String.raw`
import ctypes, errno, json, os, resource, struct, sys, mmap as M
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
rows = json.load(sys.stdin)
numbers = rows['numbers']
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
read_only = libc.mmap(None, 4096, 1, 0x22, -1, 0)
BAD = {'nowhere': 8, 'kernel': 2**64 - 4096, 'read-only': read_only}
keep = []
def put(data):
    b = ctypes.create_string_buffer(bytes(data), max(1, len(data)))
    keep.append(b)
    return ctypes.addressof(b)
def name_of(fd):
    at, length = put(bytes(16)), put(struct.pack('<i', 16))
    if libc.getsockname(fd, ctypes.c_void_p(at), ctypes.c_void_p(length)) < 0: raise SystemExit('no name')
    return at
def pieces(iov):
    out = b''
    for p in iov:
        if 'bytes' in p: out += struct.pack('<QQ', put(p['bytes']), len(p['bytes']))
        elif 'room' in p: out += struct.pack('<QQ', put(bytes(p['room'])), p['room'])
        elif 'bad' in p: out += struct.pack('<QQ', BAD[p['bad']], p.get('length', 4))
        else: out += struct.pack('<QQ', put(bytes(16)), int(p['length']) % 2**64)
    return put(out)
def number(value, answers, shown):
    if isinstance(value, (int, float)): return int(value)
    if 'of' in value: return answers[value['of']]
    if 'bytes' in value: return put(value['bytes'])
    if 'room' in value:
        at = put(bytes(value['room']))
        if value.get('shown'): shown.append((at, value['room']))
        return at
    if 'text' in value: return put(value['text'].encode() + b'\0')
    if 'int' in value: return put(struct.pack('<i', value['int']))
    if 'nameOf' in value: return name_of(answers[value['nameOf']])
    if 'iov' in value: return pieces(value['iov'])
    if 'event' in value: return put(struct.pack('<IQ', value['event'], 77))
    if 'polls' in value:
        data = b''.join(struct.pack('<ihh', f if isinstance(f, int) else answers[f['of']], e, 0) for f, e in value['polls'])
        at = put(data)
        shown.append((at, len(data)))
        return at
    if 'msg' in value:
        m = value['msg']; n = m.get('name'); c = m.get('control', [])
        at = 0 if n is None else BAD[n['bad']] if 'bad' in n else name_of(answers[n['nameOf']])
        return put(struct.pack('<QIxxxxQQQQixxxx', at, m.get('nameBytes', 16), pieces(m['iov']), m.get('count', len(m['iov'])), put(c) if c else 0, len(c), 0))
    return BAD[value['bad']]
results = []
for row in rows['rows']:
    answers, outcomes = [], []
    for call, *values in row:
        shown = []
        args = [ctypes.c_long((lambda n: n - 2**64 if n >= 2**63 else n)(number(v, answers, shown) % 2**64)) for v in values]
        ctypes.set_errno(0)
        code, first, rest = numbers[call], args, []
        if call == 'send' or call == 'recv': args = args + [ctypes.c_long(0), ctypes.c_long(0)]
        result = libc.syscall(ctypes.c_long(code), *args)
        if result == -1: result = -ctypes.get_errno()
        answers.append(result)
        named = result if result >= 0 else 'EOPNOTSUPP' if result == -95 else errno.errorcode[-result]
        outcomes.append({'result': named, 'shown': [ctypes.string_at(a, n).hex() for a, n in shown]} if shown else named)
    for fd in range(3, 32):
        try: os.close(fd)
        except OSError: pass
    keep.clear()
    results.append(outcomes)
print(json.dumps(results))
`;

/** What python3 gets on its input. */
export function linuxInput(rows: readonly (readonly Step[])[]): string {
  // The two of the seed's calls are Linux's sendto and recvfrom without an address.
  const numbers = { ...linuxSystemCalls, send: linuxSystemCalls.sendto, recv: linuxSystemCalls.recvfrom };
  return JSON.stringify({ numbers, rows });
}

export { AF_INET, EDGE, HOLE };
