import type { systemCallSignatures } from '@synos/abi';
import type { Handlers } from '@synos/syscall';
import type { Thread } from '../contracts.js';

/** Handlers of system calls of a thread, checked against their signatures. */
export type ThreadHandlers = Handlers<Thread, typeof systemCallSignatures>;
