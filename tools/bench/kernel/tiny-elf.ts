const headerBytes = 64;
const segmentHeaderBytes = 56;
const loadAddress = 0x40_0000;

/** An ELF file of one segment that is nothing but code: System V ABI, chapter 4 (ELF-64 object file format). */
export function tinyElf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const start = headerBytes + segmentHeaderBytes;
  const bytes = new Uint8Array(start + code.length);
  const view = new DataView(bytes.buffer);
  const quad = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  quad(24, loadAddress + start);
  quad(32, headerBytes);
  view.setUint16(52, headerBytes, true);
  view.setUint16(54, segmentHeaderBytes, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, 64, true);
  view.setUint32(headerBytes, 1, true); // PT_LOAD
  view.setUint32(headerBytes + 4, 5, true); // read, execute
  quad(headerBytes + 16, loadAddress);
  quad(headerBytes + 24, loadAddress);
  quad(headerBytes + 32, bytes.length);
  quad(headerBytes + 40, bytes.length);
  quad(headerBytes + 48, 4096);
  bytes.set(code, start);
  return bytes;
}
