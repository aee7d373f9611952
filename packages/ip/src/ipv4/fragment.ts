import { failure, type Packet, type Result } from '@synos/interfaces';
import { copyBytes, fillChecksum, ipv4Flag, ipv4MinHeaderBytes } from '@synos/wire';
import type { Context } from '../context.js';
import type { CachedRoute } from '../routing/cached-route.js';

/** What puts a header on a fragment and sends it. */
interface FragmentSink {
  emit(
    packet: Packet,
    route: CachedRoute,
    protocol: number,
    ttl: number,
    tos: number,
    identification: number,
    flagsAndOffset: number,
  ): Result;
}

/**
 * Cuts a packet (`start` at the transport header) into fragments that fit the path (RFC 791 §3.2). Either all of them
 * are taken or the failure of the first that was not is answered: the others cannot be completed then.
 */
export function sendFragments(
  sink: FragmentSink,
  context: Context,
  packet: Packet,
  route: CachedRoute,
  protocol: number,
  ttl: number,
  tos: number,
  identification: number,
): Result {
  // The transport's sum spans all fragments, so no device can fill it any more.
  fillChecksum(packet);
  const chunk = (route.pathMtuBytes - ipv4MinHeaderBytes) & ~7;
  const length = packet.end - packet.start;
  let result: Result = 0;
  for (let from = 0; from < length && result === 0; from += chunk) {
    const bytes = Math.min(chunk, length - from);
    const fragment = context.packets.take(bytes, false);
    if (fragment === null) {
      context.counters.ipv4OutNoBuffers++;
      result = failure.noBuffers;
      break;
    }
    copyBytes(fragment.memory.bytes, fragment.start, packet.memory.bytes, packet.start + from, bytes);
    fragment.end = fragment.start + bytes;
    const more = from + bytes < length ? ipv4Flag.moreFragments : 0;
    context.counters.ipv4FragmentsOut++;
    result = sink.emit(fragment, route, protocol, ttl, tos, identification, more | (from >>> 3));
  }
  if (result === 0) context.counters.ipv4Out++;
  packet.pool.release(packet);
  return result;
}
