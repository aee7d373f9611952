import { readTcpInfo, TCP_CLOSE_WAIT, tcpInfoLayout } from '@synos/abi';
import type { TransportInfo } from '@synos/interfaces';
import { expect, test } from 'vitest';
import { tcpInfoBytes } from '../src/tcp-info-bytes.js';

const info: TransportInfo = {
  state: 'CLOSE_WAIT',
  rttMs: 1.5,
  rttVarianceMs: 0.25,
  rtoMs: 203,
  sendMssBytes: 1448,
  receiveMssBytes: 1449,
  congestionWindowBytes: 14_480,
  slowStartThresholdBytes: 28_960,
  sendWindowBytes: 70_001,
  receiveWindowBytes: 70_002,
  sendWindowScale: 3,
  receiveWindowScale: 5,
  timestamps: true,
  sackPermitted: true,
  unacknowledgedSegments: 11,
  retransmits: 300,
  totalRetransmits: 12,
  bytesSent: 2 ** 33 + 1,
  bytesAcknowledged: 2 ** 34 + 2,
  bytesReceived: 2 ** 35 + 3,
  segmentsSent: 13,
  segmentsReceived: 14,
  pathMtuBytes: 1500,
  lastDataSentMs: 15,
  lastDataReceivedMs: 16,
};

test('struct tcp_info lies as the layout of the ABI says', () => {
  const bytes = tcpInfoBytes(info);
  expect(bytes.length).toBe(tcpInfoLayout.size);
  const told = Object.entries(readTcpInfo(new DataView(bytes.buffer), 0)).filter(([, value]) => value !== 0);
  expect(Object.fromEntries(told)).toEqual({
    state: TCP_CLOSE_WAIT,
    retransmits: 255,
    options: 7,
    sndWscale: 3,
    rcvWscale: 5,
    rtoUs: 203_000,
    sndMssBytes: 1448,
    rcvMssBytes: 1449,
    advmssBytes: 1449,
    unacked: 11,
    lastDataSentMs: 15,
    lastDataRecvMs: 16,
    pmtuBytes: 1500,
    rttUs: 1500,
    rttvarUs: 250,
    sndSsthresh: 20,
    sndCwnd: 10,
    rcvSpaceBytes: 70_002,
    totalRetrans: 12,
    bytesAcked: 2 ** 34 + 2,
    bytesReceived: 2 ** 35 + 3,
    bytesSent: 2 ** 33 + 1,
    segsOut: 13,
    segsIn: 14,
    sndWndBytes: 70_001,
  });
});
