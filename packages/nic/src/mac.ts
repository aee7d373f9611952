/**
 * A hardware address made from a text: the same text gives the same address. Unicast and locally administered
 * (IEEE 802 §8.2.2), so it never meets a card's own.
 *
 * @param seed - any text; a device's name by default everywhere in this package
 * @returns 6 bytes, the caller's
 * @example
 * const address = macFromSeed('eth0'); // 02:…
 */
export function macFromSeed(seed: string): Uint8Array<ArrayBuffer> {
  const mac = new Uint8Array(6);
  // FNV-1a, twice with different starts: 40 bits are wanted, chance meetings of names are all there is to fear.
  let low = 0x811c9dc5 | 0;
  let high = 0x2f0b4a87 | 0;
  for (let i = 0; i < seed.length; i++) {
    const unit = seed.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ ((unit << 8) | (unit >> 8)) ^ i, 0x01000193);
  }
  high ^= high >>> 15;
  mac[0] = 0x02;
  mac[1] = high & 0xff;
  mac[2] = low >>> 24;
  mac[3] = low >>> 16;
  mac[4] = low >>> 8;
  mac[5] = low;
  return mac;
}
