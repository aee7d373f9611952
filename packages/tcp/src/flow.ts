import type { Address } from '@synos/interfaces';

/** What stands behind a four-tuple. */
export const flowKind = { connection: 0, embryo: 1, timeWait: 2 } as const;
/** One of {@link flowKind}. */
export type FlowKind = (typeof flowKind)[keyof typeof flowKind];

/**
 * Anything the demultiplexer finds by its four-tuple: a connection, a half-open one or one in TIME-WAIT. `id` names
 * it in the demultiplexer and in the timer wheel while it is registered, else it is -1.
 */
export abstract class Flow {
  readonly kind: FlowKind;
  id: number;
  hash: number;
  local: Address;
  remote: Address;
  localPort: number;
  remotePort: number;
  /** The one device that segments may come by, 0 for all. */
  device: number;

  constructor(kind: FlowKind, local: Address, localPort: number, remote: Address, remotePort: number, device: number) {
    this.kind = kind;
    this.id = -1;
    this.hash = 0;
    this.local = local;
    this.remote = remote;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.device = device;
  }
}
