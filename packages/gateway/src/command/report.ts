import type { DatagramForwardingStats } from '../inbound/datagram-forwarding.js';
import type { ForwardingStats } from '../inbound/forwarding.js';
import type { GatewayStats, RunningGateway } from './running.js';

const number = new Intl.NumberFormat('en-US');
const count = (value: number, unit: string): string => `${number.format(value)} ${unit}${value === 1 ? '' : 's'}`;

/** Bytes as people read them. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return unit === 0 ? count(bytes, 'byte') : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** Where everything is, for a person. */
export function startLines({ places, address, forwards }: RunningGateway): string {
  const lines = places.map((place) => `guests connect to ${place}`);
  lines.push(`they find the gateway at ${address}`);
  for (const { protocol, host, port, guest } of forwards) {
    lines.push(`${protocol === 'udp' ? 'UDP ' : ''}${host}:${port} leads to ${guest}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What has happened, for a person: a line for each part, what was zero left out where it would have been trouble. */
export function endLines(stats: GatewayStats): string {
  const { lan, dhcp, outbound, dns, forwards } = stats;
  const rows: [string, string][] = [
    [
      'guests',
      parts(
        [count(lan.guestsInAll, 'guest'), `${lan.guests} at the end`],
        [[lan.turnedAway + stats.refusedPeers, 'turned away']],
      ),
    ],
    [
      'frames',
      `${count(lan.framesFromGuests, 'frame')} (${formatBytes(lan.bytesFromGuests)}) from guests · ` +
        `${count(lan.framesToGuests, 'frame')} (${formatBytes(lan.bytesToGuests)}) to guests`,
    ],
    [
      'not let in',
      parts(
        [],
        [
          [lan.guarded.station, "in another card's name"],
          [lan.guarded.address, "from another's address"],
          [lan.guarded.dhcpStation, "DHCP in another card's name"],
          [lan.guarded.dhcpRate, 'DHCP too often'],
        ],
      ),
    ],
    [
      'addresses',
      parts(
        [
          `${number.format(dhcp.leases)} of ${number.format(dhcp.poolSize)} leased`,
          `${number.format(dhcp.acks)} given or renewed`,
        ],
        [
          [dhcp.naks, 'refused'],
          [dhcp.exhausted, 'none left'],
          [dhcp.declines, 'declined'],
          [dhcp.malformed, 'malformed'],
        ],
      ),
    ],
    ['connections', connectionParts(outbound.connections, outbound.prohibited)],
    [
      'datagrams',
      parts(
        [
          count(outbound.datagrams.flows, 'flow'),
          `${number.format(outbound.datagrams.toHost)} out`,
          `${number.format(outbound.datagrams.toGuest)} back`,
        ],
        [
          [outbound.datagrams.unreachable, 'unreachable'],
          [outbound.datagrams.evicted, 'flows evicted'],
          [outbound.datagrams.dropped + outbound.datagrams.failed, 'dropped'],
        ],
      ),
    ],
  ];
  if (dns !== null) {
    rows.push([
      'names',
      parts(
        [`${number.format(dns.queries)} asked`, `${number.format(dns.answers)} answered`],
        [
          [dns.timedOut, 'timed out'],
          [dns.failed, 'failed'],
          [dns.evicted, 'evicted'],
          [dns.malformed, 'malformed'],
          [dns.unexpected, 'unexpected answers'],
        ],
      ),
    ]);
  }
  for (const { protocol, host, port, guest, stats: each } of forwards) {
    const name = `${protocol === 'udp' ? 'UDP ' : ''}${host}:${port} to ${guest}`;
    rows.push(['forwarded', `${name}: ${isDatagrams(each) ? datagramParts(each) : connectionParts(each, 0)}`]);
  }
  if (stats.capturedFrames !== null) rows.push(['captured', count(stats.capturedFrames, 'frame')]);
  const shown = rows.filter(([, text]) => text !== '');
  const body = shown.map(([name, text]) => `  ${name.padEnd(12)} ${text}\n`).join('');
  return `${stats.uptimeSeconds} s\n${body}`;
}

function connectionParts(stats: Omit<ForwardingStats, 'active'>, prohibited: number): string {
  return parts(
    [
      count(stats.accepted, 'connection'),
      `${formatBytes(stats.bytesToHost)} from guests`,
      `${formatBytes(stats.bytesToGuest)} to guests`,
    ],
    [
      [stats.failed, 'failed'],
      [stats.refused, 'refused'],
      [stats.broken, 'broken'],
      [prohibited, 'not allowed'],
    ],
  );
}

function datagramParts(stats: DatagramForwardingStats): string {
  return parts(
    [count(stats.flows, 'flow'), `${number.format(stats.toGuest)} in`, `${number.format(stats.toHost)} back`],
    [
      [stats.evicted, 'evicted'],
      [stats.dropped, 'dropped'],
    ],
  );
}

function isDatagrams(stats: ForwardingStats | DatagramForwardingStats): stats is DatagramForwardingStats {
  return 'flows' in stats;
}

/** What always counts, and trouble where there was some. */
function parts(always: readonly string[], trouble: readonly (readonly [number, string])[]): string {
  const had = trouble.filter(([value]) => value !== 0).map(([value, name]) => `${number.format(value)} ${name}`);
  return [...always, ...had].join(' · ');
}
