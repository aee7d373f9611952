import { type Layout, readLayout, writeLayout } from './layout.js';

/**
 * `struct tcp_info` as Linux 5.4 to 6.1 has it, `tcpi_snd_wnd` being its last field: include/uapi/linux/tcp.h. Later
 * kernels append fields (`tcpi_rcv_wnd`, `tcpi_rehash`, `tcpi_total_rto`, …) and never move one; getsockopt(TCP_INFO)
 * returns as many bytes as the caller asked for and the kernel has, so that a program looks at the length.
 */
export const tcpInfoLayout = {
  name: 'struct tcp_info',
  size: 232,
  align: 8,
  fields: [
    { name: 'tcpi_state', key: 'state', offset: 0, size: 1, type: 'u8' },
    { name: 'tcpi_ca_state', key: 'caState', offset: 1, size: 1, type: 'u8' },
    { name: 'tcpi_retransmits', key: 'retransmits', offset: 2, size: 1, type: 'u8' },
    { name: 'tcpi_probes', key: 'probes', offset: 3, size: 1, type: 'u8' },
    { name: 'tcpi_backoff', key: 'backoff', offset: 4, size: 1, type: 'u8' },
    { name: 'tcpi_options', key: 'options', offset: 5, size: 1, type: 'u8' },
    { name: 'tcpi_snd_wscale', key: 'sndWscale', offset: 6, size: 1, type: 'u8', bits: { shift: 0, width: 4 } },
    { name: 'tcpi_rcv_wscale', key: 'rcvWscale', offset: 6, size: 1, type: 'u8', bits: { shift: 4, width: 4 } },
    {
      name: 'tcpi_delivery_rate_app_limited',
      key: 'deliveryRateAppLimited',
      offset: 7,
      size: 1,
      type: 'u8',
      bits: { shift: 0, width: 1 },
    },
    {
      name: 'tcpi_fastopen_client_fail',
      key: 'fastopenClientFail',
      offset: 7,
      size: 1,
      type: 'u8',
      bits: { shift: 1, width: 2 },
    },
    { name: 'tcpi_rto', key: 'rtoUs', offset: 8, size: 4, type: 'u32' },
    { name: 'tcpi_ato', key: 'atoUs', offset: 12, size: 4, type: 'u32' },
    { name: 'tcpi_snd_mss', key: 'sndMssBytes', offset: 16, size: 4, type: 'u32' },
    { name: 'tcpi_rcv_mss', key: 'rcvMssBytes', offset: 20, size: 4, type: 'u32' },
    { name: 'tcpi_unacked', key: 'unacked', offset: 24, size: 4, type: 'u32' },
    { name: 'tcpi_sacked', key: 'sacked', offset: 28, size: 4, type: 'u32' },
    { name: 'tcpi_lost', key: 'lost', offset: 32, size: 4, type: 'u32' },
    { name: 'tcpi_retrans', key: 'retrans', offset: 36, size: 4, type: 'u32' },
    { name: 'tcpi_fackets', key: 'fackets', offset: 40, size: 4, type: 'u32' },
    { name: 'tcpi_last_data_sent', key: 'lastDataSentMs', offset: 44, size: 4, type: 'u32' },
    { name: 'tcpi_last_ack_sent', key: 'lastAckSentMs', offset: 48, size: 4, type: 'u32' },
    { name: 'tcpi_last_data_recv', key: 'lastDataRecvMs', offset: 52, size: 4, type: 'u32' },
    { name: 'tcpi_last_ack_recv', key: 'lastAckRecvMs', offset: 56, size: 4, type: 'u32' },
    { name: 'tcpi_pmtu', key: 'pmtuBytes', offset: 60, size: 4, type: 'u32' },
    { name: 'tcpi_rcv_ssthresh', key: 'rcvSsthreshBytes', offset: 64, size: 4, type: 'u32' },
    { name: 'tcpi_rtt', key: 'rttUs', offset: 68, size: 4, type: 'u32' },
    { name: 'tcpi_rttvar', key: 'rttvarUs', offset: 72, size: 4, type: 'u32' },
    { name: 'tcpi_snd_ssthresh', key: 'sndSsthresh', offset: 76, size: 4, type: 'u32' },
    { name: 'tcpi_snd_cwnd', key: 'sndCwnd', offset: 80, size: 4, type: 'u32' },
    { name: 'tcpi_advmss', key: 'advmssBytes', offset: 84, size: 4, type: 'u32' },
    { name: 'tcpi_reordering', key: 'reordering', offset: 88, size: 4, type: 'u32' },
    { name: 'tcpi_rcv_rtt', key: 'rcvRttUs', offset: 92, size: 4, type: 'u32' },
    { name: 'tcpi_rcv_space', key: 'rcvSpaceBytes', offset: 96, size: 4, type: 'u32' },
    { name: 'tcpi_total_retrans', key: 'totalRetrans', offset: 100, size: 4, type: 'u32' },
    { name: 'tcpi_pacing_rate', key: 'pacingRateBytesPerSecond', offset: 104, size: 8, type: 'u64' },
    { name: 'tcpi_max_pacing_rate', key: 'maxPacingRateBytesPerSecond', offset: 112, size: 8, type: 'u64' },
    { name: 'tcpi_bytes_acked', key: 'bytesAcked', offset: 120, size: 8, type: 'u64' },
    { name: 'tcpi_bytes_received', key: 'bytesReceived', offset: 128, size: 8, type: 'u64' },
    { name: 'tcpi_segs_out', key: 'segsOut', offset: 136, size: 4, type: 'u32' },
    { name: 'tcpi_segs_in', key: 'segsIn', offset: 140, size: 4, type: 'u32' },
    { name: 'tcpi_notsent_bytes', key: 'notsentBytes', offset: 144, size: 4, type: 'u32' },
    { name: 'tcpi_min_rtt', key: 'minRttUs', offset: 148, size: 4, type: 'u32' },
    { name: 'tcpi_data_segs_in', key: 'dataSegsIn', offset: 152, size: 4, type: 'u32' },
    { name: 'tcpi_data_segs_out', key: 'dataSegsOut', offset: 156, size: 4, type: 'u32' },
    { name: 'tcpi_delivery_rate', key: 'deliveryRateBytesPerSecond', offset: 160, size: 8, type: 'u64' },
    { name: 'tcpi_busy_time', key: 'busyTimeUs', offset: 168, size: 8, type: 'u64' },
    { name: 'tcpi_rwnd_limited', key: 'rwndLimitedUs', offset: 176, size: 8, type: 'u64' },
    { name: 'tcpi_sndbuf_limited', key: 'sndbufLimitedUs', offset: 184, size: 8, type: 'u64' },
    { name: 'tcpi_delivered', key: 'delivered', offset: 192, size: 4, type: 'u32' },
    { name: 'tcpi_delivered_ce', key: 'deliveredCe', offset: 196, size: 4, type: 'u32' },
    { name: 'tcpi_bytes_sent', key: 'bytesSent', offset: 200, size: 8, type: 'u64' },
    { name: 'tcpi_bytes_retrans', key: 'bytesRetrans', offset: 208, size: 8, type: 'u64' },
    { name: 'tcpi_dsack_dups', key: 'dsackDups', offset: 216, size: 4, type: 'u32' },
    { name: 'tcpi_reord_seen', key: 'reordSeen', offset: 220, size: 4, type: 'u32' },
    { name: 'tcpi_rcv_ooopack', key: 'rcvOoopack', offset: 224, size: 4, type: 'u32' },
    { name: 'tcpi_snd_wnd', key: 'sndWndBytes', offset: 228, size: 4, type: 'u32' },
  ],
} as const satisfies Layout;

/** What TCP_INFO tells about a connection. Counters are unsigned; 64-bit ones are exact below 2^53. */
export interface TcpInfo {
  /** Connection state, `TCP_ESTABLISHED` to `TCP_CLOSING`. */
  state: number;
  /** Congestion state, `TCP_CA_*`. */
  caState: number;
  /** Retransmissions of the first unacknowledged segment by timeout, in a row. */
  retransmits: number;
  /** Unanswered zero-window or keepalive probes. */
  probes: number;
  /** Exponent of the timer's back-off. */
  backoff: number;
  /** `TCPI_OPT_*`. */
  options: number;
  /** Window scale that the peer announced, 0 to 14 (4 bits). */
  sndWscale: number;
  /** Window scale that we announced, 0 to 14 (4 bits). */
  rcvWscale: number;
  /** 1 if the delivery rate was limited by the application (1 bit). */
  deliveryRateAppLimited: number;
  /** Why Fast Open failed (2 bits). */
  fastopenClientFail: number;
  /** Retransmission timeout. */
  rtoUs: number;
  /** Delay of acknowledgements. */
  atoUs: number;
  /** Largest segment to send. */
  sndMssBytes: number;
  /** Size of segments received, as far as known. */
  rcvMssBytes: number;
  /** Segments sent and not acknowledged; of a listener, connections waiting for accept. */
  unacked: number;
  /** Segments selectively acknowledged; of a listener, its backlog. */
  sacked: number;
  /** Segments thought lost. */
  lost: number;
  /** Segments retransmitted and not acknowledged. */
  retrans: number;
  /** 0 since Linux 4.15. */
  fackets: number;
  /** Since data was last sent. */
  lastDataSentMs: number;
  /** Always 0: Linux does not remember it. */
  lastAckSentMs: number;
  /** Since data last came. */
  lastDataRecvMs: number;
  /** Since an acknowledgement last came. */
  lastAckRecvMs: number;
  /** Path MTU. */
  pmtuBytes: number;
  /** Limit of the advertised window's growth. */
  rcvSsthreshBytes: number;
  /** Smoothed round-trip time. */
  rttUs: number;
  /** Variation of the round-trip time. */
  rttvarUs: number;
  /** Slow-start threshold in segments. */
  sndSsthresh: number;
  /** Congestion window in segments. */
  sndCwnd: number;
  /** MSS that we announced. */
  advmssBytes: number;
  /** Segments by which the path is thought to reorder. */
  reordering: number;
  /** Round-trip time as the receiver sees it. */
  rcvRttUs: number;
  /** Data that the application reads in a round-trip time. */
  rcvSpaceBytes: number;
  /** Segments retransmitted in all. */
  totalRetrans: number;
  /** Pacing rate; 2^64 - 1, read as 2^64, for none. */
  pacingRateBytesPerSecond: number;
  /** Its limit; 2^64 - 1, read as 2^64, for none. */
  maxPacingRateBytesPerSecond: number;
  /** Bytes that the peer acknowledged. */
  bytesAcked: number;
  /** Bytes received in order. */
  bytesReceived: number;
  /** Segments sent. */
  segsOut: number;
  /** Segments received. */
  segsIn: number;
  /** Bytes written and not sent yet. */
  notsentBytes: number;
  /** Smallest round-trip time of late. */
  minRttUs: number;
  /** Segments with data received. */
  dataSegsIn: number;
  /** Segments with data sent. */
  dataSegsOut: number;
  /** Rate at which data arrives at the peer. */
  deliveryRateBytesPerSecond: number;
  /** Time with data under way. */
  busyTimeUs: number;
  /** Time limited by the receive window. */
  rwndLimitedUs: number;
  /** Time limited by the send buffer. */
  sndbufLimitedUs: number;
  /** Segments delivered, retransmitted ones included. */
  delivered: number;
  /** Those of them with a congestion mark. */
  deliveredCe: number;
  /** Bytes sent, retransmitted ones included. */
  bytesSent: number;
  /** Bytes retransmitted. */
  bytesRetrans: number;
  /** Duplicates that the peer reported (RFC 2883). */
  dsackDups: number;
  /** Reordering events seen. */
  reordSeen: number;
  /** Segments received out of order. */
  rcvOoopack: number;
  /** Window that the peer advertises, scaled. */
  sndWndBytes: number;
}

/**
 * Reads a `struct tcp_info`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the 232 bytes
 */
export function readTcpInfo(view: DataView, offset: number): TcpInfo {
  return readLayout(tcpInfoLayout, view, offset);
}

/**
 * Writes a `struct tcp_info`. Fields that are not given become 0, as Linux leaves what it does not know.
 *
 * @throws RangeError when the view does not hold the 232 bytes; nothing is written then
 */
export function writeTcpInfo(view: DataView, offset: number, info: Readonly<Partial<TcpInfo>>): void {
  writeLayout(tcpInfoLayout, view, offset, info);
}
