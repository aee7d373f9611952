import { comparedOutcome } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import { openNodeConnections } from '../node-net/connections.js';
import { OurConnections } from '../ours/connections.js';
import { checkCableIsSummed } from '../ours/corruption.js';
import { cabledHosts } from '../ours/hosts.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

const concurrency = 32;
/** Linux keeps 131,072 flows in TIME-WAIT at most, and skips the state beyond: warm-up and all rounds stay below. */
const linuxTimeWaits = 110_000;

/** Connect, a byte each way, close. */
export const connections: Row = {
  name: 'connections',
  title: 'connections (connect, 1 byte each way, close) over a cable',
  unit: '/s',
  marks: { floor: 5, goal: 25 },
  async run(effort) {
    const most = Math.min(20_000, Math.floor(linuxTimeWaits / (effort.pairs + 2)));
    const amount = effort.isQuick ? 500 : most;
    const ours = new OurConnections(cabledHosts(), concurrency);
    const peer = openNodeConnections(concurrency);
    const options = pairOptions(effort, { start: amount, least: amount, most: amount });
    const comparison = await runPairs(ours, peer, { ...options, warmUpSeconds: 0.5 });
    const notes = [...ours.notes(), ...(peer.notes?.() ?? [])];
    ours.close();
    await peer.close();
    return comparedOutcome('connections', comparison, [checkCableIsSummed(), ...notes]);
  },
  async profile(goOn) {
    const ours = new OurConnections(cabledHosts(), concurrency);
    const done = await profileRounds(ours, 10_000, goOn);
    ours.close();
    return done;
  },
};
