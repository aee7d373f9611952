import { type LinuxSystemCallName, linuxSystemCalls } from './linux-x86-64.js';
import { type SynosSystemCallName, synosSystemCalls } from './synos.js';

/** A system call: its number in one profile, and its name. */
export interface SystemCall<Name extends string = string> {
  readonly number: number;
  readonly name: Name;
}

/**
 * What a program's system-call numbers mean. A program is of one profile, known by the trap it enters the kernel with;
 * numbers of two profiles are never looked up in one table.
 */
export interface SystemCallProfile<Name extends string = string> {
  /** The profile's name. */
  readonly name: 'linux-x86_64' | 'synos';
  /** The trap vector that brings its calls: 0x80 for INT 0x80; 256 stands for the SYSCALL instruction. */
  readonly vector: number;
  /** Numbers by name. */
  readonly numbers: Readonly<Record<Name, number>>;
  /** All calls in ascending order of numbers. */
  readonly calls: readonly SystemCall<Name>[];
}

function profile<Name extends string>(
  name: SystemCallProfile['name'],
  vector: number,
  numbers: Readonly<Record<Name, number>>,
): SystemCallProfile<Name> {
  const calls = (Object.keys(numbers) as Name[]).map((call) => ({ number: numbers[call], name: call }));
  calls.sort((a, b) => a.number - b.number);
  return { name, vector, numbers, calls };
}

/** The true Linux numbers, by the SYSCALL instruction. */
export const linuxProfile: SystemCallProfile<LinuxSystemCallName> = /* @__PURE__ */ profile(
  'linux-x86_64',
  256,
  linuxSystemCalls,
);

/** The numbers of the SynOS design, by INT 0x80. */
export const synosProfile: SystemCallProfile<SynosSystemCallName> = /* @__PURE__ */ profile(
  'synos',
  0x80,
  synosSystemCalls,
);

/**
 * The name of a system call by its number.
 *
 * @param of - the profile of the calling program
 * @param number - any number, such as the contents of rax
 * @returns the name; undefined where the profile has no such call and ENOSYS is the answer
 * @example
 * ```ts
 * systemCallName(linuxProfile, 44); // 'sendto'
 * systemCallName(synosProfile, 44); // 'send'
 * ```
 */
export function systemCallName<Name extends string>(of: SystemCallProfile<Name>, number: number): Name | undefined {
  let low = 0;
  let high = of.calls.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const call = of.calls[middle];
    if (call === undefined) return undefined;
    if (call.number === number) return call.name;
    if (call.number < number) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/**
 * The number of a system call by its name.
 *
 * @param of - the profile of the calling program
 * @param name - any text
 * @returns the number; undefined where the profile has no call of that name
 * @example
 * ```ts
 * systemCallNumber(synosProfile, 'sendto'); // 0x102c
 * ```
 */
export function systemCallNumber<Name extends string>(of: SystemCallProfile<Name>, name: string): number | undefined {
  return Object.hasOwn(of.numbers, name) ? of.numbers[name as Name] : undefined;
}
