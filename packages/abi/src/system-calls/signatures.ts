import type { SystemCallSignature } from './argument.js';
import { credentialSignatures } from './signatures/credentials.js';
import { eventSignatures } from './signatures/events.js';
import { fileSignatures } from './signatures/files.js';
import { ipcSignatures } from './signatures/ipc.js';
import { memorySignatures } from './signatures/memory.js';
import { mountSignatures } from './signatures/mounts.js';
import { obsoleteSignatures } from './signatures/obsolete.js';
import { pathSignatures, xattrSignatures } from './signatures/paths.js';
import { processSignatures } from './signatures/processes.js';
import { schedulingSignatures } from './signatures/scheduling.js';
import { signalSignatures } from './signatures/signals.js';
import { socketSignatures } from './signatures/sockets.js';
import { synosOwnSignatures } from './signatures/synos.js';
import { systemSignatures } from './signatures/system.js';
import { timeSignatures } from './signatures/time.js';
import type { SynosSystemCallName } from './synos.js';

// Functions, here and in the files of the subjects: a bundler drops the one call below when nobody uses what it makes.
const allSignatures = (): Record<SynosSystemCallName, SystemCallSignature> => ({
  ...credentialSignatures(),
  ...eventSignatures(),
  ...fileSignatures(),
  ...ipcSignatures(),
  ...memorySignatures(),
  ...mountSignatures(),
  ...obsoleteSignatures(),
  ...pathSignatures(),
  ...processSignatures(),
  ...schedulingSignatures(),
  ...signalSignatures(),
  ...socketSignatures(),
  ...synosOwnSignatures(),
  ...systemSignatures(),
  ...timeSignatures(),
  ...xattrSignatures(),
});

/**
 * What each system call of both profiles takes and gives, by name: section 2 of the manual pages, or the kernel's own
 * prototype where a page speaks of a wrapper of the C library. Calls that Linux has only a number for take nothing.
 *
 * Nothing else of this package leads here, so a bundle that asks for no signature has none.
 */
export const systemCallSignatures: Readonly<Record<SynosSystemCallName, SystemCallSignature>> =
  /* @__PURE__ */ allSignatures();

/**
 * What a system call takes and gives.
 *
 * @param name - the name of a call of either profile, as `systemCallName` and `SystemCall.name` have it; any text
 * @returns the signature; undefined where no profile has such a call
 * @example
 * ```ts
 * signatureOf('read')?.arguments.map((argument) => argument.kind); // ['fd', 'bytes-out', 'size']
 * ```
 */
export function signatureOf(name: SynosSystemCallName): SystemCallSignature;
export function signatureOf(name: string): SystemCallSignature | undefined;
export function signatureOf(name: string): SystemCallSignature | undefined {
  return Object.hasOwn(systemCallSignatures, name) ? systemCallSignatures[name as SynosSystemCallName] : undefined;
}
