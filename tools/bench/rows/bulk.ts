import { comparedOutcome } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import { openNodeBulk } from '../node-net/bulk.js';
import { OurBulk } from '../ours/bulk.js';
import { checkCableIsSummed, checkHashSees } from '../ours/corruption.js';
import { cabledHosts, type Hosts, loopbackHosts } from '../ours/hosts.js';
import { profileRounds } from './profile-rounds.js';
import { type Effort, pairOptions, type Row } from './row.js';

/** A round that is profiled, where nothing slows the program down: its end, which waits for a delayed ACK, is little of it. */
const profiledBytes = 1 << 30;
const amounts = { start: 16 << 20, least: 1 << 20, most: 2 ** 32 };

/** A stream at MTU 1,500 with checksums in software. */
export const bulk1500: Row = bulkRow(
  'bulk_1500',
  'bulk over a cable, MTU 1500, checksums in software',
  { floor: 0.5, goal: 1.2 },
  cabledHosts,
  checkCableIsSummed,
);

/** A stream over a loopback device with offload. */
export const bulkLoopback: Row = bulkRow(
  'bulk_loopback',
  'bulk over loopback with offload (64 KB segments)',
  { floor: 1.0, goal: 2.5 },
  loopbackHosts,
  checkHashSees,
);

function bulkRow(
  name: string,
  title: string,
  marks: { floor: number; goal: number },
  makeHosts: () => Hosts,
  checkHonesty: () => string,
): Row {
  return {
    name,
    title,
    unit: 'MB/s',
    marks,
    async run(effort: Effort) {
      const ours = new OurBulk(makeHosts());
      const peer = await openNodeBulk();
      const comparison = await runPairs(ours, peer, pairOptions(effort, amounts));
      const notes = ours.notes();
      ours.close();
      await peer.close();
      return comparedOutcome(name, comparison, [checkHonesty(), ...notes]);
    },
    async profile(goOn, slowness = 1) {
      const ours = new OurBulk(makeHosts());
      const bytes = await profileRounds(ours, profiledBytes / slowness, goOn);
      ours.close();
      return bytes / ((ours.wire?.payloadPerSegmentBytes ?? 0) || 1);
    },
  };
}
