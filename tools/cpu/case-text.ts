import { registerNames } from './compare.js';
import type { CpuCase, Poke } from './cpu-case.js';

const bytesText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A case in one line that {@link parseCase} reads: `48 01 c0` at an address, flags, the registers that are not 0, memory. */
export function caseText({ code, ip, flags, registers, pokes }: CpuCase): string {
  const values = new BigUint64Array(registers.slice().buffer);
  const parts = [bytesText(code), `ip=${ip.toString(16)}`, `flags=${flags.toString(16)}`];
  values.forEach((value, i) => {
    if (value !== 0n) parts.push(`${registerNames[i]}=${value.toString(16)}`);
  });
  for (const { address, bytes } of pokes) parts.push(`[${address.toString(16)}]=${bytesText(bytes)}`);
  return parts.join(' ');
}

/** What {@link caseText} wrote. */
export function parseCase(text: string): CpuCase {
  const [code = '', ...parts] = text.split(' ');
  const values = new BigUint64Array(16);
  const pokes: Poke[] = [];
  let ip = 0;
  let flags = 0x202;
  for (const part of parts) {
    const [name = '', value = ''] = part.split('=');
    if (name === 'ip') ip = Number.parseInt(value, 16);
    else if (name === 'flags') flags = Number.parseInt(value, 16);
    else if (name.startsWith('[')) {
      pokes.push({ address: Number.parseInt(name.slice(1, -1), 16), bytes: fromHex(value) });
    } else values[registerNames.indexOf(name)] = BigInt(`0x${value}`);
  }
  return { code: fromHex(code), ip, flags, registers: new Int32Array(values.buffer), pokes };
}

const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
