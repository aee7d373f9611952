import { larger, smaller } from '@synos/wire';
import type { TcpCore } from './core.js';
import { readRing, writeRing } from './ring.js';
import type { Tcb } from './tcb.js';

/** Copies bytes of the user behind the queue. Answers how many: fewer when the memory is at its limit. */
export function enqueueText(core: TcpCore, tcb: Tcb, bytes: Uint8Array, start: number, length: number): number {
  let taken = length;
  if (!ensureSendRing(core, tcb, tcb.sendBytes + taken)) {
    taken = tcb.sendBlock === null ? 0 : smaller(taken, tcb.sendBlock.byteLength - tcb.sendBytes);
    if (taken === 0) return 0;
  }
  const block = tcb.sendBlock!;
  const at = (tcb.sendHead + tcb.sendBytes) & (block.byteLength - 1);
  writeRing(block, at, core.sending.of(bytes), start, taken);
  tcb.sendBytes += taken;
  return taken;
}

/** Lets go of acknowledged bytes; the ring goes back when it is empty. */
export function dequeueText(core: TcpCore, tcb: Tcb, length: number): void {
  tcb.sendBytes -= length;
  const block = tcb.sendBlock;
  if (block === null) return;
  if (tcb.sendBytes === 0) releaseSendRing(core, tcb);
  else tcb.sendHead = (tcb.sendHead + length) & (block.byteLength - 1);
}

/** Gives the ring back, whatever is in it. */
export function releaseSendRing(core: TcpCore, tcb: Tcb): void {
  if (tcb.sendBlock !== null) core.host.blocks.release(tcb.sendBlock);
  tcb.sendBlock = null;
  tcb.sendHead = 0;
  tcb.sendBytes = 0;
}

/** As `ensureReceiveRing`, of the send ring. */
export function ensureSendRing(core: TcpCore, tcb: Tcb, needBytes: number): boolean {
  const old = tcb.sendBlock;
  if (old !== null && old.byteLength >= needBytes) return true;
  const { blocks } = core.host;
  // The size that it last had, if that was not long ago: an empty ring is given back often.
  const wish = larger(needBytes, old === null ? tcb.sendHintBytes : old.byteLength * 2);
  const block = blocks.take(wish) ?? (wish > needBytes ? blocks.take(needBytes) : null);
  if (block === null) return false;
  if (old !== null) {
    readRing(old, tcb.sendHead, block.memory, block.offset, tcb.sendBytes);
    blocks.release(old);
  }
  tcb.sendBlock = block;
  tcb.sendHead = 0;
  // An eighth less at each new ring, so that one large burst is forgotten in time, and a ring that is just large enough is not
  // tried smaller every other time.
  tcb.sendHintBytes = old === null ? larger(needBytes, tcb.sendHintBytes - (tcb.sendHintBytes >> 3)) : block.byteLength;
  return true;
}
