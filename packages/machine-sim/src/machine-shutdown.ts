import type { VirtualAddress } from '@synos/interfaces';

/** Where the machine ends: a triple fault, or a gate that leads to no entry code. */
export class MachineShutdown extends Error {
  readonly code = 'ERR_MACHINE_SHUTDOWN';

  constructor(message: string) {
    super(message);
    this.name = 'MachineShutdown';
  }
}

/** An address as 16 hexadecimal digits, for messages. */
export function addressText(address: VirtualAddress): string {
  const high = (Math.floor(address / 2 ** 32) >>> 0).toString(16).padStart(8, '0');
  return `0x${high}${(address >>> 0).toString(16).padStart(8, '0')}`;
}
