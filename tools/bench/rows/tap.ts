import { toolPath } from '../../linux/needs.js';
import { comparedOutcome } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import { type Direction, openTapBulk, openVethBulk } from '../tap/tap-bulk.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

const amounts = { start: 4 << 20, least: 1 << 20, most: 2 ** 32 };

/** Our stack and Linux's, against Linux's and Linux's. */
export const tapRows: readonly Row[] = [
  tapRow('tap_offload', 'bulk to Linux over TAP with offload, against Linux to Linux over veth', true, 'send', 0.5),
  tapRow('tap_offload_receive', 'the same from Linux', true, 'receive', 0.5),
  tapRow('tap_plain', 'bulk to Linux over TAP without offload', false, 'send', null),
  tapRow('tap_plain_receive', 'the same from Linux', false, 'receive', null),
];

function tapRow(name: string, title: string, offload: boolean, direction: Direction, goal: number | null): Row {
  return {
    name,
    title,
    unit: 'MB/s',
    marks: goal === null ? null : { floor: goal / 2, goal },
    unable() {
      if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root';
      return toolPath('ip') === undefined ? 'needs iproute2' : undefined;
    },
    async run(effort) {
      const ours = await openTapBulk(offload, direction);
      const peer = await openVethBulk();
      try {
        const comparison = await runPairs(ours, peer, pairOptions(effort, amounts));
        const { metric } = comparedOutcome(name, comparison, []);
        const { lowest, highest } = comparison.pairRatios;
        const notes = [`ratios of neighbours ${lowest.toFixed(2)} to ${highest.toFixed(2)}`, ...(ours.notes?.() ?? [])];
        // Most of the work is done by other processes: this one's CPU time says nothing.
        return { metric, comparison: null, more: {}, notes };
      } finally {
        await ours.close();
        await peer.close();
      }
    },
    async profile(goOn) {
      const ours = await openTapBulk(offload, direction);
      const bytes = await profileRounds(ours, 64 << 20, goOn);
      await ours.close();
      return bytes / 65_536;
    },
  };
}
