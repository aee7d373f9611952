import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDecoder, type Instruction } from '../src/cpu/decode/decode.js';
import { instructionForms } from '../src/cpu/decode/instruction-forms.js';
import { allCases, hex } from './reference/cases.js';
import { codeBytes } from './reference/code-bytes.js';
import { disassemble, hasObjdump, mnemonicOf } from './reference/objdump.js';
import { operandsFrom, operandsOf } from './reference/operand-text.js';

// The decoder against objdump of the GNU binutils.

const decode = createDecoder(instructionForms);
const conditions = 'o no b ae e ne be a s ns p np l ge le g'.split(' ');

/** Names that objdump has for what is one row here. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  xchg: ['nop', 'pause'],
  mov: ['movabs'],
  cbw: ['cwde', 'cdqe'],
  cwd: ['cdq', 'cqo'],
  push: ['pushw'],
  pop: ['popw'],
  pushf: ['pushfw'],
  popf: ['popfw'],
  enter: ['enterw'],
  leave: ['leavew'],
  callf: ['call', 'rex.W call'],
  jmpf: ['jmp'],
  cmpxchg8b: ['cmpxchg16b'],
  prefetchw: ['prefetch', 'prefetchwt1'],
  // Hints that later CPUs take: prefetches, bounds, shadow stacks.
  nop: [
    ...['prefetchnta', 'prefetcht0', 'prefetcht1', 'prefetcht2', 'prefetchit0', 'prefetchit1', 'cldemote'],
    ...['bndmov', 'bndldx', 'bndstx', 'bndcl', 'bndcu', 'bndcn', 'bndmk'],
    ...['endbr64', 'endbr32', 'rdsspd', 'rdsspq'],
  ],
  jrcxz: ['jecxz'],
  retf: ['retfw', 'retfq'],
  // As #GP and #UD they are alike here: what is behind is told apart by the lifter, or not there.
  wbinvd: ['wbnoinvd'],
  swapgs: [
    'rdtscp',
    'tlbsync',
    'rmpadjust',
    'monitorx',
    'mwaitx',
    'clzero',
    'rdpru',
    'invlpgb',
    'pvalidate',
    'psmash',
    'rmpupdate',
    'mcommit',
  ],
  clflush: ['clflushopt'],
  lfence: ['incsspd', 'incsspq'],
  mfence: ['umonitor', 'umwait', 'tpause'],
  sysret: ['sysretd', 'sysretq'],
  sysexit: ['sysexitd', 'sysexitq'],
  iret: ['iretw', 'iretd', 'iretq'],
};

const nameOf = ({ form, condition }: Instruction): string =>
  form.mnemonic + (form.hasCondition ? conditions[condition] : '');

/** What objdump calls an instruction of ours. */
const isCalled = (decoded: Instruction, name: string): boolean =>
  name === nameOf(decoded) || (otherNames[decoded.form.mnemonic] ?? []).includes(name);

/** Whether both write the operands: not those that are told by the name, nor those of other names. */
const hasText = ({ form }: Instruction, name: string): boolean =>
  form.operands.length > 0 &&
  form.kind !== 'trap' &&
  (form.mnemonic !== 'nop' && form.mnemonic !== 'xchg' ? true : name === form.mnemonic);

const describeDecoded = (decoded: Instruction, name: string): string =>
  `${decoded.byteLength} bytes${hasText(decoded, name) ? `, ${operandsOf(decoded).join(' ')}` : ''}`;

test.skipIf(!hasObjdump())('every encoding of every row is read as objdump reads it (wants GNU binutils)', () => {
  const cases = allCases();
  const code = Uint8Array.from(cases.flatMap(({ bytes }) => [...bytes]));
  const lines = disassemble(code);
  const wrong: string[] = [];
  let at = 0;
  for (const { form, bytes } of cases) {
    const line = lines.get(at);
    const decoded = decode(code, at, code.length, at);
    if (decoded.kind !== 'instruction' || decoded.form !== form) wrong.push(`${hex(bytes)}: not ${form.mnemonic}`);
    else if (line === undefined) wrong.push(`${hex(bytes)}: objdump has no line`);
    else {
      const name = mnemonicOf(line.text);
      if (!isCalled(decoded, name)) wrong.push(`${hex(bytes)}: ${nameOf(decoded)}, objdump ${line.text}`);
      const end = at + line.byteLength;
      const tail = line.text.slice(line.text.indexOf(name));
      const theirs = hasText(decoded, name) ? `, ${operandsFrom(tail, decoded, end).join(' ')}` : '';
      const ours = describeDecoded(decoded, name);
      if (ours !== `${line.byteLength} bytes${theirs}`) wrong.push(`${hex(bytes)}: ${ours}; objdump ${line.text}`);
    }
    at += bytes.length;
  }
  expect(cases.length).toBeGreaterThan(30_000);
  expect(wrong).toEqual([]);
});

/** Room for a sample and the NOPs behind it, in which objdump falls into step again. */
const ROOM = 48;

test.skipIf(!hasObjdump())('random bytes have the length and the name that objdump sees (wants GNU binutils)', () => {
  const count = process.env.SYNOS_LONG === undefined ? 6_000 : 100_000;
  const samples = fc.sample(codeBytes, { numRuns: count, seed: 0x86 });
  const code = new Uint8Array(count * ROOM).fill(0x90);
  samples.forEach((bytes, number) => {
    code.set(bytes, number * ROOM);
  });
  const lines = disassemble(code);
  const names = new Set([...instructionForms.map(({ mnemonic }) => mnemonic), ...Object.values(otherNames).flat()]);
  const wrong: string[] = [];
  let read = 0;
  samples.forEach((bytes, number) => {
    const at = number * ROOM;
    const line = lines.get(at) ?? { byteLength: 0, text: '?', isPieced: false };
    const name = mnemonicOf(line.text);
    const decoded = decode(code, at, at + ROOM, at);
    // Where it stumbles over a prefix it forgets those before; F2 before BSF it does not know; PUSH FS is not there.
    if (line.isPieced || line.text.includes('(bad)') || / [fg]s$/.test(line.text)) return;
    if (decoded.kind === 'instruction') {
      read++;
      const isLike = decoded.byteLength === line.byteLength && isCalled(decoded, name);
      if (!isLike)
        wrong.push(
          `${hex(bytes)}: ${decoded.byteLength} bytes, ${nameOf(decoded)}; objdump ${line.byteLength} ${line.text}`,
        );
    } else if (names.has(name) && !line.text.includes('lock'))
      wrong.push(`${hex(bytes)}: ${decoded.kind}; objdump ${line.text}`);
  });
  expect(read).toBeGreaterThan(count / 2);
  expect(wrong).toEqual([]);
});
