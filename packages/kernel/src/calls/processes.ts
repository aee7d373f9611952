import {
  ARCH_GET_FS,
  ARCH_GET_GS,
  ARCH_SET_FS,
  ARCH_SET_GS,
  E2BIG,
  EINVAL,
  EPERM,
  ESRCH,
  SIGKILL,
  SIGTERM,
  type systemCallSignatures,
  writeWaitStatus,
} from '@synos/abi';
import { type TrapFrame, trapFrameTail, type UserMemory, type VirtualAddress } from '@synos/interfaces';
import {
  type Answer,
  copyInPath,
  copyInStrings,
  copyOutBytes,
  type Handlers,
  stringsBytes,
  unanswered,
} from '@synos/syscall';
import { PROGRAM_END } from '../elf/parse.js';
import type { KernelThread } from '../processes/process.js';
import type { ProcessTable } from '../processes/process-table.js';
import { type ProcessWorld, startProcess } from '../processes/start-process.js';
import { createWait4 } from '../processes/wait.js';

/** What the calls about processes use. */
export interface ProcessServices {
  readonly table: ProcessTable;
  readonly world: ProcessWorld;
  /** The bytes of a program by its path, or a negative errno. */
  readonly programAt: (path: Uint8Array) => Uint8Array<ArrayBuffer> | number;
  /** Seconds of so many time-stamp counts. */
  readonly secondsOf: (ticks: number) => number;
  /** A new thread may run. */
  readonly onStarted: (thread: KernelThread) => void;
  /** The caller gives up the rest of its turn. */
  readonly onYield: () => void;
}

const HIGHEST_SIGNAL = 64;

/** exit(2), wait4(2), getpid(2), kill(2), arch_prctl(2), the system's own `spawn`, and their relatives. */
export function processHandlers(services: ProcessServices): Handlers<KernelThread, typeof systemCallSignatures> {
  const { table, onYield } = services;
  const exit = ({ process }: KernelThread, code: number): Answer => {
    table.end(process, writeWaitStatus({ how: 'exited', code }));
    return unanswered;
  };
  const pidOf = ({ process }: KernelThread): number => process.pid;
  // There is one user.
  const root = (): number => 0;
  return {
    exit,
    exit_group: exit,
    wait4: createWait4(table, services.secondsOf),
    getpid: pidOf,
    gettid: pidOf,
    set_tid_address: pidOf,
    getppid: ({ process }) => process.parent?.pid ?? 0,
    getuid: root,
    geteuid: root,
    getgid: root,
    getegid: root,
    sched_yield() {
      onYield();
      return 0;
    },
    kill: (thread, pid, signal) => kill(services, thread, pid, signal),
    arch_prctl: ({ memory, frame }, operation, address) => archPrctl(memory, frame, operation, address),
    spawn: (thread, path, argv, envp) => spawn(services, thread, path, argv, envp),
  };
}

function spawn(
  services: ProcessServices,
  { memory, process }: KernelThread,
  pathAddress: VirtualAddress,
  argvAddress: VirtualAddress,
  envpAddress: VirtualAddress,
): number {
  const { world } = services;
  const path = copyInPath(memory, pathAddress);
  if (typeof path === 'number') return path;
  // A quarter of the new stack, as in Linux.
  const room = world.stackBytes / 4;
  const argv = copyInStrings(memory, argvAddress, { totalBytes: room });
  if (typeof argv === 'number') return argv;
  const left = room - stringsBytes(argv);
  if (left <= 0) return -E2BIG;
  const envp = copyInStrings(memory, envpAddress, { totalBytes: left });
  if (typeof envp === 'number') return envp;
  const program = services.programAt(path);
  if (typeof program === 'number') return program;
  const started = startProcess(world, {
    parent: process,
    path,
    argv,
    envp,
    program,
    descriptors: () => process.descriptors.inherit(),
  });
  if ('answer' in started) return started.answer;
  services.onStarted(started.thread);
  return started.pid;
}

/** Signals are not delivered: SIGKILL and SIGTERM end their target, 0 looks whether it is there, others are EINVAL. */
function kill({ table }: ProcessServices, { process }: KernelThread, pid: number, signal: number): Answer {
  if (signal < 0 || signal > HIGHEST_SIGNAL) return -EINVAL;
  const target = table.get(pid);
  if (target === undefined) return -ESRCH;
  if (signal === 0) return 0;
  if (signal !== SIGKILL && signal !== SIGTERM) return -EINVAL;
  // Nobody has asked for its end yet, and nothing changes it.
  if (target.state === 'zombie') return 0;
  // Init takes no signal that it has no handler for, its own included (kill(2), NOTES).
  if (target === table.init) return 0;
  table.end(target, writeWaitStatus({ how: 'killed', signal, dumpedCore: false }));
  return target === process ? unanswered : 0;
}

/** FS and GS lie in the thread's frame, from where each return to it loads them. */
function archPrctl(memory: UserMemory, frame: TrapFrame, operation: number, address: VirtualAddress): number {
  switch (operation) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
      if (address < 0 || address >= PROGRAM_END) return -EPERM;
      frame.set(operation === ARCH_SET_FS ? trapFrameTail.fsBase : trapFrameTail.gsBase, address);
      return 0;
    case ARCH_GET_FS:
    case ARCH_GET_GS: {
      const word = operation === ARCH_GET_FS ? trapFrameTail.fsBase : trapFrameTail.gsBase;
      const bytes = new Uint8Array(8);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, frame.low(word), true);
      view.setUint32(4, frame.high(word), true);
      return copyOutBytes(memory, address, bytes);
    }
    default:
      return -EINVAL;
  }
}
