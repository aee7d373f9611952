import { linuxProfile, synosProfile, systemCallSignatures } from '@synos/abi';
import { type CallObserver, createDispatcher, createTrace, type Dispatcher, type Handlers } from '@synos/syscall';
import type { KernelThread } from '../processes/process.js';
import type { RecentCalls } from '../run/recent-calls.js';
import type { SystemName } from './system.js';

/** A system call's handlers by name, for threads of the kernel. */
export type KernelHandlers = Handlers<KernelThread, typeof systemCallSignatures>;

/** What the two dispatchers share. */
export interface DispatcherParts {
  /** All but uname(2), whose answer depends on the profile. */
  readonly handlers: KernelHandlers;
  readonly namedHandlers: (name: SystemName) => KernelHandlers;
  readonly recent: RecentCalls;
  readonly trace: ((line: string) => void) | undefined;
  readonly onAnswered: (thread: KernelThread) => void;
}

/** What uname(2) says by INT 0x80. */
const synosName: SystemName = { system: 'SynOS', release: '0.1.0', version: '#1' };
/** And by SYSCALL: C libraries for Linux refuse an older one. The system says its name in the version. */
const linuxName: SystemName = { system: 'Linux', release: '6.1.0', version: '#1 SynOS 0.1.0' };

/**
 * The two ways into the kernel: this system's own numbers by INT 0x80, Linux's by SYSCALL, over the same handlers. The
 * vector decides, call by call; a number never meets the other table.
 */
export function createDispatchers(parts: DispatcherParts): {
  readonly synos: Dispatcher<KernelThread>;
  readonly linux: Dispatcher<KernelThread>;
} {
  const { handlers, namedHandlers, onAnswered } = parts;
  const common = { signatures: systemCallSignatures, onAnswered, observer: observerOf(parts) };
  return {
    synos: createDispatcher<KernelThread>({
      ...common,
      profile: synosProfile,
      handlers: { ...handlers, ...namedHandlers(synosName) },
    }),
    linux: createDispatcher<KernelThread>({
      ...common,
      profile: linuxProfile,
      handlers: linuxAlone({ ...handlers, ...namedHandlers(linuxName) }),
    }),
  };
}

/** Without this system's own calls. */
function linuxAlone(handlers: KernelHandlers): KernelHandlers {
  const entries = Object.entries(handlers).filter(([name]) => Object.hasOwn(linuxProfile.numbers, name));
  return Object.fromEntries(entries) as KernelHandlers;
}

function observerOf({ recent, trace }: DispatcherParts): CallObserver<KernelThread> {
  const prefix = ({ process }: KernelThread): string => `[pid ${process.pid}] `;
  const traced = trace === undefined ? null : createTrace<KernelThread>(trace, { prefix });
  return {
    called(thread, frame, name, signature) {
      recent.note(thread, frame);
      return traced === null ? null : traced.called(thread, frame, name, signature);
    },
  };
}
