import type { TransportProtocol } from '@synos/interfaces';
import { initialOptions } from './endpoint-options.js';
import { Tcp } from './protocol.js';
import type { TcpSettings } from './settings.js';

/**
 * Changes a TCP's settings while it runs, as an administrator does by sysctl. Endpoints that are open keep their buffer
 * sizes, connections what they have negotiated and the timers that run; all else holds from now on.
 *
 * @param transport - made by `createTcp`; another one of the same factory is not changed
 * @param changes - what is to differ from what holds now
 * @throws TypeError when the transport is not
 * @example
 * ```ts
 * configure(transport, { delayedAckMs: 0 });
 * ```
 */
export function configure(transport: TransportProtocol, changes: Partial<TcpSettings>): void {
  if (!(transport instanceof Tcp)) throw new TypeError('configure takes a transport of createTcp');
  const { core } = transport;
  core.settings = { ...core.settings, ...changes };
  core.options = initialOptions(core.settings);
}
