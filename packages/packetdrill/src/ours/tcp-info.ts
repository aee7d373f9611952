import { errnoName, readTcpInfo, SOL_TCP, TCP_INFO, tcpInfoLayout } from '@synos/abi';
import type { Socket } from '@synos/socket';

/** The fields that our TCP fills in; the others of `struct tcp_info` would be a 0 that says nothing. */
const told: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'tcpi_state',
  'tcpi_retransmits',
  'tcpi_options',
  'tcpi_snd_wscale',
  'tcpi_rcv_wscale',
  'tcpi_rto',
  'tcpi_snd_mss',
  'tcpi_rcv_mss',
  'tcpi_unacked',
  'tcpi_last_data_sent',
  'tcpi_last_data_recv',
  'tcpi_pmtu',
  'tcpi_rtt',
  'tcpi_rttvar',
  'tcpi_snd_ssthresh',
  'tcpi_snd_cwnd',
  'tcpi_advmss',
  'tcpi_rcv_space',
  'tcpi_total_retrans',
  'tcpi_bytes_acked',
  'tcpi_bytes_received',
  'tcpi_segs_out',
  'tcpi_segs_in',
  'tcpi_bytes_sent',
  'tcpi_snd_wnd',
]);

/** TCP_INFO of a socket by the names of Linux, or an errno's name. */
export function tcpInfoOf(socket: Socket): Record<string, number> | string {
  const bytes = socket.getsockopt(SOL_TCP, TCP_INFO);
  if (typeof bytes === 'number') return errnoName(bytes) ?? `E${-bytes}`;
  const info = readTcpInfo(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  const fields: Record<string, number> = {};
  for (const { name, key } of tcpInfoLayout.fields) if (told.has(name)) fields[name] = info[key];
  return fields;
}
