import type { Chance } from './random.js';

/** Numbers at which arithmetic changes its mind, of every width. */
const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  -1n,
  -2n,
  ...[8n, 16n, 32n, 64n].flatMap((width) => [
    1n << (width - 1n),
    (1n << (width - 1n)) - 1n,
    (1n << (width - 1n)) + 1n,
    -(1n << (width - 1n)) - 1n,
    (1n << width) - 1n,
    (1n << width) - 2n,
    1n << width,
  ]),
];

/** 64 bits, all alike. */
export function anyValue(chance: Chance): bigint {
  return (BigInt(chance.bits()) << 32n) | BigInt(chance.bits() >>> 0);
}

/** 64 bits in which edges are frequent. */
export function edgeValue(chance: Chance): bigint {
  switch (chance.below(8)) {
    case 0:
    case 1:
    case 2:
      return chance.pick(edges);
    case 3:
      return 1n << BigInt(chance.below(64));
    case 4:
      return (1n << BigInt(chance.below(64))) + (chance.once(2) ? 1n : -1n);
    case 5:
      return BigInt(chance.below(300) - 150);
    case 6:
      // Few bits of a width below the whole.
      return BigInt.asIntN(chance.pick([8, 16, 32]), anyValue(chance));
    default:
      return anyValue(chance);
  }
}

/** Little-endian bytes of a value. */
export function bytesOf(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
  return bytes;
}
