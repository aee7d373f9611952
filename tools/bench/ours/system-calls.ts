import { linuxProfile, systemCallSignatures } from '@synos/abi';
import { SYSCALL_VECTOR, trapFrame, trapFrameTail, type UserMemory } from '@synos/interfaces';
import { createDispatcher } from '@synos/syscall';
import { createTrapFrame } from '@synos/trap';
import { check } from '../harness/honesty.js';

const noMemory: UserMemory = { copyIn: () => 0, copyOut: () => 0, zeroOut: () => 0 };

/** System calls from their registers to their answer: getpid, write and mmap in turn (no, three and six arguments). */
export class OurSystemCalls {
  private sum = 0;
  private expected = 0;
  private readonly frame = createTrapFrame(new Uint8Array(trapFrameTail.end));
  private readonly caller = { memory: noMemory };
  private readonly dispatcher = createDispatcher<{ memory: UserMemory }, typeof systemCallSignatures>({
    profile: linuxProfile,
    signatures: systemCallSignatures,
    handlers: {
      getpid: () => 1,
      write: (_, fd, address, length) => fd + address + length,
      mmap: (_, a, b, c, d, e, f) => a + b + c + d + e + f,
    },
  });

  /** Makes so many calls, every one of them checked by a sum. */
  run(calls: number): void {
    const { frame, caller, dispatcher } = this;
    frame.set(trapFrame.vector, SYSCALL_VECTOR);
    for (let index = 0; index < calls; index++) {
      const kind = index % 3;
      frame.set(trapFrame.rdi, index);
      frame.set(trapFrame.rsi, 2);
      frame.set(trapFrame.rdx, 3);
      frame.set(trapFrame.r10, 4);
      frame.set(trapFrame.r8, 5);
      frame.set(trapFrame.r9, 6);
      frame.set(trapFrame.rax, kind === 0 ? 39 : kind);
      if (kind === 2) frame.set(trapFrame.rax, 9);
      dispatcher.dispatch(frame, caller);
      this.sum += frame.signed(trapFrame.rax);
      this.expected += kind === 0 ? 1 : index + (kind === 1 ? 5 : 20);
    }
    check(this.sum === this.expected, `system calls: the answers sum to ${this.sum}, not ${this.expected}`);
  }
}
