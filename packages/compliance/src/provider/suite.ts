import type { SocketKind } from '@synos/interfaces';
import { addBoundCases } from './bound-cases.js';
import { addCloseCases, addHalfCloseCases } from './close-cases.js';
import { addDatagramCases } from './datagram-cases.js';
import { ProviderDrive } from './drive.js';
import { addErrorCases } from './error-cases.js';
import type { ProviderAbility, ProviderCase, ProviderLevel, ProviderSetup } from './fixture.js';
import { addKindCases } from './kind-cases.js';
import { addListenCases } from './listen-cases.js';
import { addOptionCases } from './option-cases.js';
import { addPendingCases } from './pending-cases.js';
import { addReadinessCases } from './readiness-cases.js';
import { addStreamCases } from './stream-cases.js';

/** Options of {@link socketProviderSuite}. */
export interface ProviderSuiteOptions {
  /** The domain of the sockets that cases open, `inet` by default; the fixture's addresses must be of it. */
  readonly domain?: SocketKind['domain'];
}

/** How a case is added: its body runs on a fixture of its own. */
export type AddProviderCase = (
  clause: string,
  name: string,
  body: (drive: ProviderDrive) => void | Promise<void>,
  needs?: readonly ProviderAbility[],
) => void;

/**
 * What any `SocketProvider` must do, in virtual or in real time, in eleven levels from the kinds of sockets to bounds
 * under load. What a provider lacks is left out with {@link selectCases}, which says so; that it lacks no more and no
 * less than it says is a case itself.
 *
 * @example
 * ```ts
 * const { cases, leftOut } = selectCases(socketProviderSuite(setup), provider.lacks);
 * for (const c of cases) test(c.name, c.run);
 * for (const { name, reason } of leftOut) console.log(`${name}: ${reason}`);
 * ```
 */
export function socketProviderSuite(setup: ProviderSetup, options: ProviderSuiteOptions = {}): ProviderCase[] {
  const { domain = 'inet' } = options;
  const cases: ProviderCase[] = [];
  const at =
    (level: ProviderLevel, always: readonly ProviderAbility[]): AddProviderCase =>
    (clause, name, body, needs = []) => {
      const run = async (): Promise<void> => {
        const fixture = await setup();
        try {
          await body(new ProviderDrive(fixture, domain));
        } finally {
          await fixture.dispose();
        }
      };
      cases.push({ level, name: `${level}: ${name}`, clause, needs: [...always, ...needs], run });
    };
  addKindCases(at('kinds', []));
  addStreamCases(at('streams', ['stream', 'listen']));
  addListenCases(at('listen', ['stream', 'listen']));
  addHalfCloseCases(at('half-close', ['stream', 'listen', 'half-close']));
  addCloseCases(at('close', ['stream', 'listen']));
  addErrorCases(at('errors', ['stream']));
  addOptionCases(at('options', []));
  addDatagramCases(at('datagrams', ['datagram']));
  addReadinessCases(at('readiness', ['stream', 'listen']));
  addPendingCases(at('pending', ['pending']));
  addBoundCases(at('bounds', []));
  return cases;
}
