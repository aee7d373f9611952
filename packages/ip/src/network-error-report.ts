import { type NetworkError, type NetworkErrorKind, networkErrorKind } from '@synos/interfaces';
import {
  ipv4Destination,
  ipv4FragmentOffsetBytes,
  ipv4FromWord,
  ipv4HeaderBytes,
  ipv4Protocol,
  ipv4Source,
  setIpv4,
} from '@synos/wire';
import type { Transports } from './transports.js';

/** Tells transports of errors about packets that they sent, by one reused record. */
export class NetworkErrorReport {
  private readonly transports: Transports;
  private readonly record: NetworkError;

  constructor(transports: Transports) {
    this.transports = transports;
    this.record = {
      kind: networkErrorKind.networkUnreachable,
      source: ipv4FromWord(0),
      destination: ipv4FromWord(0),
      view: new DataView(new ArrayBuffer(0)),
      offset: 0,
      length: 0,
      mtuBytes: 0,
    };
  }

  /**
   * Reports an error about the packet whose IPv4 header is at `at`; its header must be checked. Answers whether a
   * transport recognised it as its own.
   */
  report(kind: NetworkErrorKind, view: DataView<ArrayBuffer>, at: number, end: number, mtuBytes: number): boolean {
    const protocol = ipv4Protocol(view, at);
    const transport = this.transports.get(protocol);
    const offset = at + ipv4HeaderBytes(view, at);
    // A later fragment quotes no ports: nobody can tell whose it was.
    if (transport === null || end - offset < 8 || ipv4FragmentOffsetBytes(view, at) !== 0) return false;
    const record = this.record;
    record.kind = kind;
    setIpv4(record.source, ipv4Source(view, at));
    setIpv4(record.destination, ipv4Destination(view, at));
    record.view = view;
    record.offset = offset;
    record.length = end - offset;
    record.mtuBytes = mtuBytes;
    return transport.networkError(record);
  }
}
