import type { Step } from './calls-script.js';

/** What is done, and what the last of it answers, as Linux does. */
export type Row = readonly [what: string, expected: string | number, ...steps: Step[]];

export const tcp: Step = ['socket', 2, 1 | 0o4000, 0];
export const blockingTcp: Step = ['socket', 2, 1, 0];
export const udp: Step = ['socket', 2, 2 | 0o4000, 0];
export const any: Step = ['bind', { of: 0 }, { bytes: [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0] }, 16];
export const listen: Step = ['listen', { of: 0 }, 4];
export const nil: Step = ['open', { text: '/dev/null' }, 2, 0];
export const epoll: Step = ['epoll_create1', 0];
export const bad = { bad: 'nowhere' } as const;
export const kernel = { bad: 'kernel' } as const;
export const readOnly = { bad: 'read-only' } as const;
export const first = { of: 0 } as const;
export const second = { of: 1 } as const;
export const room = { room: 16 } as const;
/** A listener (3), a client (4) that is connected to it, what was accepted (5). Steps 0 to 5. */
export const pair: Step[] = [
  blockingTcp,
  any,
  listen,
  blockingTcp,
  ['connect', { of: 3 }, { nameOf: 0 }, 16],
  ['accept4', { of: 0 }, 0, 0, 0o4000],
];
export const client = { of: 3 } as const;
export const server = { of: 5 } as const;
/** Two datagram sockets; the second knows the first. Steps 0 to 3. */
export const datagrams: Step[] = [udp, any, udp, ['connect', { of: 2 }, { nameOf: 0 }, 16]];
export const sendsTo = { of: 2 } as const;
export const NEGATIVE = '-1';
