import { check, equal, sameBytes } from '../check.js';
import { FIONREAD, MSG_DONTWAIT, MSG_PEEK, SHUT_WR, SO_ERROR, SOCK_NONBLOCK, SOL_SOCKET } from './numbers.js';
import type { AddSocketsCase } from './suite.js';

const text = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, at) => (first + at) & 0xff);

/** What calls on streams answer at once. */
export function addStreamCases(add: AddSocketsCase): void {
  add('accept(2)', 'accept answers the lowest number and the peer', (program) => {
    const { fd: listener, peer } = program.listener(7007);
    peer.connect();
    const { value, output } = program.done('accept', listener);
    equal(value, listener + 1, 'the descriptor');
    equal(output.address?.address, peer.wire.remoteText, 'the address');
    equal(output.address?.port, peer.wire.remotePort, 'the port');
    const named = program.done('getpeername', value).output.address;
    equal(named?.port, peer.wire.remotePort, 'getpeername');
  });

  add('POSIX.1 §2.10', 'calls on a socket without a connection', (program) => {
    const fd = program.socket();
    program.fails('EINVAL', 'accept', fd);
    program.fails('ENOTCONN', 'recv', fd, 10, 0);
    program.fails('EPIPE', 'send', fd, text(1), 0);
    program.fails('ENOTCONN', 'shutdown', fd, SHUT_WR);
    program.fails('ENOTCONN', 'getpeername', fd);
  });

  add('recv(2)', 'bytes come as they were sent', (program) => {
    const { fd, peer } = program.accepted();
    peer.send(text(10));
    peer.send(text(20, 10));
    equal(program.done('ioctl', fd, FIONREAD).output.argument, 30, 'FIONREAD');
    sameBytes(program.done('recv', fd, 5, MSG_PEEK).output.bytes!, text(5), 'MSG_PEEK');
    sameBytes(program.done('recv', fd, 5, 0).output.bytes!, text(5), 'recv');
    const rest = program.done('read', fd, 1000);
    equal(rest.value, 25, 'the result of read');
    sameBytes(rest.output.bytes!, text(25, 5), 'read');
  });

  add('send(2)', 'bytes go out as they were written', (program) => {
    const { fd, peer } = program.accepted();
    equal(program.value('write', fd, text(100)), 100, 'write');
    equal(program.value('send', fd, text(50, 100), 0), 50, 'send');
    peer.ack();
    const sent = peer.take().flatMap(({ payload }) => Array.from(payload));
    peer.ack();
    sent.push(...peer.take().flatMap(({ payload }) => Array.from(payload)));
    sameBytes(Uint8Array.from(sent), text(150), 'what the peer got');
  });

  add(
    'readv(2)',
    'pieces are sent one after the other and filled one after the other',
    (program) => {
      const { fd, peer } = program.accepted();
      equal(program.value('writev', fd, [text(3), text(0), text(4, 3)]), 7, 'writev');
      equal(program.value('sendmsg', fd, { pieces: [text(2, 7), text(1, 9)] }, 0), 3, 'sendmsg');
      const sent: number[] = [];
      for (let turn = 0; turn < 3; turn += 1) {
        for (const { payload } of peer.take()) sent.push(...payload);
        peer.ack();
      }
      sameBytes(Uint8Array.from(sent), text(10), 'what the peer got');
      peer.send(text(9));
      const read = program.done('readv', fd, [2, 3]);
      equal(read.value, 5, 'readv');
      sameBytes(read.output.bytes!, text(5), 'readv');
      const message = program.done('recvmsg', fd, { pieces: [1, 100] }, 0);
      equal(message.value, 4, 'recvmsg');
      sameBytes(message.output.bytes!, text(4, 5), 'recvmsg');
    },
    ['vectors'],
  );

  add('recv(2)', 'the end is 0, a reset is an error once', (program) => {
    const { fd, peer } = program.accepted();
    peer.send(text(3));
    peer.fin();
    equal(program.value('recv', fd, 10, 0), 3, 'the last bytes');
    equal(program.value('recv', fd, 10, 0), 0, 'the end');
    equal(program.value('recv', fd, 10, 0), 0, 'the end again');
    program.value('close', fd);
    peer.take();
    const other = program.accepted(7008);
    other.peer.reset();
    program.fails('ECONNRESET', 'recv', other.fd, 10, 0);
    program.fails('EPIPE', 'send', other.fd, text(1), 0);
  });

  add('shutdown(2)', 'after SHUT_WR nothing is sent and all is received', (program) => {
    const { fd, peer } = program.accepted();
    equal(program.value('shutdown', fd, SHUT_WR), 0, 'shutdown');
    check(
      peer.take().some(({ flags }) => (flags & 1) !== 0),
      'a FIN goes out',
    );
    program.fails('EPIPE', 'write', fd, text(1));
    peer.ack();
    peer.send(text(4));
    equal(program.value('read', fd, 10), 4, 'read');
  });

  add('O_NONBLOCK', 'a socket that waits for nobody says so', (program) => {
    const { fd: listener, peer } = program.listener(7007, SOCK_NONBLOCK);
    program.fails('EAGAIN', 'accept', listener);
    peer.connect();
    const fd = program.value('accept4', listener, SOCK_NONBLOCK);
    program.fails('EAGAIN', 'recv', fd, 10, 0);
    const blocking = program.accepted(7008);
    program.fails('EAGAIN', 'recv', blocking.fd, 10, MSG_DONTWAIT);
  });

  add('connect(2)', 'a connect that is not waited for', (program) => {
    const fd = program.socket(SOCK_NONBLOCK);
    const { target } = program;
    const name = { address: '192.0.2.77', port: 50_000 };
    program.fails('EINPROGRESS', 'connect', fd, name);
    program.fails('EALREADY', 'connect', fd, name);
    program.fails('EAGAIN', 'recv', fd, 1, 0);
    program.peerOf(fd).synAck();
    equal(program.done('getsockopt', fd, SOL_SOCKET, SO_ERROR).output.option, 0, 'SO_ERROR');
    equal(program.value('connect', fd, name), 0, 'connect, the first time after the end');
    program.fails('EISCONN', 'connect', fd, name);
    const refused = program.socket(SOCK_NONBLOCK);
    program.fails('EINPROGRESS', 'connect', refused, name);
    program.peerOf(refused).refuse();
    const error = program.done('getsockopt', refused, SOL_SOCKET, SO_ERROR).output.option;
    equal(error, 111, 'SO_ERROR of a refused connect (ECONNREFUSED)');
    equal(program.done('getsockopt', refused, SOL_SOCKET, SO_ERROR).output.option, 0, 'SO_ERROR, taken');
    equal(target.completions().length, 0, 'completions of calls that did not wait');
  });
}
