import type { Case } from '../case.js';
import { addDatagramCases } from './datagram.js';
import { CaseList } from './drive.js';
import type { TransportSetup } from './fixture.js';
import { addSharedCases } from './shared.js';
import { addStreamCloseCases } from './stream-close.js';
import { addStreamDataCases } from './stream-data.js';
import { addStreamFaultCases } from './stream-faults.js';
import { addStreamOpenCases } from './stream-open.js';

/**
 * What any `TransportProtocol` must do, over any `NetworkProtocol`: 97 cases for streams, 55 for datagrams.
 * Each runs on a fresh fixture in virtual time. A transport that lacks an ability leaves those cases out with
 * {@link selectCases}.
 *
 * @example
 * ```ts
 * const cases = transportSuite(toyTransportSetup('stream', (host) => createMyTransport(host)));
 * for (const c of cases) test(c.name, c.run);
 * ```
 */
export function transportSuite(setup: TransportSetup): Case[] {
  const list = new CaseList(setup);
  addSharedCases(list, setup.kind);
  if (setup.kind === 'stream') {
    addStreamOpenCases(list);
    addStreamDataCases(list);
    addStreamCloseCases(list);
    addStreamFaultCases(list);
  } else {
    addDatagramCases(list);
  }
  return list.cases;
}
