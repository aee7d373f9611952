import { createPcapng } from '@synos/nic';
import { listenStream, type StreamServer } from '@synos/node/stream';
import type { DhcpStats } from '../dhcp/service.js';
import type { DnsStats } from '../dns/forwarder.js';
import { createGateway } from '../gateway.js';
import type { DatagramForwarding, DatagramForwardingStats } from '../inbound/datagram-forwarding.js';
import type { Forwarding, ForwardingStats } from '../inbound/forwarding.js';
import { createLan, type LanStats } from '../lan/lan.js';
import { nodeLoop } from '../node-host.js';
import type { OutboundStats } from '../outbound/outbound.js';
import type { Flags } from './flags.js';
import { prepareSocketPath } from './socket-path.js';

/** A host port and where it leads. */
export interface ForwardedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** `'10.0.0.2:80'`. */
  readonly guest: string;
}

/** What has happened so far. */
export interface GatewayStats {
  readonly uptimeSeconds: number;
  readonly lan: LanStats;
  /** Connections to the sockets that were one too many. */
  readonly refusedPeers: number;
  readonly dhcp: DhcpStats;
  readonly outbound: OutboundStats;
  readonly dns: DnsStats | null;
  readonly forwards: readonly (ForwardedPort & { readonly stats: ForwardingStats | DatagramForwardingStats })[];
  /** Frames in the capture file, `null` without one. */
  readonly capturedFrames: number | null;
}

/** The gateway, running. */
export interface RunningGateway {
  /** Where guests connect: paths, and `host:port`. */
  readonly places: readonly string[];
  readonly address: string;
  readonly forwards: readonly ForwardedPort[];
  stats(): GatewayStats;
  /** Ends everything; resolves when sockets and ports are free. */
  close(): Promise<void>;
}

/** Something of the host's could not be had. */
export interface StartFailure extends Error {
  /** `'EADDRINUSE'`, … */
  readonly code?: string;
  /** What it was: `'port 8080 of 127.0.0.1'`. */
  readonly what: string;
}

/**
 * Starts everything that the flags name.
 *
 * @throws (rejects) {@link StartFailure}; what was started until then is ended
 */
export async function startGateway(
  flags: Flags,
  writeCapture: ((bytes: Uint8Array) => void) | null,
): Promise<RunningGateway> {
  const startMs = nodeLoop.now();
  const pcapng =
    writeCapture &&
    createPcapng(writeCapture, {
      clock: nodeLoop,
      wallClockOffsetMs: Date.now() - nodeLoop.now(),
      application: 'synos-gateway',
    });
  const lan = createLan({ address: flags.address, maxGuests: flags.guests, ...(pcapng && { pcapng }) });
  const gateway = createGateway({ stack: lan.stack });
  const servers: StreamServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([gateway.close(), ...servers.map((server) => server.close())]);
    lan.close();
  };
  try {
    const address = flags.address.split('/')[0] as string;
    const dns = flags.dns && gateway.serveDns({ address, resolver: flags.dns });
    const dhcp = gateway.serveDhcp({
      address: flags.address,
      ...(dns && { nameServer: address }),
      isTaken: (wanted, station) => lan.isTaken(wanted, station),
    });
    const outbound = gateway.openOutbound(flags.allow === undefined ? {} : { allow: flags.allow });
    const forwards: { place: ForwardedPort; forwarding: Forwarding | DatagramForwarding }[] = [];
    for (const { protocol, host, port, guest } of flags.forwards) {
      const wanted = { host, port, guest };
      const forwarding = await naming<Forwarding | DatagramForwarding>(
        `${protocol === 'udp' ? 'UDP ' : ''}port ${port} of ${host}`,
        () => (protocol === 'tcp' ? gateway.forward(wanted) : gateway.forwardDatagrams(wanted)),
      );
      const place = { protocol, host: forwarding.host, port: forwarding.port, guest: `${guest.address}:${guest.port}` };
      forwards.push({ place, forwarding });
    }
    const onPeer = (peer: Parameters<Parameters<typeof listenStream>[0]['onPeer']>[0]): void => {
      const guest = lan.join(peer.device);
      peer.on('close', () => guest?.leave());
    };
    const shared = { pool: lan.pool, maxPeers: flags.guests, onPeer };
    for (const [index, path] of flags.streams.entries()) {
      const name = `stream${index}`;
      const listen = async (): Promise<StreamServer> => {
        await prepareSocketPath(path);
        return listenStream({ ...shared, path, name });
      };
      servers.push(await naming(`the socket ${path}`, listen));
    }
    for (const [index, { host, port }] of flags.listens.entries()) {
      const name = `tcp${index}`;
      servers.push(await naming(`port ${port} of ${host}`, () => listenStream({ ...shared, host, port, name })));
    }
    return {
      places: servers.map(({ place }) => (place.port === undefined ? place.address : `${place.address}:${place.port}`)),
      address: flags.address,
      forwards: forwards.map(({ place }) => place),
      stats: () => ({
        uptimeSeconds: Math.round((nodeLoop.now() - startMs) / 100) / 10,
        lan: lan.stats,
        refusedPeers: servers.reduce((all, { counters }) => all + counters.refused, 0),
        dhcp: dhcp.stats,
        outbound: outbound.stats,
        dns: dns?.stats ?? null,
        forwards: forwards.map(({ place, forwarding }) => ({ ...place, stats: forwarding.stats })),
        capturedFrames: pcapng?.frameCount ?? null,
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs a step; its error says what it was about. */
async function naming<Result>(what: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw Object.assign(error as Error, { what });
  }
}
