import { smaller } from '@synos/wire';
import type { Context } from './context.js';
import type { EthernetInput } from './ethernet/ethernet-input.js';
import type { InterfaceTable } from './interface-table.js';
import type { Reassembly } from './ipv4/reassembly.js';
import type { NeighbourTable } from './neighbour/neighbour-table.js';
import type { NetInterface } from './net-interface.js';
import type { PathMtuCache } from './routing/path-mtu.js';
import type { Transports } from './transports.js';

/** Frames taken from one device before the next gets its turn. */
const turnFrames = 16;

/** What moves everything: one turn of work per `poll`, and the time of the next. */
export class Pump {
  private readonly context: Context;
  private readonly interfaces: InterfaceTable;
  private readonly ethernet: EthernetInput;
  private readonly neighbourTable: NeighbourTable;
  private readonly reassembly: Reassembly;
  private readonly pathMtu: PathMtuCache;
  private readonly transports: Transports;
  private firstDevice: number;
  /** Devices that went: whoever waited for room in their queues is told. */
  private readonly removed: number[];

  constructor(
    context: Context,
    interfaces: InterfaceTable,
    ethernet: EthernetInput,
    neighbours: NeighbourTable,
    reassembly: Reassembly,
    pathMtu: PathMtuCache,
    transports: Transports,
  ) {
    this.context = context;
    this.interfaces = interfaces;
    this.ethernet = ethernet;
    this.neighbourTable = neighbours;
    this.reassembly = reassembly;
    this.pathMtu = pathMtu;
    this.transports = transports;
    this.firstDevice = 0;
    this.removed = [];
  }

  /** Held routes lead elsewhere now, or nowhere: transports that wait for this device look again. */
  deviceRemoved(index: number): void {
    this.removed.push(index);
    this.context.notify();
  }

  poll(nowMs: number, budgetPackets: number): boolean {
    const { context } = this;
    if (context.isPolling) return true;
    context.isPolling = true;
    context.isNoted = false;
    if (nowMs > context.now) context.now = nowMs;
    // Listeners are a program's: one that throws must not stop the stack for ever, nor what it kept from being done.
    let isWhole = false;
    try {
      this.turn(budgetPackets);
      isWhole = true;
    } finally {
      context.isPolling = false;
      if (!isWhole) context.notify();
    }
    return this.hasWork();
  }

  private turn(budgetPackets: number): void {
    const { context } = this;
    const { now } = context;
    const { attached } = this.interfaces;
    const { all } = this.transports;
    for (let i = 0; i < attached.length; i++) {
      const one = attached[i]!;
      one.device.advance(now);
      if (one.isChanged === true) this.deviceChanged(one);
    }
    this.receive(budgetPackets);
    if (now >= context.dueMs) this.advanceParts();
    for (let i = 0; i < all.length; i++) all[i]!.advance(now);
    this.drain();
    for (let i = 0; i < all.length; i++) all[i]!.deliverEvents();
  }

  nextDeadline(): number {
    if (this.context.isNoted) return this.context.now;
    let deadline = this.partsDeadline();
    const { attached } = this.interfaces;
    for (let i = 0; i < attached.length; i++) {
      const one = attached[i]!;
      deadline = Math.min(deadline, one.device.nextDeadline(), one.queue.deadlineMs);
    }
    const all = this.transports.all;
    for (let i = 0; i < all.length; i++) deadline = Math.min(deadline, all[i]!.nextDeadline());
    return deadline;
  }

  private advanceParts(): void {
    const { context } = this;
    context.dueMs = Number.POSITIVE_INFINITY;
    this.neighbourTable.advance();
    this.reassembly.advance();
    this.pathMtu.advance();
    context.isDueAt(this.partsDeadline());
  }

  private partsDeadline(): number {
    return Math.min(this.neighbourTable.deadlineMs, this.reassembly.deadlineMs, this.pathMtu.deadlineMs);
  }

  /** Takes frames from all devices in turns until they are empty or the budget is spent. */
  private receive(budget: number): void {
    const { attached } = this.interfaces;
    let left = budget;
    let idle = 0;
    let at = this.firstDevice;
    while (left > 0 && idle < attached.length) {
      if (at >= attached.length) at = 0;
      const one = attached[at++]!;
      if (one.isReadable !== true) {
        idle++;
        continue;
      }
      idle = 0;
      left -= this.receiveFrom(one, smaller(left, turnFrames));
    }
    // Whoever's turn it was when the budget ended begins next time.
    this.firstDevice = at;
  }

  private receiveFrom(one: NetInterface, most: number): number {
    for (let taken = 0; taken < most; taken++) {
      const frame = one.device.receive();
      if (frame === null) {
        one.isReadable = false;
        return taken;
      }
      this.ethernet.receive(one, frame);
    }
    return most;
  }

  private drain(): void {
    const { attached } = this.interfaces;
    const { removed } = this;
    while (removed.length > 0) this.tellWritable(removed.shift()!);
    for (let i = 0; i < attached.length; i++) {
      const one = attached[i]!;
      if (one.queue.drain()) this.tellWritable(one.index);
    }
  }

  private tellWritable(device: number): void {
    const { all } = this.transports;
    for (let i = 0; i < all.length; i++) all[i]!.writable(device);
  }

  private deviceChanged(one: NetInterface): void {
    one.isChanged = false;
    const isUp = one.device.linkUp;
    // Who was there may not be there when the link comes back.
    if (one.wasLinkUp && !isUp) this.neighbourTable.flush(one, false);
    one.wasLinkUp = isUp;
    // A device that was busy may have forgotten so; asking again costs nothing.
    one.queue.deviceIsBusy = false;
  }

  /** Whether another poll at the same time would do something. */
  private hasWork(): boolean {
    const { attached } = this.interfaces;
    for (let i = 0; i < attached.length; i++) {
      const one = attached[i]!;
      if (one.isReadable === true || one.isChanged === true || one.queue.canDrain) return true;
    }
    const { all } = this.transports;
    for (let i = 0; i < all.length; i++) if (all[i]!.hasEvents) return true;
    return false;
  }
}
