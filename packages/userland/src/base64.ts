const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * The bytes of a base64 text (RFC 4648, section 4). Line breaks are passed over, and so is the padding. The engines that
 * programs of this package run on need not have `atob` or `Buffer`.
 *
 * @param text - base64; no other character than its alphabet, `=` at the end, and line breaks
 * @returns a new array
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = new Int8Array(128).fill(-1);
  for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i;

  const into = new Uint8Array(Math.floor((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = digits[text.charCodeAt(i)] ?? -1;
    if (digit < 0) continue;
    bits = ((bits << 6) | digit) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    into[length++] = bits >> count;
  }
  return into.slice(0, length);
}
