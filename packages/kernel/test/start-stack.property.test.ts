import { AT_EXECFN, AT_RANDOM, E2BIG } from '@synos/abi';
import { createAddressSpace, createFrameAllocator, createRam, nullTlb } from '@synos/memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROGRAM_END } from '../src/elf/parse.js';
import { buildStack } from '../src/elf/start-stack.js';

const STACK_BYTES = 32 << 10;
const program = { entry: 0x40_0000, segments: [], headersAddress: 0x40_0040, headerCount: 3 };
const string = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.map((byte) => byte || 1));

test('a program reads from its stack what it was started with', () => {
  fc.assert(
    fc.property(fc.array(string, { maxLength: 8 }), fc.array(string, { maxLength: 8 }), string, (argv, envp, path) => {
      const ram = createRam({ byteLength: 256 << 10 });
      const memory = createAddressSpace({
        memory: ram,
        frames: createFrameAllocator({ memoryMap: ram.memoryMap }),
        tlb: nullTlb(),
      });
      if (memory === null) throw new Error('no memory');
      const entropy = { fill: (bytes: Uint8Array) => void bytes.fill(0x77) };
      const rsp = buildStack(memory, program, { argv, envp, path }, STACK_BYTES, entropy);
      expect(rsp % 16).toBe(0);
      const stack = new Uint8Array(PROGRAM_END - rsp);
      expect(memory.copyIn(rsp, stack)).toBe(stack.length);
      const view = new DataView(stack.buffer);
      let at = 0;
      const next = (): number => {
        at += 8;
        return Number(view.getBigUint64(at - 8, true));
      };
      const stringAt = (address: number): number[] => {
        const start = address - rsp;
        return [...stack.subarray(start, stack.indexOf(0, start))];
      };
      const list = (): number[][] => {
        const strings: number[][] = [];
        for (let pointer = next(); pointer !== 0; pointer = next()) strings.push(stringAt(pointer));
        return strings;
      };
      expect(next()).toBe(argv.length);
      expect(list()).toEqual(argv.map((each) => [...each]));
      expect(list()).toEqual(envp.map((each) => [...each]));
      const auxiliary = new Map<number, number>();
      for (let key = next(); key !== 0; key = next()) auxiliary.set(key, next());
      expect(stringAt(auxiliary.get(AT_EXECFN) as number)).toEqual([...path]);
      const random = (auxiliary.get(AT_RANDOM) as number) - rsp;
      expect([...stack.subarray(random, random + 16)]).toEqual(new Array(16).fill(0x77));
    }),
    { numRuns: 60 },
  );
});

test('arguments may take a quarter of the stack, and no byte more', () => {
  const answer = (length: number): number => {
    const ram = createRam({ byteLength: 256 << 10 });
    const memory = createAddressSpace({
      memory: ram,
      frames: createFrameAllocator({ memoryMap: ram.memoryMap }),
      tlb: nullTlb(),
    });
    if (memory === null) throw new Error('no memory');
    const argv = [new Uint8Array(length).fill(65)];
    return buildStack(memory, program, { argv, envp: [], path: Uint8Array.of(65) }, STACK_BYTES, { fill() {} });
  };
  expect(answer(STACK_BYTES / 4 - 512)).toBeGreaterThan(0);
  expect(answer(STACK_BYTES / 4)).toBe(-E2BIG);
});
