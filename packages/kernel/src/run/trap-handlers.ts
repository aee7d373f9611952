import { SIGSEGV, writeWaitStatus } from '@synos/abi';
import { type Machine, SYSCALL_VECTOR, type TrapFrame, trapFrame } from '@synos/interfaces';
import { createTrapTable, describeTrapFrame, SYSTEM_CALL_VECTOR, type TrapTable, wordText } from '@synos/trap';
import type { KernelThread } from '../processes/process.js';
import { type FatalException, signalOfException } from '../traps/fatal-exceptions.js';

/** What the handlers of traps call. */
export interface TrapTargets {
  readonly machine: Machine;
  /** Whose trap it is. */
  readonly current: () => KernelThread;
  /** INT 0x80. */
  readonly synosCall: (thread: KernelThread) => void;
  /** The SYSCALL instruction. */
  readonly linuxCall: (thread: KernelThread) => void;
  readonly interrupt: (vector: number) => void;
  /** Ends the process of a thread. */
  readonly end: (thread: KernelThread, waitStatus: number) => void;
  readonly log: (line: string) => void;
  /** The kernel cannot go on. */
  readonly panic: (reason: string, frame: TrapFrame) => void;
}

/** Handlers for all that ends a program's run: system calls, interrupts, page faults and other exceptions. */
export function createTrapHandlers(targets: TrapTargets): TrapTable {
  const { machine, current, synosCall, linuxCall, interrupt, panic } = targets;
  const traps = createTrapTable();
  traps.onVector(SYSTEM_CALL_VECTOR, () => synosCall(current()));
  traps.onVector(SYSCALL_VECTOR, () => linuxCall(current()));
  for (let vector = 32; vector < 256; vector++) {
    if (vector !== SYSTEM_CALL_VECTOR) traps.onVector(vector, () => interrupt(vector));
  }
  for (const name of Object.keys(signalOfException) as FatalException[]) {
    traps.on(name, (frame: TrapFrame) => kill(targets, frame, signalOfException[name], ''));
  }
  traps.on('pageFault', (frame, errorCode) => {
    const address = machine.readControl('cr2');
    const refusal = current().memory.resolveFault(address, errorCode);
    if (refusal === null) return;
    if (refusal === 'broken-tables') panic(`page tables are broken at ${hexText(address)}`, frame);
    else kill(targets, frame, SIGSEGV, ` at ${hexText(address)}`);
  });
  traps.on('nmi', () => targets.log('a non-maskable interrupt: something is wrong with the hardware'));
  traps.on('doubleFault', (frame) => panic('a double fault', frame));
  traps.on('machineCheck', (frame) => panic('a machine check', frame));
  return traps;
}

/** Ends a program by the signal of its exception: there is no handler that could be called. */
function kill(targets: TrapTargets, frame: TrapFrame, signal: number, where: string): void {
  const thread = targets.current();
  const { name, pid } = thread.process;
  const [what = ''] = describeTrapFrame(frame).split('\n');
  const rip = wordText({ low: frame.low(trapFrame.rip), high: frame.high(trapFrame.rip) });
  targets.log(`${name}[${pid}]: ${what}${where}, rip ${rip}: ended by signal ${signal}`);
  targets.end(thread, writeWaitStatus({ how: 'killed', signal, dumpedCore: false }));
}

function hexText(address: number): string {
  return wordText({ low: address >>> 0, high: Math.floor(address / 2 ** 32) >>> 0 });
}
