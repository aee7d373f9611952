import { runPairs } from '../harness/pairs.js';
import { checkCableIsSummed } from '../ours/corruption.js';
import { cabledHosts } from '../ours/hosts.js';
import { ManyStreams } from '../ours/many-streams.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

const connections = 1000;

/** What many connections at once cost in all: the peer is one connection of our own, in the same run. */
export const connections1000: Row = {
  name: 'connections_1000',
  title: 'bulk over 1,000 connections at once in all, against one connection of ours',
  unit: 'MB/s',
  marks: { floor: 0.7, goal: 0.7 },
  async run(effort) {
    const many = new ManyStreams(cabledHosts(), connections);
    const one = new ManyStreams(cabledHosts(), 1);
    const least = connections * 65_536;
    const comparison = await runPairs(many, one, pairOptions(effort, { start: least, least, most: 2 ** 32 }));
    const { frames, payloadPerSegmentBytes, retransmits } = many.wire!;
    const note =
      `last round of the 1,000: ${frames} frames, ${payloadPerSegmentBytes.toFixed(0)} bytes of payload in each, ` +
      `${retransmits} sent again; every byte compared`;
    many.close();
    one.close();
    const { ours, peer, ratio } = comparison;
    const notes = [checkCableIsSummed(), note];
    return { metric: { ours: ours.median, peer: peer.median, ratio }, comparison, more: {}, notes };
  },
  async profile(goOn, slowness = 1) {
    const many = new ManyStreams(cabledHosts(), connections);
    const bytes = await profileRounds(many, (1 << 28) / slowness, goOn);
    many.close();
    return bytes / (many.wire?.payloadPerSegmentBytes ?? 1);
  },
};
