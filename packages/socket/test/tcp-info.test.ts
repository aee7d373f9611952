import {
  readTcpInfo,
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
  tcpInfoLayout,
} from '@synos/abi';
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

test.each([
  ['CLOSED', TCP_CLOSE],
  ['LISTEN', TCP_LISTEN],
  ['SYN_SENT', TCP_SYN_SENT],
  ['SYN_RECEIVED', TCP_SYN_RECV],
  ['ESTABLISHED', TCP_ESTABLISHED],
  ['FIN_WAIT_1', TCP_FIN_WAIT1],
  ['FIN_WAIT_2', TCP_FIN_WAIT2],
  ['CLOSE_WAIT', TCP_CLOSE_WAIT],
  ['CLOSING', TCP_CLOSING],
  ['LAST_ACK', TCP_LAST_ACK],
  ['TIME_WAIT', TCP_TIME_WAIT],
] as const)("%s is Linux's state %i", (state, number) => {
  expect(tcpInfoBytes({ ...info, state })[0]).toBe(number);
});
