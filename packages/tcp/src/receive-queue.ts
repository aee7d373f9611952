import type { ByteMemory } from '@synos/interfaces';
import { larger, smaller } from '@synos/wire';
import type { TcpCore } from './core.js';
import { rareForWriting } from './rare.js';
import { OutOfOrder } from './reassembly.js';
import { readRing, writeRing } from './ring.js';
import type { Tcb } from './tcb.js';

/**
 * Puts text that lies within the window at its place in the receive ring, in order or not (RFC 9293 §3.10.7.4, seventh
 * step). `rcv.nxt` moves over all that has become contiguous.
 *
 * @param offset - distance of its first byte from `rcv.nxt`, 0 or more
 * @returns whether it was kept; if not, memory or intervals ran out and the peer must send it again
 */
export function storeText(
  core: TcpCore,
  tcb: Tcb,
  offset: number,
  memory: ByteMemory,
  start: number,
  length: number,
): boolean {
  if (!ensureReceiveRing(core, tcb, tcb.recvBytes + offset + length)) {
    core.counters.dropNoMemory++;
    return false;
  }
  const { outOfOrder } = tcb;
  if (offset > 0) {
    const intervals = outOfOrder ?? new OutOfOrder();
    const left = (tcb.rcvNxt + offset) | 0;
    if (!intervals.add(left, (left + length) | 0)) {
      core.counters.dropTooManyIntervals++;
      return false;
    }
    tcb.outOfOrder = intervals;
    core.counters.outOfOrder++;
  }
  const block = tcb.recvBlock!;
  const at = (tcb.recvHead + tcb.recvBytes + offset) & (block.byteLength - 1);
  writeRing(block, at, memory, start, length);
  if (offset === 0) {
    let next = (tcb.rcvNxt + length) | 0;
    if (outOfOrder !== null) {
      next = outOfOrder.advance(next);
      if (outOfOrder.count === 0) tcb.outOfOrder = null;
    }
    advanceReceived(tcb, next);
  }
  core.counters.bytesIn += length;
  return true;
}

/** `rcv.nxt` moves up to `next`, over text that is in the ring. */
export function advanceReceived(tcb: Tcb, next: number): void {
  const gained = (next - tcb.rcvNxt) | 0;
  if ((next - tcb.irs) >>> 0 < (tcb.rcvNxt - tcb.irs) >>> 0) rareForWriting(tcb).rcvWraps++;
  tcb.rcvNxt = next;
  tcb.recvBytes += gained;
}

/** Copies unread bytes to the user. Unless peeked at, they are gone from the ring. */
export function readText(
  core: TcpCore,
  tcb: Tcb,
  into: Uint8Array,
  start: number,
  length: number,
  peek: boolean,
): number {
  const taken = smaller(length, tcb.recvBytes);
  const block = tcb.recvBlock;
  if (taken === 0 || block === null) return 0;
  readRing(block, tcb.recvHead, core.receiving.of(into), start, taken);
  if (peek) return taken;
  tcb.recvBytes -= taken;
  if (tcb.recvBytes === 0 && tcb.outOfOrder === null) releaseReceiveRing(core, tcb);
  else tcb.recvHead = (tcb.recvHead + taken) & (block.byteLength - 1);
  return taken;
}

/** Forgets what lies beyond a hole. */
export function dropOutOfOrder(core: TcpCore, tcb: Tcb): void {
  if (tcb.outOfOrder === null) return;
  tcb.outOfOrder = null;
  if (tcb.recvBytes === 0) releaseReceiveRing(core, tcb);
}

/** Gives the ring back with all that is in it. */
export function releaseReceiveRing(core: TcpCore, tcb: Tcb): void {
  if (tcb.recvBlock !== null) core.host.blocks.release(tcb.recvBlock);
  tcb.recvBlock = null;
  tcb.recvHead = 0;
  tcb.recvBytes = 0;
  tcb.outOfOrder = null;
}

/** Sees to it that the receive ring holds as much. Answers false where the memory is at its limit. */
export function ensureReceiveRing(core: TcpCore, tcb: Tcb, needBytes: number): boolean {
  const old = tcb.recvBlock;
  if (old !== null && old.byteLength >= needBytes) return true;
  const { blocks } = core.host;
  const wish = larger(needBytes, old === null ? tcb.recvHintBytes : old.byteLength * 2);
  const block = blocks.take(wish) ?? (wish > needBytes ? blocks.take(needBytes) : null);
  if (block === null) return false;
  if (old !== null) {
    // All of it: bytes out of order lie somewhere behind those in order.
    readRing(old, tcb.recvHead, block.memory, block.offset, old.byteLength);
    blocks.release(old);
  }
  tcb.recvBlock = block;
  tcb.recvHead = 0;
  tcb.recvHintBytes = old === null ? larger(needBytes, tcb.recvHintBytes - (tcb.recvHintBytes >> 3)) : block.byteLength;
  return true;
}
