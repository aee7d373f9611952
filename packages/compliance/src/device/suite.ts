import type { Case } from '../case.js';
import { DeviceDrive } from './drive.js';
import type { DeviceAbility, DeviceFixture } from './fixture.js';
import { addLifeCases, addListenerCases, addQueueCases } from './queue-cases.js';
import { addDescriptionCases, addTransferCases } from './transfer-cases.js';

/**
 * What any `NetDevice` must do: 30 cases. Each runs on a fresh fixture, in virtual time or in the host's.
 *
 * @example
 * ```ts
 * const cases = netDeviceSuite(() => {
 *   const [a, b] = createCable({ packets });
 *   return { a, b, packets, pools: [packets], run() {}, dispose() { a.close(); b.close(); } };
 * });
 * for (const c of cases) test(c.name, c.run);
 * ```
 */
export function netDeviceSuite(setup: () => DeviceFixture | Promise<DeviceFixture>): Case[] {
  const cases: Case[] = [];
  const add = (
    clause: string,
    name: string,
    body: (t: DeviceDrive) => void | Promise<void>,
    needs: readonly DeviceAbility[] = [],
  ): void => {
    const run = async (): Promise<void> => {
      const fixture = await setup();
      try {
        await body(new DeviceDrive(fixture));
      } finally {
        await fixture.dispose();
      }
    };
    cases.push({ name, clause, needs, run });
  };
  addDescriptionCases(add);
  addTransferCases(add);
  addQueueCases(add);
  addListenerCases(add);
  addLifeCases(add);
  return cases;
}
