import {
  assert,
  type NetworkError,
  type NetworkErrorKind,
  networkErrorKind,
  type TransportProtocol,
} from '@synos/interfaces';
import {
  ipv4Destination,
  ipv4FragmentOffsetBytes,
  ipv4FromWord,
  ipv4HeaderBytes,
  ipv4Protocol,
  ipv4Source,
  setIpv4,
} from '@synos/wire';

/** The transports of a host by protocol number. */
export class Transports {
  readonly all: TransportProtocol[];
  private readonly byProtocol: (TransportProtocol | null)[];
  /** What transports are told of packets that they sent: one record, reused. */
  private readonly error: NetworkError;

  constructor() {
    this.all = [];
    this.byProtocol = new Array<TransportProtocol | null>(256).fill(null);
    this.error = {
      kind: networkErrorKind.networkUnreachable,
      source: ipv4FromWord(0),
      destination: ipv4FromWord(0),
      view: new DataView(new ArrayBuffer(0)),
      offset: 0,
      length: 0,
      mtuBytes: 0,
    };
  }

  add(transport: TransportProtocol): void {
    const { protocol } = transport;
    assert(protocol > 0 && this.byProtocol[protocol] === null, 'protocol number is taken, or none');
    this.byProtocol[protocol] = transport;
    this.all.push(transport);
  }

  get(protocol: number): TransportProtocol | null {
    return this.byProtocol[protocol]!;
  }

  /**
   * Reports an error about the packet whose IPv4 header is at `at`; its header must be checked. Answers whether a
   * transport recognised it as its own.
   */
  report(kind: NetworkErrorKind, view: DataView<ArrayBuffer>, at: number, end: number, mtuBytes: number): boolean {
    const transport = this.get(ipv4Protocol(view, at));
    const offset = at + ipv4HeaderBytes(view, at);
    // A later fragment quotes no ports: nobody can tell whose it was.
    if (transport === null || end - offset < 8 || ipv4FragmentOffsetBytes(view, at) !== 0) return false;
    const { error } = this;
    error.kind = kind;
    setIpv4(error.source, ipv4Source(view, at));
    setIpv4(error.destination, ipv4Destination(view, at));
    error.view = view;
    error.offset = offset;
    error.length = end - offset;
    error.mtuBytes = mtuBytes;
    return transport.networkError(error);
  }
}
