import type { SystemCallProfile } from '@synos/abi';
import { constantDefinitions } from './constants.js';
import { structureDefinitions } from './structures.js';
import { forwardDeclarations, typeDefinitions } from './types.js';
import { numberDefinitions, wrapperDefinitions } from './wrappers.js';

const subjects = {
  synos: 'SynOS, by INT 0x80: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9',
  'linux-x86_64': 'Linux on x86-64, by SYSCALL: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9',
} as const;

/**
 * A header of C11 (and C++11) for programs without a C library: the numbers of a profile's calls as `SYS_name`, all
 * constants of this package, its structures with assertions of their sizes and offsets, and for each call a function
 * `sys_name` that enters the kernel and answers what came back in rax: a result, or an errno negated.
 *
 * It needs GCC's inline assembly, which clang has as well, and no other header than `stddef.h` and `stdint.h`, which come
 * with a compiler. It defines names of the C library, and cannot be included beside one.
 *
 * @param profile - whose numbers and whose trap
 * @returns the text, the same for the same version of this package; some 3,300 lines
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { synosProfile } from '@synos/abi';
 * import { cHeader } from '@synos/abi/c-header';
 *
 * writeFileSync('synos.h', cHeader(synosProfile));
 * // gcc -std=c11 -ffreestanding -nostdlib -static -mgeneral-regs-only program.c
 * ```
 */
export function cHeader(profile: SystemCallProfile): string {
  const guard = `SYNOS_${profile.name.toUpperCase().replaceAll('-', '_')}_H`;
  const lines = [
    `/* System calls of ${subjects[profile.name]}.`,
    '   Made by cHeader of @synos/abi. */',
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    ...typeDefinitions,
    ...structureDefinitions(),
    '',
    ...forwardDeclarations(),
    ...constantDefinitions(),
    '',
    ...numberDefinitions(profile),
    ...wrapperDefinitions(profile),
    '',
    '#endif',
    '',
  ];
  return lines.join('\n');
}
