import type { Packet } from '@synos/interfaces';
import { arpBytes, arpOperation, etherType, writeArp } from '@synos/wire';
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
  private readonly mac: Uint8Array<ArrayBuffer>;

  constructor(context: Context) {
    this.context = context;
    this.mac = new Uint8Array(6);
  }

  /** Asks about a neighbour: by unicast while an address is known (RFC 1122 §2.3.2.1 (2)), else by broadcast. */
  request(about: Neighbour): void {
    const on = about.on;
    // The address that shares the network, so that the other side can answer.
    const sender = (on.addressFor(about.word) ?? on.addresses[0])?.word;
    if (sender === undefined) return;
    const packet = this.take();
    if (packet === null) return;
    writeArp(
      packet.memory.bytes,
      packet.memory.view,
      packet.start,
      arpOperation.request,
      on.device.address,
      sender,
      noMac,
      about.word,
    );
    this.context.counters.arpRequestsOut++;
    if (about.state === neighbourState.probe) writeEthernet(packet, on, about.macHigh, about.macLow, etherType.arp);
    else writeEthernet(packet, on, 0xffff, -1, etherType.arp);
    on.queue.send(packet);
  }

  reply(on: NetInterface, ownWord: number, macHigh: number, macLow: number, peerWord: number): void {
    const packet = this.take();
    if (packet === null) return;
    const mac = this.mac;
    mac[0] = macHigh >>> 8;
    mac[1] = macHigh;
    mac[2] = macLow >>> 24;
    mac[3] = macLow >>> 16;
    mac[4] = macLow >>> 8;
    mac[5] = macLow;
    writeArp(
      packet.memory.bytes,
      packet.memory.view,
      packet.start,
      arpOperation.reply,
      on.device.address,
      ownWord,
      mac,
      peerWord,
    );
    this.context.counters.arpRepliesOut++;
    writeEthernet(packet, on, macHigh, macLow, etherType.arp);
    on.queue.send(packet);
  }

  private take(): Packet | null {
    const packet = this.context.packets.take(arpBytes, false);
    if (packet === null) this.context.counters.arpNoBuffers++;
    else packet.end = packet.start + arpBytes;
    return packet;
  }
}
