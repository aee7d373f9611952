import type { TcpTargetPacket } from '@synos/compliance';
import { type Address, assert, type Clock, type Entropy, type TransportProtocol } from '@synos/interfaces';
import { createNetstack, type Netstack } from '@synos/netstack';
import { createTcp, type TcpSettings } from '@synos/tcp';
import { createUdp } from '@synos/udp';
import { createStackMemory, formatAddress, parseAddress } from '@synos/wire';
import { PacketDoor, peerMac } from './packet-door.js';

/** What a {@link Machine} is made of. */
export interface MachineParts {
  readonly address: Address;
  readonly mtuBytes: number;
  readonly startMs: number;
  readonly entropy: Entropy;
  readonly tcpSettings: Partial<TcpSettings>;
}

/** Whoever is not on this host sits behind it; its neighbour entry is written by hand, so that nobody is ever asked. */
const gateway = '169.254.0.1';
/** Turns at one time after which a stack that still wants another is taken to be going in circles. */
const maxTurns = 100_000;
const packetsPerTurn = 64;

/** A stack with one network card, in a time that only {@link advanceTo} moves. */
export class Machine implements Clock {
  readonly stack: Netstack;
  readonly tcp: TransportProtocol;
  /** Told after each turn of the stack: something may have happened now. */
  onTurn: (() => void) | null;
  private sent: TcpTargetPacket[];
  private nowMs: number;
  private readonly door: PacketDoor;

  constructor(parts: MachineParts) {
    this.nowMs = parts.startMs;
    this.sent = [];
    this.onTurn = null;
    // Targets are made by the thousand: rings grow when a test wants them.
    const memory = createStackMemory({
      smallPackets: 256,
      largePackets: 4,
      ringBytes: 1 << 16,
      ringLimitBytes: 1 << 26,
    });
    this.door = new PacketDoor(memory.packets, parts.mtuBytes, (bytes) => {
      this.sent.push({ timeMs: this.nowMs, bytes });
    });
    this.stack = createNetstack({
      clock: this,
      entropy: parts.entropy,
      memory,
      transports: [createTcp(parts.tcpSettings), createUdp()],
    });
    this.tcp = this.stack.transports[0]!;
    const addresses = [`${formatAddress(parts.address)}/32`];
    const device = this.stack.addInterface({ device: this.door, addresses, gateway });
    this.stack.ip.addNeighbour(device, parseAddress(gateway)!, peerMac);
    this.settle();
  }

  now(): number {
    return this.nowMs;
  }

  deliver(bytes: Uint8Array): void {
    this.door.deliver(bytes);
    this.settle();
  }

  /** What was sent since the last call. */
  takeSent(): TcpTargetPacket[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  nextDeadline(): number {
    return this.stack.nextDeadline();
  }

  advanceTo(timeMs: number): void {
    for (;;) {
      const deadlineMs = this.stack.nextDeadline();
      if (deadlineMs > timeMs) break;
      this.nowMs = Math.max(this.nowMs, deadlineMs);
      this.settle();
    }
    if (timeMs > this.nowMs) this.nowMs = timeMs;
    this.settle();
  }

  /** Lets the stack do all that it can do at this time. */
  settle(): void {
    for (let turn = 0; turn < maxTurns; turn += 1) {
      const more = this.stack.poll(this.nowMs, packetsPerTurn);
      this.onTurn?.();
      if (!more && this.stack.nextDeadline() > this.nowMs) return;
    }
    assert(false, `the stack does not come to rest at ${this.nowMs} ms`);
  }
}
