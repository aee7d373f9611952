import type { Packet } from '@synos/interfaces';
import { etherType } from '@synos/wire';
import type { Context } from '../context.js';
import type { Ipv4Input } from '../ipv4/ipv4-input.js';
import type { ArpInput } from '../neighbour/arp-input.js';
import type { NetInterface } from '../net-interface.js';
import { ethernetBytes } from './header.js';

/** 01:00:5e, under which the low 23 bits of an IPv4 group follow (RFC 1112 §6.4). */
const ipv4GroupHigh = 0x0100;

/** The first step inwards: whose frame is it, and what does it carry. */
export class EthernetInput {
  private readonly context: Context;
  private readonly arp: ArpInput;
  private readonly ipv4: Ipv4Input;

  constructor(context: Context, arp: ArpInput, ipv4: Ipv4Input) {
    this.context = context;
    this.arp = arp;
    this.ipv4 = ipv4;
  }

  /** Takes a received frame. */
  receive(from: NetInterface, frame: Packet): void {
    const counters = this.context.counters;
    counters.ethernetIn++;
    const at = frame.start;
    if (frame.end - at < ethernetBytes) {
      counters.ethernetTruncated++;
      frame.pool.release(frame);
      return;
    }
    const view = frame.memory.view;
    let toGroup = false;
    if (!from.isLoopback) {
      const high = view.getUint16(at);
      const low = view.getInt32(at + 2);
      if (low !== from.macLow || high !== from.macHigh) {
        if ((high & 0x0100) === 0) {
          counters.ethernetNotForUs++;
          frame.pool.release(frame);
          return;
        }
        if ((low !== -1 || high !== 0xffff) && !joined(from, high, low)) {
          counters.ethernetGroupNotJoined++;
          frame.pool.release(frame);
          return;
        }
        toGroup = true;
      }
    }
    const type = view.getUint16(at + 12);
    frame.start = at + ethernetBytes;
    if (type === etherType.ipv4) {
      this.ipv4.receive(from, frame, toGroup);
      return;
    }
    if (type === etherType.arp) this.arp.receive(from, frame);
    else if (type === etherType.ipv6)
      counters.ethernetIpv6Unsupported++; // ipv6/ gets its call here
    else counters.ethernetUnknownType++;
    frame.pool.release(frame);
  }
}

/** Whether the filter for group frames passes; groups that share a link address are told apart by IPv4. */
function joined(from: NetInterface, high: number, low: number): boolean {
  if (high !== ipv4GroupHigh || low >>> 23 !== 0x5e << 1) return false;
  const group = low & 0x7fffff;
  if (group === 1) return true; // 224.0.0.1, all hosts, is joined by everybody (RFC 1112 §4)
  for (const joinedGroup of from.groups.keys()) if ((joinedGroup & 0x7fffff) === group) return true;
  return false;
}
