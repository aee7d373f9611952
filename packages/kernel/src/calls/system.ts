import {
  EFAULT,
  EINVAL,
  GRND_INSECURE,
  GRND_NONBLOCK,
  GRND_RANDOM,
  synosProfile,
  type systemCallSignatures,
  utsnameLayout,
} from '@synos/abi';
import { type Entropy, trapFrame } from '@synos/interfaces';
import { copyOutBytes, copyOutStruct, type Handlers } from '@synos/syscall';
import type { KernelThread } from '../processes/process.js';
import { bytesOfText } from '../text.js';

/** How the system calls itself. */
export interface SystemName {
  readonly system: string;
  readonly release: string;
  readonly version: string;
}

/** What the calls about the system use. */
export interface SystemServices {
  readonly entropy: Entropy;
  readonly hostName: string;
}

/** As long as getrandom(2) may be without being interrupted for good: more is cut short. */
const MAX_RANDOM_BYTES = 1 << 20;
const RANDOM_CHUNK_BYTES = 4096;
const ARGUMENT_WORDS = [trapFrame.rdi, trapFrame.rsi, trapFrame.rdx, trapFrame.r10, trapFrame.r8, trapFrame.r9];

/** getrandom(2), and uname(2) under the name of the caller's profile. */
export function systemHandlers(
  { entropy, hostName }: SystemServices,
  { system, release, version }: SystemName,
): Handlers<KernelThread, typeof systemCallSignatures> {
  const chunk = new Uint8Array(RANDOM_CHUNK_BYTES);
  const names = {
    system: nameField(system),
    node: nameField(hostName),
    release: nameField(release),
    version: nameField(version),
    machine: nameField('x86_64'),
    domain: nameField('(none)'),
  };
  return {
    uname: ({ memory }, address) => copyOutStruct(memory, address, utsnameLayout, names),
    getrandom({ memory }, address, byteLength, flags) {
      if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) !== 0) return -EINVAL;
      if ((flags & (GRND_RANDOM | GRND_INSECURE)) === (GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
      const wanted = Math.min(byteLength, MAX_RANDOM_BYTES);
      let done = 0;
      while (done < wanted) {
        entropy.fill(chunk);
        const count = Math.min(wanted - done, chunk.length);
        const copied = memory.copyOut(address + done, chunk, 0, count);
        done += copied;
        if (copied < count) return done > 0 ? done : -EFAULT;
      }
      return done;
    },
  };
}

/** The system's own `echo`: what of a call's registers arrived. */
export function echoHandler(): Handlers<KernelThread, typeof systemCallSignatures> {
  return {
    // The words as they lie in the frame: a number would round them.
    echo({ memory, frame }, address) {
      const bytes = new Uint8Array(56);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, synosProfile.numbers.echo, true);
      for (const [index, word] of ARGUMENT_WORDS.entries()) {
        view.setUint32(8 + 8 * index, frame.low(word), true);
        view.setUint32(12 + 8 * index, frame.high(word), true);
      }
      return copyOutBytes(memory, address, bytes);
    },
  };
}

/** A field of `struct utsname`: 65 bytes, the last a zero. */
function nameField(text: string): Uint8Array<ArrayBuffer> {
  return bytesOfText(text).slice(0, 64);
}
