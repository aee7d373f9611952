import { equal } from '../check.js';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLET, EPOLLIN, POLLIN, POLLNVAL, POLLOUT } from './numbers.js';
import type { AddSocketsCase } from './suite.js';

const some = new Uint8Array(8).fill(0x61);

/** poll and epoll. */
export function addReadinessCases(add: AddSocketsCase): void {
  add('poll(2)', 'what holds is told at once', (program) => {
    const { fd, listener, peer } = program.accepted();
    const entries = [
      { fd, events: POLLIN | POLLOUT },
      { fd: listener, events: POLLIN },
      { fd: -1, events: POLLIN },
      { fd: 77, events: POLLIN },
    ];
    const before = program.done('poll', entries, 0);
    equal(before.value, 2, 'ready');
    equal(before.output.revents?.join(' '), `${POLLOUT} 0 0 ${POLLNVAL}`, 'revents');
    peer.send(some);
    equal(program.done('poll', [{ fd, events: POLLIN }], 1000).output.revents?.join(' '), `${POLLIN}`, 'revents');
  });

  add('poll(2)', 'waits until something holds, or its time is over', (program) => {
    const { target } = program;
    const { fd, peer } = program.accepted();
    const begin = target.now();
    const timed = program.starts('poll', [{ fd, events: POLLIN }], 80);
    const endless = program.starts('poll', [{ fd, events: POLLIN }], -1);
    target.advanceTo(begin + 200);
    equal(program.succeeded(timed, begin + 80).value, 0, 'ready when the time is over');
    program.stillWaits(endless, 'without a limit');
    peer.send(some);
    const { value, output } = program.succeeded(endless, begin + 200);
    equal(value, 1, 'ready');
    equal(output.revents?.join(' '), `${POLLIN}`, 'revents');
  });

  const needs = ['epoll'] as const;
  add(
    'epoll(7)',
    'level-triggered: told as long as it holds',
    (program) => {
      const { fd, peer } = program.accepted();
      const epoll = program.value('epoll_create', 1);
      equal(epoll, fd + 1, 'the descriptor');
      program.value('epoll_ctl', epoll, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: 42 });
      program.fails('EEXIST', 'epoll_ctl', epoll, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: 42 });
      equal(program.value('epoll_wait', epoll, 4, 0), 0, 'before anything came');
      peer.send(some);
      for (let turn = 0; turn < 2; turn += 1) {
        const { value, output } = program.done('epoll_wait', epoll, 4, 0);
        equal(value, 1, 'events');
        equal(output.events?.[0]?.data, 42, 'data');
        equal(output.events?.[0]?.events, EPOLLIN, 'events');
      }
      program.value('recv', fd, 100, 0);
      equal(program.value('epoll_wait', epoll, 4, 0), 0, 'when all is read');
      program.value('epoll_ctl', epoll, EPOLL_CTL_DEL, fd, null);
      program.fails('ENOENT', 'epoll_ctl', epoll, EPOLL_CTL_DEL, fd, null);
    },
    needs,
  );

  add(
    'epoll(7)',
    'edge-triggered: told when something comes',
    (program) => {
      const { fd, peer } = program.accepted();
      const epoll = program.value('epoll_create1', 0);
      program.value('epoll_ctl', epoll, EPOLL_CTL_ADD, fd, { events: EPOLLIN + EPOLLET, data: fd });
      peer.send(some);
      equal(program.value('epoll_wait', epoll, 4, 0), 1, 'after the first');
      equal(program.value('epoll_wait', epoll, 4, 0), 0, 'again');
      peer.send(some);
      equal(program.value('epoll_wait', epoll, 4, 0), 1, 'after the second');
    },
    needs,
  );

  add(
    'epoll_wait(2)',
    'waits until something comes, or its time is over',
    (program) => {
      const { target } = program;
      const { fd, peer } = program.accepted();
      const epoll = program.value('epoll_create1', 0);
      program.value('epoll_ctl', epoll, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: 7 });
      const begin = target.now();
      const timed = program.starts('epoll_wait', epoll, 1, 60);
      target.advanceTo(begin + 100);
      equal(program.succeeded(timed, begin + 60).value, 0, 'events when the time is over');
      const endless = program.starts('epoll_wait', epoll, 1, -1);
      peer.send(some);
      equal(program.succeeded(endless, begin + 100).output.events?.[0]?.data, 7, 'data');
      program.fails('EINVAL', 'epoll_wait', epoll, 0, 0);
      program.fails('EBADF', 'epoll_ctl', epoll, EPOLL_CTL_ADD, 99, { events: EPOLLIN, data: 0 });
      program.fails('EINVAL', 'epoll_wait', fd, 1, 0);
    },
    needs,
  );
}
