import type { ByteMemory, Packet } from '@synos/interfaces';
import {
  createTcpOptions,
  readTcpFields,
  readTcpOptions,
  type TcpFields,
  type TcpOptions,
  tcpFlag,
  tcpMinHeaderBytes,
} from '@synos/wire';

/** The segment that has arrived (SEG.* of RFC 9293 §3.3.1). One record per TCP, overwritten by the next arrival. */
export class Segment implements TcpFields {
  memory: ByteMemory;
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
  flags: number;
  /** The field, not scaled. */
  window: number;
  /** Where the text begins in `memory`. */
  textStart: number;
  /** Bytes of text. */
  textBytes: number;
  readonly options: TcpOptions;

  constructor(memory: ByteMemory) {
    this.memory = memory;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.sequence = 0;
    this.acknowledgment = 0;
    this.flags = 0;
    this.window = 0;
    this.textStart = 0;
    this.textBytes = 0;
    this.options = createTcpOptions();
  }

  /**
   * Takes over a checked packet whose `start` is at the TCP header.
   *
   * @returns whether all options were well formed
   */
  read(packet: Packet): boolean {
    const { memory, start } = packet;
    const { view } = memory;
    const textStart = start + readTcpFields(view, start, this);
    this.memory = memory;
    this.textStart = textStart;
    this.textBytes = packet.end - textStart;
    return readTcpOptions(view, start + tcpMinHeaderBytes, textStart, this.options);
  }

  /** SEG.LEN: text, SYN and FIN. */
  get length(): number {
    return this.textBytes + (this.flags & tcpFlag.fin) + ((this.flags & tcpFlag.syn) >>> 1);
  }
}
