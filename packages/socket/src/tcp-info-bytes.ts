import {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
  TCPI_OPT_SACK,
  TCPI_OPT_TIMESTAMPS,
  TCPI_OPT_WSCALE,
  tcpInfoLayout,
  writeTcpInfo,
} from '@synos/abi';
import type { TcpState, TransportInfo } from '@synos/interfaces';

const stateNumbers: Readonly<Record<TcpState, number>> = {
  CLOSED: TCP_CLOSE,
  LISTEN: TCP_LISTEN,
  SYN_SENT: TCP_SYN_SENT,
  SYN_RECEIVED: TCP_SYN_RECV,
  ESTABLISHED: TCP_ESTABLISHED,
  FIN_WAIT_1: TCP_FIN_WAIT1,
  FIN_WAIT_2: TCP_FIN_WAIT2,
  CLOSE_WAIT: TCP_CLOSE_WAIT,
  CLOSING: TCP_CLOSING,
  LAST_ACK: TCP_LAST_ACK,
  TIME_WAIT: TCP_TIME_WAIT,
};

// struct tcp_info counts windows of congestion control in segments; 0x7fffffff is its "no threshold yet".
const infiniteThreshold = 0x7fffffff;

/** `struct tcp_info` of what a stream tells of itself. Fields that no endpoint tells are 0. */
export function tcpInfoBytes(info: TransportInfo): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tcpInfoLayout.size);
  const mss = Math.max(1, info.sendMssBytes);
  const scaled = info.sendWindowScale > 0 || info.receiveWindowScale > 0;
  const threshold = Math.floor(info.slowStartThresholdBytes / mss);
  writeTcpInfo(new DataView(bytes.buffer), 0, {
    state: stateNumbers[info.state],
    retransmits: Math.min(255, info.retransmits),
    options:
      (info.timestamps ? TCPI_OPT_TIMESTAMPS : 0) |
      (info.sackPermitted ? TCPI_OPT_SACK : 0) |
      (scaled ? TCPI_OPT_WSCALE : 0),
    sndWscale: Math.max(0, info.sendWindowScale),
    rcvWscale: Math.max(0, info.receiveWindowScale),
    rtoUs: microseconds(info.rtoMs),
    sndMssBytes: info.sendMssBytes,
    rcvMssBytes: info.receiveMssBytes,
    advmssBytes: info.receiveMssBytes,
    unacked: info.unacknowledgedSegments,
    lastDataSentMs: unsigned(info.lastDataSentMs),
    lastDataRecvMs: unsigned(info.lastDataReceivedMs),
    pmtuBytes: info.pathMtuBytes,
    rttUs: microseconds(info.rttMs),
    rttvarUs: microseconds(info.rttVarianceMs),
    sndSsthresh: Math.min(infiniteThreshold, threshold),
    sndCwnd: Math.floor(info.congestionWindowBytes / mss),
    rcvSpaceBytes: info.receiveWindowBytes,
    totalRetrans: info.totalRetransmits,
    bytesAcked: info.bytesAcknowledged,
    bytesReceived: info.bytesReceived,
    bytesSent: info.bytesSent,
    segsOut: info.segmentsSent,
    segsIn: info.segmentsReceived,
    sndWndBytes: info.sendWindowBytes,
  });
  return bytes;
}

function microseconds(ms: number): number {
  return unsigned(ms * 1000);
}

function unsigned(value: number): number {
  return value > 0 ? Math.min(0xffffffff, Math.round(value)) : 0;
}
