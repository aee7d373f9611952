import type { Packet } from '@synos/interfaces';
import { arpOperation, arpOperationOf, arpSenderIpv4, arpSenderMacOffset, arpTargetIpv4, checkArp } from '@synos/wire';
import type { Context } from '../context.js';
import { isUnicastWord } from '../interface-table.js';
import type { NetInterface } from '../net-interface.js';
import type { ArpOutput } from './arp-output.js';
import { type Neighbour, neighbourState } from './neighbour.js';
import type { NeighbourTable } from './neighbour-table.js';

/**
 * ARP inwards (RFC 826 "Packet Reception", RFC 5227 for conflicts). Claims are believed only where a question of ours
 * is open, or where the claimant asks for us and gets our answer: everything else teaches nothing and is counted.
 */
export class ArpInput {
  private readonly context: Context;
  private readonly table: NeighbourTable;
  private readonly output: ArpOutput;

  constructor(context: Context, table: NeighbourTable, output: ArpOutput) {
    this.context = context;
    this.table = table;
    this.output = output;
  }

  /** Reads a packet; its owner releases it. */
  receive(on: NetInterface, packet: Packet): void {
    const counters = this.context.counters;
    counters.arpIn++;
    const view = packet.memory.view;
    const at = packet.start;
    if (checkArp(view, at, packet.end) !== 0) {
      counters.arpMalformed++;
      return;
    }
    const macHigh = view.getUint16(at + arpSenderMacOffset);
    const macLow = view.getInt32(at + arpSenderMacOffset + 2);
    const sender = arpSenderIpv4(view, at);
    const target = arpTargetIpv4(view, at);
    // Nobody sits at a group address or at none (RFC 1812 §3.3.2).
    if ((macHigh & 0x0100) !== 0 || (macHigh | macLow) === 0 || (sender !== 0 && !isUnicastWord(sender))) {
      counters.arpBadSender++;
      return;
    }
    if (owns(on, sender)) {
      // RFC 5227 §2.4; our own frames that come back are no conflict.
      if (macHigh !== on.macHigh || macLow !== on.macLow) counters.arpAddressConflict++;
      return;
    }
    const operation = arpOperationOf(view, at);
    if (operation === arpOperation.request) this.request(on, macHigh, macLow, sender, target);
    else if (operation === arpOperation.reply) this.reply(on, macHigh, macLow, sender, target);
    else counters.arpMalformed++;
  }

  private request(on: NetInterface, macHigh: number, macLow: number, sender: number, target: number): void {
    if (!owns(on, target)) {
      this.unasked(on, macHigh, macLow, sender);
      return;
    }
    // A probe (RFC 5227 §2.1.1) claims nothing: it is answered and not remembered.
    if (sender !== 0) {
      if (!isOnLink(on, sender)) {
        this.context.counters.arpBadSender++;
        return;
      }
      const entry = this.table.learn(on, sender);
      if (entry !== null) this.requester(entry, macHigh, macLow);
    }
    this.output.reply(on, target, macHigh, macLow, sender);
  }

  /** Whoever asks for us is about to talk to us; but a question never overrides an answer that was asked for. */
  private requester(entry: Neighbour, macHigh: number, macLow: number): void {
    if (entry.state === neighbourState.incomplete || (entry.macHigh === macHigh && entry.macLow === macLow)) {
      this.table.confirm(entry, macHigh, macLow);
    } else this.contradict(entry);
  }

  private reply(on: NetInterface, macHigh: number, macLow: number, sender: number, target: number): void {
    const entry = this.table.find(on, sender);
    if (entry !== undefined && entry.asked > 0 && owns(on, target)) this.table.confirm(entry, macHigh, macLow);
    else this.unasked(on, macHigh, macLow, sender);
  }

  /** A claim that nobody asked for, gratuitous ones included (RFC 5227 §3 calls them announcements). */
  private unasked(on: NetInterface, macHigh: number, macLow: number, sender: number): void {
    const counters = this.context.counters;
    const entry = this.table.find(on, sender);
    if (entry === undefined || entry.state === neighbourState.incomplete) {
      counters.arpUnsolicited++;
    } else if (entry.macHigh === macHigh && entry.macLow === macLow) {
      counters.arpNotForUs++;
    } else this.contradict(entry);
  }

  /** Perhaps the address has moved: ask, believe the answer only. */
  private contradict(entry: Neighbour): void {
    const counters = this.context.counters;
    if (entry.state === neighbourState.permanent) counters.arpStaticContradicted++;
    else {
      counters.arpUnsolicitedClaim++;
      this.table.doubt(entry);
    }
  }
}

function owns(on: NetInterface, word: number): boolean {
  const addresses = on.addresses;
  for (let i = 0; i < addresses.length; i++) if (addresses[i]!.word === word) return true;
  return false;
}

function isOnLink(on: NetInterface, word: number): boolean {
  const addresses = on.addresses;
  for (let i = 0; i < addresses.length; i++) {
    const own = addresses[i]!;
    if (((own.word ^ word) & own.mask) === 0 && word !== own.broadcast) return true;
  }
  return false;
}
