import type { ByteMemory, Packet } from '@synos/interfaces';
import {
  createTcpOptions,
  readTcpOptions,
  type TcpOptions,
  tcpAcknowledgment,
  tcpDestinationPort,
  tcpFlag,
  tcpFlags,
  tcpHeaderBytes,
  tcpMinHeaderBytes,
  tcpSequence,
  tcpSourcePort,
  tcpWindow,
} from '@synos/wire';

/** The segment that has arrived (SEG.* of RFC 9293 §3.3.1). One record per TCP, overwritten by the next arrival. */
export class Segment {
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
    const textStart = start + tcpHeaderBytes(view, start);
    this.memory = memory;
    this.sourcePort = tcpSourcePort(view, start);
    this.destinationPort = tcpDestinationPort(view, start);
    this.sequence = tcpSequence(view, start);
    this.acknowledgment = tcpAcknowledgment(view, start);
    this.flags = tcpFlags(view, start);
    this.window = tcpWindow(view, start);
    this.textStart = textStart;
    this.textBytes = packet.end - textStart;
    return readTcpOptions(view, start + tcpMinHeaderBytes, textStart, this.options);
  }

  /** SEG.LEN: text, SYN and FIN. */
  get length(): number {
    return this.textBytes + (this.flags & tcpFlag.fin) + ((this.flags & tcpFlag.syn) >>> 1);
  }
}
