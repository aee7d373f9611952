import { encode, type InstructionForm, instructionForms } from '@synos/machine-sim/testing';
import fc from 'fast-check';

/** One instruction of any kind that the CPU knows, privileged ones and traps among them. */
export const instructions: fc.Arbitrary<number[]> = fc
  .record({
    form: fc.nat(instructionForms.length - 1).map((index) => instructionForms[index] as InstructionForm),
    widthIndex: fc.nat(3),
    register: fc.nat(15),
    rm: fc.nat(15),
    isMemory: fc.boolean(),
    isLocked: fc.boolean(),
    condition: fc.nat(15),
    displacement: fc.nat(0xfff),
    // Mostly short ways: jumps that stay within the soup.
    immediate: fc.oneof(fc.nat(40).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  })
  .map(({ form, widthIndex, register, rm, isMemory, isLocked, condition, displacement, immediate }) => {
    const width = form.widths[widthIndex % form.widths.length] as InstructionForm['widths'][number];
    const memory = isMemory ? { memory: { base: rm, scale: 1, displacement } as const } : {};
    const choice = {
      width,
      condition,
      registers: [rm, register, rm],
      immediate,
      lock: isLocked && isMemory,
      ...memory,
    };
    // What the row cannot be is no instruction at all: a program may have that too.
    const bytes = encode(form, choice) ?? encode(form, { ...choice, lock: false });
    return [...(bytes ?? [0x0f, 0x0b])];
  });
