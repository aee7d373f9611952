import { lacking } from '../linux/needs.js';

/**
 * Why the real CPU cannot be asked here, or `undefined` if it can: it must be x86-64 with Linux and gcc. Printed; under
 * CI an error instead.
 */
export function lackingForCpu(): string | undefined {
  if (process.arch === 'x64') return lacking({ tools: ['gcc'] });
  const reason = `the real CPU is no x86-64 but ${process.arch}`;
  if (process.env.CI) throw new Error(reason);
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}
