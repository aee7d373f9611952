import { parametersText, type SystemCallProfile, signatureOf } from '@synos/abi';

/** The registers of the arguments. The last three have no letter among GCC's constraints. */
const registers = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;
const letters: Readonly<Record<string, string>> = { rdi: 'D', rsi: 'S', rdx: 'd' };

/**
 * What a call changes beside rax. INT 0x80 restores every register; the SYSCALL instruction itself puts rip into rcx and
 * rflags into r11 (SDM vol. 2, SYSCALL).
 */
const traps = {
  synos: { instruction: 'int $0x80', clobbers: '"memory"' },
  'linux-x86_64': { instruction: 'syscall', clobbers: '"rcx", "r11", "memory"' },
} as const;

function caller(profile: SystemCallProfile, count: number): string[] {
  const used = registers.slice(0, count);
  const parameters = ['long number', ...used.map((_, index) => `long a${index + 1}`)].join(', ');
  const inputs = used.map((register, index) => {
    const letter = letters[register];
    return letter === undefined ? `"r"(${register})` : `"${letter}"(a${index + 1})`;
  });
  const { instruction, clobbers } = traps[profile.name];
  return [
    '',
    `static inline __attribute__((always_inline)) long synos_call${count}(${parameters})`,
    '{',
    '  long result;',
    ...used
      .map((register, index) => ({ register, index }))
      .filter(({ register }) => letters[register] === undefined)
      .map(({ register, index }) => `  register long ${register} __asm__("${register}") = a${index + 1};`),
    `  __asm__ volatile("${instruction}" : "=a"(result) : ${['"a"(number)', ...inputs].join(', ')} : ${clobbers});`,
    '  return result;',
    '}',
  ];
}

function wrapper(name: string): string[] {
  const signature = signatureOf(name);
  if (signature === undefined) return [];
  const taken = signature.arguments;
  const parameters = parametersText(signature);
  const passed = [`SYS_${name}`, ...taken.map((argument) => `(long)${argument.name}`)].join(', ');
  const inline = `static inline __attribute__((always_inline`;
  if (signature.returns === 'never') {
    return [
      `${inline}, noreturn)) void sys_${name}(${parameters})`,
      `{ synos_call${taken.length}(${passed}); __builtin_unreachable(); }`,
    ];
  }
  return [`${inline})) long sys_${name}(${parameters})`, `{ return synos_call${taken.length}(${passed}); }`];
}

/** `SYS_` numbers of a profile. */
export function numberDefinitions(profile: SystemCallProfile): string[] {
  return profile.calls.map(
    ({ name, number }) => `#define SYS_${name} ${number < 0x1000 ? number : `0x${number.toString(16)}`}`,
  );
}

/** A function of C for each call of a profile, and those that they stand on. */
export function wrapperDefinitions(profile: SystemCallProfile): string[] {
  const callers = [0, 1, 2, 3, 4, 5, 6].flatMap((count) => caller(profile, count));
  return [...callers, '', ...profile.calls.flatMap(({ name }) => wrapper(name))];
}
