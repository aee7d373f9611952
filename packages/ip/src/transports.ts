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
    const { protocol } = transport;
    assert(protocol > 0 && this.byProtocol[protocol] === null, 'protocol number is taken, or none');
    this.byProtocol[protocol] = transport;
    this.all.push(transport);
  }

  get(protocol: number): TransportProtocol | null {
    return this.byProtocol[protocol]!;
  }
}
