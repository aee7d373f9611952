import {
  cmsgAlign,
  cmsgLen,
  cmsgSpace,
  EINVAL,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  readCmsghdr,
  SOL_IP,
  writeCmsghdr,
} from '@synos/abi';
import { type DatagramArrival, isIpv4Mapped } from '@synos/interfaces';
import { keepsFlag } from './transport-options.js';

const headerBytes = /* @__PURE__ */ cmsgLen(0);

/**
 * Whether control messages of a send may be passed over.
 *
 * @returns 0, or `-EINVAL`: malformed (CMSG_OK), or at SOL_IP, where ip_cmsg_send refuses what it does not know
 */
export function checkControl(control: Uint8Array): number {
  const view = new DataView(control.buffer, control.byteOffset, control.length);
  for (let at = 0; at + headerBytes <= control.length; ) {
    const { lengthBytes, level } = readCmsghdr(view, at);
    if (lengthBytes < headerBytes || lengthBytes > control.length - at || level === SOL_IP) return -EINVAL;
    at += cmsgAlign(lengthBytes);
  }
  return 0;
}

/**
 * Writes what a receive tells besides the bytes: `struct in_pktinfo`, the time to live, the type of service, in the order
 * of ip_cmsg_recv_offset and cut as put_cmsg cuts.
 *
 * @param control - the room; the rest of it is left alone
 * @param kept - `RareOptions.kept`, with those that were asked for
 * @param arrival - with `ttl` 0 nobody knows, and nothing is written
 */
export function writeControl(
  control: Uint8Array,
  kept: number,
  arrival: DatagramArrival | undefined,
): { readonly bytes: number; readonly isCut: boolean } {
  let at = 0;
  let isCut = false;
  const put = (type: number, data: readonly number[]): void => {
    const room = control.length - at;
    if (room < headerBytes) {
      isCut = true;
      return;
    }
    const lengthBytes = Math.min(cmsgLen(data.length), room);
    if (lengthBytes < cmsgLen(data.length)) isCut = true;
    const view = new DataView(control.buffer, control.byteOffset + at, room);
    writeCmsghdr(view, 0, { lengthBytes, level: SOL_IP, type });
    control.set(data.slice(0, lengthBytes - headerBytes), at + headerBytes);
    at += Math.min(cmsgSpace(data.length), room);
  };
  if (arrival === undefined || arrival.ttl === 0) return { bytes: 0, isCut };
  const { destination, device, ttl, tos } = arrival;
  if (keepsFlag(kept, SOL_IP, IP_PKTINFO) && isIpv4Mapped(destination)) {
    const address = [24, 16, 8, 0].map((shift) => (destination.w3 >>> shift) & 0xff);
    // ipi_ifindex, ipi_spec_dst, ipi_addr
    put(IP_PKTINFO, [device & 0xff, device >>> 8, 0, 0, ...address, ...address]);
  }
  if (keepsFlag(kept, SOL_IP, IP_RECVTTL)) put(IP_TTL, [ttl, 0, 0, 0]);
  if (keepsFlag(kept, SOL_IP, IP_RECVTOS)) put(IP_TOS, [tos]);
  return { bytes: at, isCut };
}
