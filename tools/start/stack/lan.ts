import { createGateway, type Forwarding } from '@synos/gateway';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { capture, createCable, createPcapng } from '@synos/nic';
import { createNet, serveHttp } from '@synos/node/net';
import { createStackMemory } from '@synos/wire';
import { createSite } from './site.js';

/** Where everything is. */
export const places = { gateway: '10.0.0.1', host: '10.0.0.2', bits: 24, http: 80, listen: '127.0.0.1' } as const;

/** What has happened so far. */
export interface LanStats {
  readonly uptimeSeconds: number;
  /** Connections of the host's port: open now, and in all. */
  readonly connections: number;
  readonly connectionsInAll: number;
  readonly refused: number;
  readonly broken: number;
  /** TCP segments that both stacks sent. */
  readonly segments: number;
  readonly retransmits: number;
  /** Bytes relayed, both ways. */
  readonly bytes: number;
  /** Frames in the capture file, `null` without one. */
  readonly capturedFrames: number | null;
}

/** The virtual LAN, running. */
export interface Lan {
  readonly url: string;
  stats(): LanStats;
  /** Ends everything at once; nothing may be called after it. */
  close(): void;
}

/** Options of {@link startLan}. */
export interface LanOptions {
  /** The port of 127.0.0.1; 0 finds a free one. */
  readonly port: number;
  /** Is given the capture of the virtual LAN piece by piece. */
  readonly writeCapture?: ((bytes: Uint8Array) => void) | undefined;
}

/**
 * Two stacks on a cable: a host with an HTTP server, and a gateway that relays a port of this machine to it.
 *
 * @throws (rejects) Node's error when the port cannot be had
 */
export async function startLan({ port, writeCapture }: LanOptions): Promise<Lan> {
  const { loop, entropy } = createDefaultHost();
  const startMs = loop.now();

  // Memory of their own, as two machines have: the cable copies each frame from one to the other.
  const gatewayMemory = createStackMemory();
  const hostMemory = createStackMemory();
  const cable = createCable({
    a: { name: 'gateway', pool: gatewayMemory.packets },
    b: { name: 'host', pool: hostMemory.packets },
  });
  const pcapng = writeCapture
    ? createPcapng(writeCapture, { clock: loop, wallClockOffsetMs: performance.timeOrigin, application: 'SynOS' })
    : null;
  const hostDevice = pcapng ? capture(cable.b, pcapng) : cable.b;

  const address = (place: string): string[] => [`${place}/${places.bits}`];
  const gatewayStack = createNetstack({
    clock: loop,
    entropy,
    memory: gatewayMemory,
    interfaces: [{ device: cable.a, addresses: address(places.gateway) }],
  });
  const hostStack = createNetstack({
    clock: loop,
    entropy,
    memory: hostMemory,
    interfaces: [{ device: hostDevice, addresses: address(places.host), gateway: places.gateway }],
  });
  const stops = [drive(gatewayStack, loop), drive(hostStack, loop)];

  // Node's own HTTP server, on our TCP.
  const net = createNet({ sockets: hostStack.sockets });
  const site = createSite({
    places,
    stats: () => ({ ...stats(), gateway: counted(gatewayStack), host: counted(hostStack) }),
  });
  serveHttp(net, site).listen(places.http, places.host);

  const gateway = createGateway({ stack: gatewayStack });
  const close = (): void => {
    void gateway.close();
    for (const stop of stops) stop();
    gatewayStack.dispose();
    hostStack.dispose();
    cable.close();
  };
  const guest = { address: places.host, port: places.http };
  const forwarding = await gateway.forward({ host: places.listen, port, guest }).catch((error: unknown) => {
    close();
    throw error;
  });

  const stats = (): LanStats => lanStats(forwarding, [gatewayStack, hostStack], (loop.now() - startMs) / 1000, pcapng);
  return { url: `http://${forwarding.host}:${forwarding.port}/`, stats, close };
}

function lanStats(
  forwarding: Forwarding,
  stacks: readonly Netstack[],
  uptimeSeconds: number,
  pcapng: { readonly frameCount: number } | null,
): LanStats {
  const { active, accepted, refused, failed, broken, bytesToGuest, bytesToHost } = forwarding.stats;
  const sum = (name: string): number => stacks.reduce((all, stack) => all + (stack.counters()[name] ?? 0), 0);
  return {
    uptimeSeconds: Math.round(uptimeSeconds * 10) / 10,
    connections: active,
    connectionsInAll: accepted,
    refused,
    broken: failed + broken,
    segments: sum('tcp.segmentsOut'),
    retransmits: sum('tcp.retransmits'),
    bytes: bytesToGuest + bytesToHost,
    capturedFrames: pcapng?.frameCount ?? null,
  };
}

/** What a stack has counted, without the zeros. */
function counted(stack: Netstack): Record<string, number> {
  return Object.fromEntries(Object.entries(stack.counters()).filter(([, count]) => count !== 0));
}
