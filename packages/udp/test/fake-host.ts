import { createSeededEntropy, createToyPortTable } from '@synos/compliance';
import {
  type Address,
  type Arrival,
  addressEquals,
  failure,
  isUnspecified,
  type NetworkError,
  type NetworkErrorKind,
  networkErrorKind,
  type Packet,
  type PortTable,
  type Result,
  type Route,
  type SendOptions,
  type TransportEndpoint,
  type TransportHost,
  type TransportProtocol,
} from '@synos/interfaces';
import { createUdp, type UdpOptions } from '@synos/udp';
import {
  addressSum,
  createStackMemory,
  emitUdp,
  fillChecksum,
  ipv4,
  isMulticast,
  type StackMemoryOptions,
} from '@synos/wire';

export const own = ipv4(10, 0, 0, 1);
export const peer = ipv4(10, 0, 0, 2);
export const broadcast = ipv4(10, 0, 0, 255);
export const multicast = ipv4(224, 0, 0, 251);

/** What the transport handed to the network. */
export interface SentPacket {
  readonly bytes: Uint8Array;
  readonly source: Address;
  readonly destination: Address;
  readonly options: SendOptions;
  readonly device: number;
}

/** A network that is played by hand: what is sent is kept, what arrives is given. */
export class FakeHost implements TransportHost {
  now = 0;
  readonly isPolling = false;
  readonly entropy;
  readonly packets;
  readonly blocks;
  readonly ports: PortTable & { readonly held: number };
  readonly sent: SentPacket[] = [];
  readonly refused: Address[] = [];
  wakes = 0;
  /** How often a route was asked for. */
  lookups = 0;
  hasRoom = true;
  mtuBytes = 1500;
  sendResult: Result = 0;
  onUnclaimed: TransportHost['onUnclaimed'] = null;
  readonly udp: TransportProtocol;

  constructor(memory: StackMemoryOptions = {}, options: UdpOptions = {}) {
    this.entropy = createSeededEntropy(7);
    const made = createStackMemory({
      smallPackets: 32,
      largePackets: 4,
      ringBytes: 1 << 20,
      ringLimitBytes: 1 << 20,
      ...memory,
    });
    this.packets = made.packets;
    this.blocks = made.blocks;
    this.ports = createToyPortTable(this.entropy);
    this.udp = createUdp(options)(this);
  }

  enter(): void {}

  wake(): void {
    this.wakes += 1;
  }

  route(source: Address, destination: Address, device = 0): Route | Result {
    this.lookups += 1;
    if (!isUnspecified(source) && !addressEquals(source, own)) return failure.addressNotAvailable;
    if (destination.w3 >>> 24 === 99) return failure.networkUnreachable;
    const host = this;
    return {
      source: own,
      destination: { ...destination },
      device,
      isLocal: false,
      isGroup: addressEquals(destination, broadcast) || isMulticast(destination),
      get mtuBytes() {
        return host.mtuBytes;
      },
      deviceMtuBytes: 1500,
      headerBytes: 20,
      addressSum: addressSum(own, destination),
      superSegmentBytes: 0,
      get hasRoom() {
        return host.hasRoom;
      },
    };
  }

  isLocalAddress(address: Address): boolean {
    return addressEquals(address, own) || addressEquals(address, broadcast) || isMulticast(address);
  }

  send(packet: Packet, route: Route, _protocol: number, options: SendOptions): Result {
    if (this.sendResult === 0) {
      fillChecksum(packet);
      const bytes = packet.memory.bytes.slice(packet.start, packet.end);
      this.sent.push({ bytes, source: route.source, destination: route.destination, options, device: route.device });
    }
    packet.pool.release(packet);
    return this.sendResult;
  }

  portUnreachable(_packet: Packet, arrival: Arrival): void {
    this.refused.push({ ...arrival.source });
  }

  confirmReachable(): void {}

  open(): TransportEndpoint {
    const endpoint = this.udp.open();
    if (typeof endpoint === 'number') throw new Error(`open: ${endpoint}`);
    return endpoint;
  }

  /** An endpoint bound to an address and port. */
  bound(address: Address, port: number, reuse = false): TransportEndpoint {
    const endpoint = this.open();
    if (reuse) endpoint.setOption('reuseAddress', 1);
    const result = endpoint.bind({ address, port });
    if (result !== 0) throw new Error(`bind: ${result}`);
    return endpoint;
  }

  /** Bytes arrive as a packet. */
  arrive(bytes: Uint8Array, source: Address = peer, destination: Address = own, device = 0): void {
    const packet = this.packets.take(bytes.length, false);
    if (packet === null) throw new Error('no packet');
    packet.memory.bytes.set(bytes, packet.start);
    packet.end = packet.start + bytes.length;
    const isGroup = addressEquals(destination, broadcast) || isMulticast(destination);
    const arrival: Arrival = {
      source: { ...source },
      destination: { ...destination },
      isGroup,
      ttl: 64,
      tos: 0,
      device,
    };
    this.udp.receive(packet, arrival);
  }

  /** A datagram arrives. */
  datagram(
    text: string,
    sourcePort: number,
    destinationPort: number,
    source = peer,
    destination = own,
    device = 0,
  ): void {
    const payload = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    this.arrive(emitUdp({ sourcePort, destinationPort, payload }, source, destination), source, destination, device);
  }

  /** An error about a datagram of ours. */
  error(
    kind: NetworkErrorKind,
    sourcePort: number,
    destinationPort: number,
    source = own,
    destination = peer,
  ): boolean {
    const view = new DataView(new ArrayBuffer(16));
    view.setUint16(4, sourcePort);
    view.setUint16(6, destinationPort);
    const error: NetworkError = {
      kind,
      source: { ...source },
      destination: { ...destination },
      view,
      offset: 4,
      length: 8,
      mtuBytes: kind === networkErrorKind.packetTooBig ? 600 : 0,
    };
    return this.udp.networkError(error);
  }
}

/** The next datagram as text, or the failure. */
export function next(endpoint: TransportEndpoint): string | number {
  const into = new Uint8Array(2000);
  const result = endpoint.receive(into, 0, into.length, 0, null);
  return result < 0 ? result : String.fromCharCode(...into.subarray(0, result));
}

/** Sends a text; answers the result. */
export function sendText(
  endpoint: TransportEndpoint,
  text: string,
  address: Address | null,
  port = 0,
  flags = 0,
): Result {
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  return endpoint.send(bytes, 0, bytes.length, flags, address === null ? null : { address, port });
}
