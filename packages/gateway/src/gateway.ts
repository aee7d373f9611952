import type { Netstack } from '@synos/netstack';
import { parseAddress } from '@synos/wire';
import { type Forwarding, PortForwarding } from './forwarding.js';

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** The stack at the far end of the virtual LAN. It must be driven (`drive`); it remains its owner's. */
  readonly stack: Netstack;
  /** Connections that each forwarding keeps open at once, 1 or more; 10,000 by default. Further ones are reset. */
  readonly maxConnections?: number;
}

/** Options of {@link Gateway.forward}. */
export interface ForwardOptions {
  /** The address on which the host listens: `127.0.0.1` unless told. */
  readonly host?: string;
  /** 0 finds a free one. */
  readonly port: number;
  /** Where connections go. */
  readonly guest: { readonly address: string; readonly port: number };
  /** Closes the forwarding when it aborts. */
  readonly signal?: AbortSignal;
}

/** The far end of a virtual LAN: what comes in on the host's side goes on to guests. */
export interface Gateway {
  /**
   * Relays the connections of a host port to a guest. Each end of a stream is passed on by itself (half-close), a reset
   * as a reset, and a slow side slows the other: at most a chunk (64 KB) each way and the streams' own buffers are held.
   *
   * @throws (rejects) Node's error where the host does not listen (`EADDRINUSE`, `EACCES`); TypeError for a guest
   *   address that does not parse; RangeError for a port; the signal's reason
   */
  forward(options: ForwardOptions): Promise<Forwarding>;
  /** Closes every forwarding. */
  close(): Promise<void>;
}

/**
 * A gateway on a stack of ours. It needs no rights: to the host it is an ordinary program.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ stack });
 * const { port } = await gateway.forward({ port: 0, guest: { address: '10.0.0.2', port: 80 } });
 * ```
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { stack, maxConnections = 10_000 } = options;
  if (!(Number.isInteger(maxConnections) && maxConnections >= 1)) {
    throw new RangeError(`maxConnections must be a whole number of 1 or more: ${maxConnections}`);
  }
  const forwardings = new Set<PortForwarding>();
  return {
    async forward({ host = '127.0.0.1', port, guest, signal }) {
      signal?.throwIfAborted();
      const address = parseAddress(guest.address);
      if (!address) throw new TypeError(`not an address (like 10.0.0.2): ${guest.address}`);
      checkPort(port, 0);
      checkPort(guest.port, 1);
      const target = { address, port: guest.port };
      const forwarding = new PortForwarding({ sockets: stack.sockets, guest: target, maxConnections });
      await forwarding.listen(host, port);
      if (signal?.aborted) {
        await forwarding.close();
        signal.throwIfAborted();
      }
      forwardings.add(forwarding);
      const close = forwarding.close.bind(forwarding);
      const onAbort = (): void => void forwarding.close();
      forwarding.close = () => {
        forwardings.delete(forwarding);
        signal?.removeEventListener('abort', onAbort);
        return close();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      return forwarding;
    },
    async close() {
      await Promise.all([...forwardings].map((forwarding) => forwarding.close()));
    },
  };
}

function checkPort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) throw new RangeError(`port out of range: ${port}`);
}
