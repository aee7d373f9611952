/** Frames that a Linux 6 kernel wrote to a TAP device, its checksums made in software. */
export const captures = {
  /** 10.9.0.1:36234 to 10.9.0.2:80, with MSS 1460, SACK permitted, timestamps, window scale 10. */
  syn:
    '0200000000029a7e3de164c808004500003cd1c64000400654e10a0900010a0900028d8a0050b435360d00000000a002faf0ac470000' +
    '020405b40402080a6f07a58b000000000103030a',
  /** The answer to a SYN for a closed port. */
  reset: '02000000000202000000000108004500002800004000400626bc0a0900010a09000200510fa00000000000000065501400008b660000',
  /** "hello" from 10.9.0.1:48743 to port 7. */
  udp: '0200000000029a7e3de164c808004500002102324000401124860a0900010a090002be670007000de97e68656c6c6f',
  /** Who has 10.9.0.3? */
  arpRequest: 'ffffffffffff9a7e3de164c8080600010800060400019a7e3de164c80a0900010000000000000a090003',
  /** The answer to an echo request of an odd number of bytes: identifier 0x1234, sequence number 9. */
  echoReply: '020000000002020000000001080045000025f1d20000400174f10a0900010a09000200005c1e1234000970696e672d6f646421',
  /** Port 9 is closed; the datagram quoted came without a checksum. */
  portUnreachable:
    '020000000002020000000001080045c0003bf1d300004001741a0a0900010a0900020303239d000000004500001f00070000401166b3' +
    '0a0900020a09000114e90009000b0000616263',
} as const;

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
