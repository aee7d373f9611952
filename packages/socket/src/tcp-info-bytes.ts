import { TCPI_OPT_SACK, TCPI_OPT_TIMESTAMPS, TCPI_OPT_WSCALE, writeI64 } from '@synos/abi';
import type { TransportInfo } from '@synos/interfaces';

// In the order of Linux's numbers, which begin at 1 (include/net/tcp_states.h).
const states: readonly string[] =
  'ESTABLISHED SYN_SENT SYN_RECEIVED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED CLOSE_WAIT LAST_ACK LISTEN CLOSING'.split(
    ' ',
  );

// struct tcp_info counts windows of congestion control in segments; 0x7fffffff is its "no threshold yet".
const infiniteThreshold = 0x7fffffff;

/** `sizeof(struct tcp_info)` up to `tcpi_snd_wnd`. */
const tcpInfoSize = 232;

/**
 * `struct tcp_info` of what a stream tells of itself. Fields that no endpoint tells are 0. Written by offsets, which a
 * test compares with the layout in the ABI: the table would be most of what a bundle pays for this.
 */
export function tcpInfoBytes(info: TransportInfo): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tcpInfoSize);
  const view = new DataView(bytes.buffer);
  const mss = Math.max(1, info.sendMssBytes);
  const scaled = info.sendWindowScale > 0 || info.receiveWindowScale > 0;
  const threshold = Math.floor(info.slowStartThresholdBytes / mss);
  bytes[0] = states.indexOf(info.state) + 1;
  bytes[2] = Math.min(255, info.retransmits);
  bytes[5] =
    (info.timestamps ? TCPI_OPT_TIMESTAMPS : 0) |
    (info.sackPermitted ? TCPI_OPT_SACK : 0) |
    (scaled ? TCPI_OPT_WSCALE : 0);
  bytes[6] = Math.max(0, info.sendWindowScale) | (Math.max(0, info.receiveWindowScale) << 4);
  const words: readonly (readonly [offset: number, value: number])[] = [
    [8, microseconds(info.rtoMs)],
    [16, info.sendMssBytes],
    [20, info.receiveMssBytes],
    [24, info.unacknowledgedSegments],
    [44, unsigned(info.lastDataSentMs)],
    [52, unsigned(info.lastDataReceivedMs)],
    [60, info.pathMtuBytes],
    [68, microseconds(info.rttMs)],
    [72, microseconds(info.rttVarianceMs)],
    [76, Math.min(infiniteThreshold, threshold)],
    [80, Math.floor(info.congestionWindowBytes / mss)],
    [84, info.receiveMssBytes], // tcpi_advmss
    [96, info.receiveWindowBytes], // tcpi_rcv_space
    [100, info.totalRetransmits],
    [136, info.segmentsSent],
    [140, info.segmentsReceived],
    [228, info.sendWindowBytes],
  ];
  for (const [offset, value] of words) view.setUint32(offset, value, true);
  writeI64(view, 120, info.bytesAcknowledged);
  writeI64(view, 128, info.bytesReceived);
  writeI64(view, 200, info.bytesSent);
  return bytes;
}

function microseconds(ms: number): number {
  return unsigned(ms * 1000);
}

function unsigned(value: number): number {
  return value > 0 ? Math.min(0xffffffff, Math.round(value)) : 0;
}
