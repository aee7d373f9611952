import { duplexBulk } from '../faces/duplex-bulk.js';
import { httpLoad } from '../faces/http-load.js';
import { nodeDuplexPair, nodeHttp, nodeWebPair } from '../faces/node.js';
import { ourDuplexPair, ourHttp, ourWebPair } from '../faces/ours.js';
import { webBulk } from '../faces/web-bulk.js';
import { chunkBytes } from '../harness/content.js';
import { comparedOutcome, type RowHead } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import type { Side } from '../harness/side.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

const bulkAmounts = { start: 4 << 20, least: 1 << 20, most: 2 ** 31 };
const httpConcurrency = 16;

/** The outer faces, as programs use them: what they cost on top is to be seen beside the rows above. */
export const faceRows: readonly Row[] = [
  faceRow(
    { name: 'bulk_streams', title: 'bulk over loopback through Web Streams', unit: 'MB/s', marks: null },
    bulkAmounts,
    async () => webBulk('ours', await ourWebPair()),
    async () => webBulk('node', await nodeWebPair()),
  ),
  faceRow(
    { name: 'bulk_duplex', title: 'bulk over loopback through Node streams', unit: 'MB/s', marks: null },
    bulkAmounts,
    async () => duplexBulk('ours', await ourDuplexPair()),
    async () => duplexBulk('node', await nodeDuplexPair()),
  ),
  faceRow(
    {
      name: 'node_http_requests',
      title: "requests of Node's HTTP client to its server, kept alive",
      unit: '/s',
      marks: null,
    },
    { start: 500, least: 100, most: 2 ** 31 },
    async () => httpLoad('ours', await ourHttp(httpConcurrency), httpConcurrency),
    async () => httpLoad('node', await nodeHttp(httpConcurrency), httpConcurrency),
  ),
];

function faceRow(
  head: RowHead,
  amounts: { start: number; least: number; most: number },
  openOurs: () => Promise<Side>,
  openPeer: () => Promise<Side>,
): Row {
  return {
    ...head,
    async run(effort) {
      const ours = await openOurs();
      const peer = await openPeer();
      const comparison = await runPairs(ours, peer, pairOptions(effort, amounts));
      await ours.close();
      await peer.close();
      return comparedOutcome(head.name, comparison, []);
    },
    async profile(goOn) {
      const ours = await openOurs();
      const done = await profileRounds(ours, amounts.start * 16, goOn);
      await ours.close();
      // Streams by the chunk: a byte costs too little to be shown.
      return head.unit === 'MB/s' ? done / chunkBytes : done;
    },
  };
}
