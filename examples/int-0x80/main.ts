// The way of a byte from a program into its kernel: memory, traps and system calls joined over the bytes of one RAM.
// The page tables, the GDT, the IDT and the TSS lie in it as a real CPU would read them.
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE, synosProfile, writeU64 } from '@synos/abi';
import { SYSCALL_VECTOR, selectors, type TrapFrame, trapFrame, type UserMemory } from '@synos/interfaces';
import { createAddressSpace, createFrameAllocator, createKernelHalf, createRam, nullTlb } from '@synos/memory';
import { copyInBytes, copyOutBytes, createDispatcher, createTrace } from '@synos/syscall';
import {
  createStartFrame,
  createTrapTable,
  GDT_BYTES,
  IDT_BYTES,
  loadTaskRegister,
  resume,
  SYSTEM_CALL_VECTOR,
  starOf,
  writeGdt,
  writeIdt,
  writeTss,
} from '@synos/trap';
import { enter, faultOfStore, linearMemory } from './cpu.js';

// --- memory: 4 MB, a kernel half, and the address space of one program
const memory = createRam({ byteLength: 4 << 20 });
// Where a machine has its entry code: 16 bytes for each vector.
const code = { address: 0x10_0000, byteLength: 8192 };
const frames = createFrameAllocator({ memoryMap: memory.memoryMap, reserved: [code] });
// Nothing here remembers translations. A CPU's TLB goes in this place.
const tlb = nullTlb();
const kernelHalf = createKernelHalf({ memory, frames, tlb, code: [code] });
const space = kernelHalf === null ? null : createAddressSpace({ memory, frames, tlb, kernelHalf });
if (kernelHalf === null || space === null) throw new Error('out of memory');
const { directMapBase } = kernelHalf;
const text = space.mmap(0x40_0000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);

// --- traps: a page each for the tables, two for the kernel's stack
const pageOf = (count: number): { bytes: Uint8Array<ArrayBuffer>; view: DataView; base: number; physical: number } => {
  const physical = frames.allocateRun(count);
  const bytes = memory.mem(physical, count * 4096);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { bytes, view, base: directMapBase + physical, physical };
};
const tables = pageOf(3);
const stack = pageOf(2);
const entryCode = directMapBase + code.address;
const gdt = { base: tables.base, limit: GDT_BYTES - 1 };
const idt = { base: tables.base + 4096, limit: IDT_BYTES - 1 };
writeGdt(tables.view, 0, { tssBase: tables.base + 8192 });
writeIdt(tables.view, 4096, { stub: (vector) => entryCode + 16 * vector });
writeTss(tables.view, 8192, { rsp0: stack.base + 4096 + 176, ist1: stack.base + 2048, ist2: stack.base + 1024 });
const linear = linearMemory(memory, space.root);
const tss = loadTaskRegister(selectors.tss, gdt, linear);
if ('reason' in tss) throw new Error(tss.reason);
const system = { gdt, idt, tss };

// --- system calls: two, from the table that C programs compile against
const signatures = {
  write: {
    arguments: [
      { name: 'fd', kind: 'fd', type: 'int' },
      { name: 'buf', kind: 'bytes-in', type: 'const void *', length: 2 },
      { name: 'count', kind: 'size', type: 'size_t' },
    ],
    returns: 'size',
  },
  echo: {
    arguments: [
      { name: 'seen', kind: 'struct-out', type: 'uint64_t *' },
      ...[2, 3, 4, 5, 6].map((n) => ({ name: `arg${n}`, kind: 'ulong', type: 'unsigned long' }) as const),
    ],
    returns: 'none',
  },
} as const;
interface Thread {
  readonly memory: UserMemory;
}
const { dispatch } = createDispatcher<Thread, typeof signatures>({
  profile: synosProfile,
  signatures,
  handlers: {
    write({ memory: user }, _fd, address, count) {
      const bytes = copyInBytes(user, address, Math.min(count, 4096));
      if (typeof bytes === 'number') return bytes;
      console.log(`the program says: ${String.fromCharCode(...bytes)}`);
      return bytes.length;
    },
    echo({ memory: user }, seen, ...others) {
      const bytes = new Uint8Array(56);
      const view = new DataView(bytes.buffer);
      for (const [index, value] of [synosProfile.numbers.echo, seen, ...others].entries()) {
        writeU64(view, 8 * index, value);
      }
      return copyOutBytes(user, seen, bytes);
    },
  },
  observer: createTrace<Thread>((line) => console.log(line)),
});

const traps = createTrapTable();
traps.onVector(SYSTEM_CALL_VECTOR, (frame) => void dispatch(frame, { memory: space }));
let faultAddress = 0;
traps.on('pageFault', (_frame, errorCode) => {
  const refusal = space.resolveFault(faultAddress, errorCode);
  console.log(`page fault at 0x${faultAddress.toString(16)}, error code ${errorCode}: ${refusal ?? 'resolved'}`);
});

// --- a program: what its instructions would do
const frame = createStartFrame(stack.bytes, 4096, { rip: text, rsp: text + 4096 }, stack.physical + 4096);
const star = starOf(selectors.kernelCode, selectors.kernelData);
const kernel = { cs: selectors.kernelCode, ss: 0, rip: entryCode, rsp: { low: 0, high: 0 }, rflags: 2 };

/** IRETQ, what the program does, and the trap that comes of it. */
function run(event: Parameters<typeof enter>[1]): void {
  const resumed = resume(frame, { cpu: kernel, gdt, star }, linear);
  if (resumed.outcome === 'refused') throw new Error(resumed.reason);
  enter(resumed.cpu, event, system, linear, frame);
  traps.dispatch(frame);
}

/** INT 0x80 with a number and up to six arguments. */
function systemCall(name: keyof typeof signatures, ...values: number[]): number {
  const { rdi, rsi, rdx, r10, r8, r9, rax } = trapFrame;
  for (const [index, word] of [rdi, rsi, rdx, r10, r8, r9].entries()) frame.set(word, values[index] ?? 0);
  frame.set(rax, synosProfile.numbers[name]);
  run({ kind: 'software', vector: SYSTEM_CALL_VECTOR, instructionBytes: 2 });
  return frame.signed(rax);
}

/** The registers that no system call may touch, in one line. */
function kept(of: TrapFrame): string {
  return (['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15', 'rsp'] as const).map((word) => of.signed(trapFrame[word])).join();
}

const hello = 'hello';
faultAddress = text;
const fault = faultOfStore(memory, space.root, text);
if (fault !== null) run(fault);
for (let at = 0; at < hello.length; at++) {
  // The page is there now: a store goes where the tables say.
  space.copyOut(text + at, Uint8Array.of(hello.charCodeAt(at)));
}
for (const [index, word] of (['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'] as const).entries()) {
  frame.set(trapFrame[word], 1000 + index);
}
const before = kept(frame);
systemCall('write', 1, text, hello.length);
systemCall('write', 1, directMapBase, 5);
systemCall('echo', text + 1024, 22, 33, 44, 55, 66);
const seen = new Uint8Array(56);
space.copyIn(text + 1024, seen);
const words = new BigUint64Array(seen.buffer);
console.log(`echo saw ${[...words].map((word) => `0x${word.toString(16)}`).join(' ')}`);
console.log(kept(frame) === before ? 'all other registers are as they were' : 'a register was lost');

// SYSCALL brings frames of its own vector: this program is not of that profile.
frame.set(trapFrame.vector, SYSCALL_VECTOR);
console.log(traps.dispatch(frame)?.words);
