import * as abi from '@synos/abi';

// The package by its own name, and not by a path into it: the build of this entry then asks for that of the main one, which
// stays as easy for bundlers to take apart as it was. They cannot drop a table of all constants that it would have in it.

/** The constants of this package under their names in C. What is not a constant of C is in other words, or is ours. */
const constants = Object.entries<unknown>({ ...abi }).filter(
  (entry): entry is [string, number] => typeof entry[1] === 'number' && !entry[0].startsWith('SYNOS_'),
);

/** The constants that C compares with pointers to functions. */
const handlers = ['SIG_DFL', 'SIG_IGN'];

/** A number as C has it: small ones in decimal, unsigned where `int` ends. */
function literal(name: string, value: number): string {
  if (handlers.includes(name)) return `((void (*)(int))${value})`;
  // Addresses are signed int32 here and in_addr_t in C.
  const isAddress = name.startsWith('INADDR_');
  const number = isAddress ? value >>> 0 : value;
  if (number < 0) return `(${number})`;
  const digits = number < 0x400 ? `${number}` : `0x${number.toString(16)}`;
  return isAddress || number > 0x7fff_ffff ? `${digits}U` : digits;
}

/** What the names of a family begin with; errors and signals have no underscore. */
function familyOf(name: string): string {
  if (Object.hasOwn(abi.errno, name)) return 'errno';
  return /^(SIG|POLL|EPOLL)[A-Z]/.exec(name)?.[1] ?? /^_*[^_]+_?/.exec(name)?.[0] ?? name;
}

/** `#define`s of all constants by family, each in ascending order of values. */
export function constantDefinitions(): string[] {
  const families = new Map<string, [string, number][]>();
  for (const entry of constants) {
    const family = families.get(familyOf(entry[0]));
    if (family === undefined) families.set(familyOf(entry[0]), [entry]);
    else family.push(entry);
  }
  return [...families.values()].flatMap((family) => {
    family.sort((a, b) => a[1] - b[1]);
    return ['', ...family.map(([name, value]) => `#define ${name} ${literal(name, value)}`)];
  });
}
