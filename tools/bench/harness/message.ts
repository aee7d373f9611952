/** Bytes of a round trip, each way. */
export const messageBytes = 64;

/** Writes the number of a round trip all over a message, so that a stale or foreign answer is seen. */
export function writeMessage(message: Uint8Array, ordinal: number): void {
  for (let index = 0; index < messageBytes; index += 1) message[index] = (ordinal >>> ((index & 3) * 8)) ^ index;
}

/** Whether a message is the one of that round trip. Every byte is looked at, on both sides. */
export function isMessage(message: Uint8Array, ordinal: number): boolean {
  let difference = 0;
  for (let index = 0; index < messageBytes; index += 1) {
    difference |= (message[index]! ^ (ordinal >>> ((index & 3) * 8)) ^ index) & 0xff;
  }
  return difference === 0;
}
