import { comparedOutcome } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import { openNodeEcho } from '../node-net/echo.js';
import { checkCableIsSummed } from '../ours/corruption.js';
import { OurEcho } from '../ours/echo.js';
import { cabledHosts } from '../ours/hosts.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

/** 64 bytes there and back. */
export const roundTrips: Row = roundTripsRow('round_trips', '64-byte round trips over a cable, one at a time', false);

/** The same for whoever starts Node without a word about V8. */
export const roundTripsPlain: Row = roundTripsRow('round_trips_plain', 'the same, V8 as it comes', true);

function roundTripsRow(name: string, title: string, isPlain: boolean): Row {
  return {
    name,
    title,
    unit: '/s',
    marks: { floor: 8, goal: 25 },
    isPlain,
    async run(effort) {
      const ours = new OurEcho(cabledHosts());
      const peer = await openNodeEcho();
      const comparison = await runPairs(ours, peer, pairOptions(effort, { start: 2000, least: 500, most: 2 ** 31 }));
      ours.close();
      await peer.close();
      return comparedOutcome(name, comparison, [checkCableIsSummed()]);
    },
    async profile(goOn) {
      const ours = new OurEcho(cabledHosts());
      const done = await profileRounds(ours, 100_000, goOn);
      ours.close();
      return done;
    },
  };
}
