import { check, equal } from '../check.js';
import { tcpiState } from './numbers.js';
import type { Program } from './program.js';
import type { AddSocketsCase } from './suite.js';

/** Knobs, TCP_INFO and the list of connections. */
export function addViewCases(add: AddSocketsCase): void {
  add('TcpTarget.configure', 'a knob that is not there is told', (program) => {
    for (const knob of ['net.example.no_such_knob', '', 'toString', '__proto__']) {
      equal(program.target.configure(knob, 1), 'unknown', `'${knob}'`);
    }
  });

  add('TcpTarget.tcpInfo', 'tells the state, and more as it goes', (program) => {
    const { target } = program;
    const { fd, listener, peer } = program.accepted();
    equal(field(program, listener, 'tcpi_state'), tcpiState.LISTEN, 'state of the listener');
    equal(field(program, fd, 'tcpi_state'), tcpiState.ESTABLISHED, 'state of the connection');
    const info = target.tcpInfo(fd);
    check(typeof info !== 'string', 'tcpInfo answers fields');
    for (const [name, value] of Object.entries(info)) {
      check(/^tcpi_[a-z_]+$/.test(name), `'${name}' is a field of struct tcp_info`);
      check(Number.isFinite(value) && value >= 0, `${name} is ${value}`);
    }
    if (info.tcpi_snd_mss !== undefined) check(info.tcpi_snd_mss <= 1460, `tcpi_snd_mss is ${info.tcpi_snd_mss}`);
    program.value('write', fd, new Uint8Array(10));
    if (info.tcpi_unacked !== undefined) equal(field(program, fd, 'tcpi_unacked'), 1, 'tcpi_unacked');
    peer.take();
    peer.ack();
    if (info.tcpi_unacked !== undefined) equal(field(program, fd, 'tcpi_unacked'), 0, 'tcpi_unacked');
    peer.fin();
    equal(field(program, fd, 'tcpi_state'), tcpiState.CLOSE_WAIT, 'state after a FIN');
    equal(target.tcpInfo(99), 'EBADF', 'tcpInfo of what is not open');
  });

  add('TcpTarget.connections', 'lists listeners and connections with their states', (program) => {
    equal(states(program), '', 'at first');
    const { fd, listener, peer } = program.accepted();
    equal(states(program), 'ESTABLISHED LISTEN', 'with a connection');
    const view = program.target.connections().find(({ state }) => state === 'ESTABLISHED')!;
    equal(view.localAddress, program.target.localAddress, 'localAddress');
    equal(view.localPort, 7007, 'localPort');
    equal(view.remoteAddress, peer.wire.remoteText, 'remoteAddress');
    equal(view.remotePort, peer.wire.remotePort, 'remotePort');
    const { remotePort } = program.target.connections().find(({ state }) => state === 'LISTEN')!;
    equal(remotePort, undefined, "a listener's remotePort");
    program.value('close', listener);
    program.value('close', fd);
    equal(states(program), 'FIN_WAIT_1', 'after both were closed');
    peer.take();
    peer.ack();
    equal(states(program), 'FIN_WAIT_2', 'after the FIN was acknowledged');
    peer.reset();
    equal(states(program), '', 'after a reset');
  });

  add('TcpTarget.connections', 'a listener on every address says 0.0.0.0', (program) => {
    const fd = program.socket();
    program.value('bind', fd, { address: '0.0.0.0', port: 7007 });
    program.value('listen', fd, 1);
    equal(program.target.connections()[0]?.localAddress, '0.0.0.0', 'localAddress');
    equal(program.done('getsockname', fd).output.address?.address, '0.0.0.0', 'getsockname');
  });

  add('TcpTarget.connections', 'lists what nobody has accepted', (program) => {
    const { peer } = program.listener(7007);
    peer.wire.deliver({ syn: true, sequence: 900, options: { mssBytes: 1460 } });
    peer.wire.take();
    equal(states(program), 'LISTEN SYN_RECEIVED', 'half open');
  });
}

function states(program: Program): string {
  const all = program.target.connections().map(({ state }) => state);
  return all.sort().join(' ');
}

function field(program: Program, fd: number, name: string): number | undefined {
  const info = program.target.tcpInfo(fd);
  return typeof info === 'string' ? undefined : info[name];
}
