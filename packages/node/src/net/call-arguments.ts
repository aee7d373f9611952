import type { ConnectOptions } from './connect-options.js';
import type { ListenOptions } from './server.js';

/** Arguments of `connect` in any of node:net's shapes: `(options)`, `(port, host?)`, `(path)`, each with a listener. */
export function connectArguments(args: readonly unknown[]): {
  options: ConnectOptions;
  listener: (() => void) | undefined;
} {
  const [first, second] = args;
  const last = args[args.length - 1];
  const listener = typeof last === 'function' ? (last as () => void) : undefined;
  if (typeof first === 'object' && first !== null) return { options: first as ConnectOptions, listener };
  if (isPath(first)) return { options: { path: first }, listener };
  const port = first as number;
  return { options: typeof second === 'string' ? { port, host: second } : { port }, listener };
}

/** Arguments of `listen`: `(options)`, `(port?, host?, backlog?)`, `(port, backlog)`, `(path)`, each with a listener. */
export function listenArguments(args: readonly unknown[]): {
  options: ListenOptions;
  listener: (() => void) | undefined;
} {
  const last = args[args.length - 1];
  const listener = typeof last === 'function' ? (last as () => void) : undefined;
  const plain = listener ? args.slice(0, -1) : args;
  const [first, second, third] = plain;
  if (typeof first === 'object' && first !== null) return { options: first as ListenOptions, listener };
  if (isPath(first)) return { options: { path: first }, listener };
  const options: { port?: number; host?: string; backlog?: number } = {};
  if (first !== undefined && first !== null) options.port = first as number;
  if (typeof second === 'string') options.host = second;
  const backlog = typeof second === 'number' ? second : third;
  if (typeof backlog === 'number') options.backlog = backlog;
  return { options, listener };
}

/** Node takes a string that is no number for the path of a local socket. */
function isPath(value: unknown): value is string {
  return typeof value === 'string' && !(Number(value) >= 0 && value.trim() !== '');
}
