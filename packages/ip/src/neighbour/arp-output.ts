import type { Packet } from '@synos/interfaces';
import { arpBytes, arpOperation, arpTargetMacOffset, etherType, writeArp } from '@synos/wire';
import type { Context } from '../context.js';
import { writeEthernet } from '../ethernet/header.js';
import type { NetInterface } from '../net-interface.js';
import { type Neighbour, neighbourState } from './neighbour.js';

/** Between two questions about the same address (RFC 1122 §2.3.2.1: at most one per second). */
export const retryMs = 1000;

const noMac: Uint8Array<ArrayBuffer> = new Uint8Array(6);

/** Questions and answers outwards (RFC 826). */
export class ArpOutput {
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  /** Asks about a neighbour: by unicast while an address is known (RFC 1122 §2.3.2.1 (2)), else by broadcast. */
  request(about: Neighbour): void {
    const { on, word, macHigh, macLow } = about;
    // The address that shares the network, so that the other side can answer.
    const sender = (on.addressFor(word) ?? on.addresses[0])?.word;
    if (sender === undefined) return;
    const packet = this.write(on, arpOperation.request, sender, word);
    if (packet === null) return;
    this.context.counters.arpRequestsOut++;
    if (about.state === neighbourState.probe) writeEthernet(packet, on, macHigh, macLow, etherType.arp);
    else writeEthernet(packet, on, 0xffff, -1, etherType.arp);
    on.queue.send(packet);
  }

  reply(on: NetInterface, ownWord: number, macHigh: number, macLow: number, peerWord: number): void {
    const packet = this.write(on, arpOperation.reply, ownWord, peerWord);
    if (packet === null) return;
    const target = packet.start + arpTargetMacOffset;
    packet.memory.view.setUint16(target, macHigh);
    packet.memory.view.setInt32(target + 2, macLow);
    this.context.counters.arpRepliesOut++;
    writeEthernet(packet, on, macHigh, macLow, etherType.arp);
    on.queue.send(packet);
  }

  /** All but the target's hardware address, which nobody knows who asks. */
  private write(on: NetInterface, operation: number, own: number, peer: number): Packet | null {
    const packet = this.context.packets.take(arpBytes, false);
    if (packet === null) {
      this.context.counters.arpNoBuffers++;
      return null;
    }
    const { memory, start } = packet;
    packet.end = start + arpBytes;
    writeArp(memory.bytes, memory.view, start, operation, on.device.address, own, noMac, peer);
    return packet;
  }
}
