import { describe, expect, test } from 'vitest';
import { selectCases, tableTcb, tcpModel, tcpModelTable, tcpStateSuite, tcpStates } from '../src/index.js';
import { firstFailure } from './reference/first-failure.js';
import { failureOf, tcpKillers } from './reference/killers.js';
import { createSimpleTcp, tcpBugs } from './reference/simple-tcp.js';

describe('the table of RFC 9293 §3.10.7', () => {
  const table = tcpModelTable();

  test('has every state, and something to expect in every cell', () => {
    expect(new Set(table.map((cell) => cell.state))).toEqual(new Set(tcpStates));
    expect(table.length).toBe(11 * 9 * (7 * 6 + 8));
    expect(table.every((cell) => cell.outcomes.length > 0)).toBe(true);
    expect(table.every((cell) => cell.outcomes.every((outcome) => outcome.replies.length > 0))).toBe(true);
  });

  test('knows no way that figure 5 does not have', () => {
    const ways = new Set<string>();
    for (const { state, outcomes } of table) {
      for (const outcome of outcomes) if (outcome.state !== state) ways.add(`${state} > ${outcome.state}`);
    }
    expect([...ways].sort()).toEqual(
      [
        'LISTEN > SYN_RECEIVED',
        'SYN_SENT > SYN_RECEIVED',
        'SYN_SENT > ESTABLISHED',
        'SYN_SENT > CLOSED',
        'SYN_RECEIVED > ESTABLISHED',
        'SYN_RECEIVED > CLOSE_WAIT',
        'SYN_RECEIVED > CLOSED',
        'ESTABLISHED > CLOSE_WAIT',
        'ESTABLISHED > CLOSED',
        'FIN_WAIT_1 > FIN_WAIT_2',
        'FIN_WAIT_1 > CLOSING',
        'FIN_WAIT_1 > TIME_WAIT',
        'FIN_WAIT_1 > CLOSED',
        'FIN_WAIT_2 > TIME_WAIT',
        'FIN_WAIT_2 > CLOSED',
        'CLOSE_WAIT > CLOSED',
        'CLOSING > TIME_WAIT',
        'CLOSING > CLOSED',
        'LAST_ACK > CLOSED',
        'TIME_WAIT > CLOSED',
      ].sort(),
    );
  });

  test('no reset ever answers a reset, nor any segment a reset that is out of the window', () => {
    for (const { flags, outcomes } of table) {
      if (!flags.rst) continue;
      for (const outcome of outcomes) expect(outcome.replies.some((reply) => reply.kind === 'rst')).toBe(false);
    }
  });

  test('is the same wherever the sequence numbers lie', () => {
    const segment = { syn: false, ack: true, fin: true, rst: false, textBytes: 3 };
    for (const shift of [0, 0x7fffffff, -0x80000000, 0xfffffffe]) {
      const tcb = tableTcb('FIN_WAIT_1');
      const moved = { ...tcb, rcvNxt: (tcb.rcvNxt + shift) | 0, sndUna: (tcb.sndUna + shift) | 0 };
      const sndNxt = (tcb.sndNxt + shift) | 0;
      const [outcome] = tcpModel({ ...moved, sndNxt }, { ...segment, sequence: moved.rcvNxt, acknowledgment: sndNxt });
      expect(outcome).toMatchObject({ state: 'TIME_WAIT', textBytes: 3, finTaken: true });
    }
  });
});

describe('the state suite over a TCP written apart from the model', () => {
  const cases = tcpStateSuite(() => createSimpleTcp());
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);

  test('names are distinct, each with a clause', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    expect(cases.every((each) => /^(RFC \d|TcpTarget\.)/.test(each.clause))).toBe(true);
  });
});

describe('the state suite by the wire alone', () => {
  const isLong = process.env.SYNOS_LONG !== undefined;
  const isShort = (name: string) => !name.includes('at every window') || /: (RST|FIN ACK text) at/.test(name);

  test('holds without a look inside', async () => {
    const cases = tcpStateSuite(() => createSimpleTcp(undefined, false));
    expect(await firstFailure(isLong ? cases : cases.filter((c) => isShort(c.name)))).toBeUndefined();
  });

  test.each([
    'a reset anywhere in the window kills',
    'LAST_ACK never ends',
    'FIN is taken too early',
    'no text in FIN_WAIT_2',
  ] as const)('finds all the same: %s', async (bug) => {
    expect(await firstFailure(tcpStateSuite(() => createSimpleTcp(bug, false)))).toBeDefined();
  });
});

// How the suite can fail: each of these bugs must be seen by some case.
describe('the state suite kills', () => {
  for (const bug of tcpBugs) {
    test(bug, async () => {
      const cases = tcpStateSuite(() => createSimpleTcp(bug));
      expect(await failureOf(cases, tcpKillers[bug]!)).toBeInstanceOf(Error);
    });
  }
});

describe('selectCases', () => {
  test('leaves out what is lacking, and says why', () => {
    const { cases, leftOut } = selectCases(
      tcpStateSuite(() => createSimpleTcp()),
      ['timestamps'],
    );
    expect(leftOut.length).toBe(6);
    expect(leftOut[0]!.reason).toBe('lacks timestamps');
    expect(cases.some((each) => each.needs.includes('timestamps'))).toBe(false);
  });
});
