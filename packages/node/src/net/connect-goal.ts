import { AF_INET, AF_INET6, errno } from '@synos/abi';
import { isIpv4Mapped } from '@synos/interfaces';
import { block, type Socket as PosixSocket } from '@synos/socket';
import { connectArguments } from './call-arguments.js';
import type { ConnectOptions } from './connect-options.js';
import { invalidArgument, missingPlace, portOf } from './node-errors.js';
import { addressOf } from './resolve.js';

/** Where a `connect` wants to go, checked. */
export interface ConnectGoal {
  readonly options: ConnectOptions;
  readonly listener: (() => void) | undefined;
  /** Of a local socket; then there is no host. */
  readonly path: string | undefined;
  readonly host: string;
  readonly port: number;
  /** `host` is an address and needs no lookup. */
  readonly isNumeric: boolean;
}

/** What has failed, for `networkError`. */
export interface ConnectFailure {
  readonly result: number;
  readonly syscall: 'bind' | 'connect';
  readonly address: string;
  readonly port: number;
}

/** @throws TypeError or RangeError as `connect` of node:net */
export function connectGoal(args: readonly unknown[]): ConnectGoal {
  const { options, listener } = connectArguments(args);
  // Node's agent passes `path: null`.
  const path = options.path || undefined;
  const host = options.host || 'localhost';
  const { lookup, localPort } = options;
  if (path === undefined && options.port == null) throw missingPlace();
  const port = path === undefined ? portOf(options.port, 'Port') : 0;
  if (localPort !== undefined) portOf(localPort, 'options.localPort');
  if (typeof host !== 'string') throw invalidArgument('options.host', 'of type string', host);
  const isNumeric = addressOf(host) !== undefined;
  if (!isNumeric && lookup !== undefined && typeof lookup !== 'function') {
    throw invalidArgument('options.lookup', 'a function', lookup);
  }
  return { options, listener, path, host, port, isNumeric };
}

/** The family of sockets that reach a numeric address. */
export function familyOf(address: string): number {
  const parsed = addressOf(address);
  return parsed === undefined || isIpv4Mapped(parsed) ? AF_INET : AF_INET6;
}

/** Starts the handshake of a fresh socket; tells what fails, or `null`, at once or when its provider has bound it. */
export function beginConnect(
  posix: PosixSocket,
  address: string,
  port: number,
  { localAddress, localPort }: ConnectOptions,
  begun: (failed: ConnectFailure | null) => void,
): void {
  const remote = addressOf(address);
  if (remote === undefined) {
    begun({ result: -errno.EINVAL, syscall: 'connect', address, port });
    return;
  }
  const connect = (): void => {
    const result = posix.connect({ address: remote, port });
    const hasFailed = result < 0 && result !== -errno.EINPROGRESS;
    begun(hasFailed ? { result, syscall: 'connect', address, port } : null);
  };
  if (localAddress === undefined && localPort === undefined) {
    connect();
    return;
  }
  const text = localAddress ?? (isIpv4Mapped(remote) ? '0.0.0.0' : '::');
  const local = addressOf(text);
  const bound = (result: number): void => {
    posix.nonblocking = true;
    if (result === 0) connect();
    else begun({ result, syscall: 'bind', address: text, port: localPort ?? 0 });
  };
  if (local === undefined) {
    bound(-errno.EINVAL);
    return;
  }
  // Blocking while it is set up: some providers bind later.
  posix.nonblocking = false;
  block(posix, { call: 'bind', name: { address: local, port: localPort ?? 0 } }, bound);
}
