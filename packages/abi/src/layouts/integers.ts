// 64-bit integers of C as JavaScript numbers, in x86-64's byte order. Pointers of user programs are below 2^47 and
// lengths and counters below 2^53, so a number holds them; BigInt would allocate. A hostile program may still hand in
// any 64 bits: those at 2^53 and above come back rounded, but never as something below 2^53, so that a range check on
// the number decides as one on the 64 bits would.

const TWO_32 = 0x1_0000_0000;
// Literals, not powers: bundlers keep a `**` that nobody uses.
const TWO_63 = 0x8000_0000_0000_0000;
const TWO_64 = 0x1_0000_0000_0000_0000;

/**
 * Reads an unsigned 64-bit integer, little-endian.
 *
 * @returns the value; exact below 2^53, the nearest number above
 * @throws RangeError when the view does not hold the eight bytes
 */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);
}

/**
 * Reads a signed 64-bit integer, little-endian.
 *
 * @returns the value; exact between -2^53 and 2^53, the nearest number outside
 * @throws RangeError when the view does not hold the eight bytes
 */
export function readI64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);
}

/**
 * Writes an unsigned 64-bit integer, little-endian.
 *
 * @param value - an integer; a negative one is written as C's conversion to unsigned, one of 2^64 and above (Infinity
 * too) as 2^64 - 1, which Linux uses for "no limit"
 * @throws RangeError when the view does not hold the eight bytes
 */
export function writeU64(view: DataView, offset: number, value: number): void {
  const saturated = value >= TWO_64;
  view.setUint32(offset + 4, saturated ? 0xffff_ffff : Math.floor(value / TWO_32), true);
  view.setUint32(offset, saturated ? 0xffff_ffff : value, true);
}

/**
 * Writes a signed 64-bit integer, little-endian.
 *
 * @param value - an integer; one outside the range is written as the range's end
 * @throws RangeError when the view does not hold the eight bytes
 */
export function writeI64(view: DataView, offset: number, value: number): void {
  if (value >= TWO_63) {
    view.setInt32(offset + 4, 0x7fff_ffff, true);
    view.setUint32(offset, 0xffff_ffff, true);
    return;
  }
  const clamped = Math.max(value, -TWO_63);
  view.setInt32(offset + 4, Math.floor(clamped / TWO_32), true);
  view.setUint32(offset, clamped, true);
}
