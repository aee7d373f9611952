import { assert, type TransportProtocol } from '@synos/interfaces';

/** The transports of a host by protocol number. */
export class Transports {
  readonly all: TransportProtocol[];
  private readonly byProtocol: (TransportProtocol | null)[];

  constructor() {
    this.all = [];
    this.byProtocol = new Array<TransportProtocol | null>(256).fill(null);
  }

  add(transport: TransportProtocol): void {
    assert(transport.protocol > 0 && transport.protocol < 256, 'a transport needs an IP protocol number of its own');
    assert(this.byProtocol[transport.protocol] === null, 'the protocol number is taken');
    this.byProtocol[transport.protocol] = transport;
    this.all.push(transport);
  }

  get(protocol: number): TransportProtocol | null {
    return this.byProtocol[protocol]!;
  }
}
