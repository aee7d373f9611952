import { comparedOutcome } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import { openNodeDatagrams } from '../node-net/datagrams.js';
import { checkDatagramsAreSummed, OurDatagrams } from '../ours/datagrams.js';
import { cabledHosts } from '../ours/hosts.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

/** UDP one way. */
export const udpDatagrams: Row = {
  name: 'udp_datagrams',
  title: 'UDP datagrams of 64 bytes one way over a cable, 64 under way, against node:dgram',
  unit: '/s',
  marks: { floor: 5, goal: 5 },
  async run(effort) {
    const ours = new OurDatagrams(cabledHosts());
    const peer = await openNodeDatagrams();
    const comparison = await runPairs(ours, peer, pairOptions(effort, { start: 5000, least: 500, most: 2 ** 31 }));
    ours.close();
    await peer.close();
    return comparedOutcome('udp_datagrams', comparison, [checkDatagramsAreSummed()]);
  },
  async profile(goOn) {
    const ours = new OurDatagrams(cabledHosts());
    const done = await profileRounds(ours, 200_000, goOn);
    ours.close();
    return done;
  },
};
