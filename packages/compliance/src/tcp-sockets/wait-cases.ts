import { check, equal, sameBytes, within } from '../check.js';
import { SO_RCVTIMEO, SO_SNDBUF, SOL_SOCKET, timeval } from './numbers.js';
import type { AddSocketsCase } from './suite.js';

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at & 0xff);

/** Calls that wait, and when they end. */
export function addWaitCases(add: AddSocketsCase): void {
  add('accept(2)', 'accept waits for the end of a handshake', (program) => {
    const { target } = program;
    const { fd: listener, peer } = program.listener(7007);
    const call = program.starts('accept', listener);
    target.advanceTo(target.now() + 100);
    program.stillWaits(call, 'before anybody comes');
    peer.connect();
    const begin = target.now();
    target.advanceTo(begin + 50);
    const { value, output } = program.succeeded(call, begin);
    check(value > listener, `the descriptor ${value} is a new one`);
    equal(output.address?.port, peer.wire.remotePort, 'the port');
    peer.send(text(5));
    equal(program.value('recv', value, 10, 0), 5, 'recv on it');
  });

  add('connect(2)', 'connect waits for the answer', (program) => {
    const { target } = program;
    const fd = program.socket();
    const { call, peer } = program.connecting(fd);
    target.advanceTo(target.now() + 70);
    program.stillWaits(call, 'before the answer');
    peer.synAck();
    equal(program.succeeded(call, target.now()).value, 0, 'connect');
    equal(program.done('getpeername', fd).output.address?.port, 50_000, 'getpeername');
  });

  add('connect(2)', 'connect ends with ECONNREFUSED when a reset comes', (program) => {
    const { target } = program;
    const { call, peer } = program.connecting(program.socket());
    target.advanceTo(target.now() + 30);
    peer.refuse();
    program.failed(call, 'ECONNREFUSED', target.now());
  });

  add('connect(2)', 'connect ends with ETIMEDOUT when nobody answers', (program) => {
    const { target } = program;
    const begin = target.now();
    const { call } = program.connecting(program.socket());
    target.advanceTo(begin + 20_000);
    program.stillWaits(call, 'after 20 s');
    target.advanceTo(begin + 600_000);
    const completion = program.completion(call);
    check(completion !== undefined, 'connect has ended after ten minutes');
    equal(completion.outcome.kind === 'errno' ? completion.outcome.errno : '', 'ETIMEDOUT', 'how');
    within(completion.timeMs, begin + 20_000, begin + 600_000, 'when');
  });

  add('recv(2)', 'recv waits for bytes, and for the end', (program) => {
    const { target } = program;
    const { fd, peer } = program.accepted();
    const first = program.starts('recv', fd, 100, 0);
    target.advanceTo(target.now() + 40);
    peer.send(text(12));
    const begin = target.now();
    target.advanceTo(begin + 1000);
    const { value, output } = program.succeeded(first, begin);
    equal(value, 12, 'recv');
    sameBytes(output.bytes!, text(12), 'recv');
    const second = program.starts('read', fd, 100);
    peer.fin();
    equal(program.succeeded(second, target.now()).value, 0, 'read at the end');
  });

  add('recv(2)', 'recv ends with ECONNRESET when a reset comes', (program) => {
    const { fd, peer } = program.accepted();
    const call = program.starts('recv', fd, 100, 0);
    peer.reset();
    program.failed(call, 'ECONNRESET', program.target.now());
  });

  add('send(2)', 'write waits until all bytes have found room', (program) => {
    const { target } = program;
    const { fd, peer } = program.accepted();
    program.value('setsockopt', fd, SOL_SOCKET, SO_SNDBUF, 20_000);
    const call = program.starts('write', fd, text(200_000));
    let got = 0;
    for (let turn = 0; turn < 1000 && program.target.completions().length === 0; turn += 1) {
      got += peer.take().reduce((sum, { payload }) => sum + payload.length, 0);
      check(got < 200_000, 'write ends when the last bytes have found room, not when they have left');
      peer.ack();
      target.advanceTo(target.now() + 1);
    }
    check(got > 100_000, `${got} bytes had left when write ended`);
    check(call >= 0, 'a call has a number');
  });

  add('SO_RCVTIMEO', 'ends recv and accept at its time', (program) => {
    const { target } = program;
    const { fd, listener } = program.accepted();
    for (const [name, on, ms] of [
      ['recv', fd, 250],
      ['accept', listener, 1250],
    ] as const) {
      program.value('setsockopt', on, SOL_SOCKET, SO_RCVTIMEO, timeval(ms));
      const begin = target.now();
      const call = name === 'recv' ? program.starts(name, on, 10, 0) : program.starts(name, on);
      target.advanceTo(begin + ms - 1);
      program.stillWaits(call, 'a millisecond before');
      target.advanceTo(begin + 5000);
      program.failed(call, 'EAGAIN', begin + ms);
    }
  });

  add('TcpTarget.completions', 'close ends every call that waits with EBADF', (program) => {
    const { target } = program;
    const { fd, listener } = program.accepted();
    const calls = [program.starts('recv', fd, 10, 0), program.starts('read', fd, 10)];
    const accept = program.starts('accept', listener);
    target.advanceTo(target.now() + 10);
    program.value('close', fd);
    for (const call of calls) program.failed(call, 'EBADF', target.now());
    program.stillWaits(accept, 'on another descriptor');
    program.value('close', listener);
    program.failed(accept, 'EBADF', target.now());
  });

  add('TcpTarget.completions', 'each end is told once, under a number of its own', (program) => {
    const { fd, peer } = program.accepted();
    const seen = new Set<number>();
    for (let turn = 0; turn < 5; turn += 1) {
      const call = program.starts('recv', fd, 10, 0);
      check(!seen.has(call), `the number ${call} was used before`);
      seen.add(call);
      peer.send(text(1));
      const told = program.target.completions();
      equal(told.length, 1, 'completions');
      equal(told[0]!.call, call, 'the call that ended');
      equal(program.target.completions().length, 0, 'completions, asked again');
    }
  });

  add('TcpTarget.advanceTo', 'many small steps are as one large step', (program) => {
    const { target } = program;
    const begin = target.now();
    const { fd } = program.accepted();
    program.value('setsockopt', fd, SOL_SOCKET, SO_RCVTIMEO, timeval(100));
    const call = program.starts('recv', fd, 10, 0);
    while (target.now() < begin + 300) {
      const next = Math.min(begin + 300, Math.max(target.nextDeadline(), target.now() + 0.25));
      target.advanceTo(next);
    }
    program.failed(call, 'EAGAIN', begin + 100);
  });
}
