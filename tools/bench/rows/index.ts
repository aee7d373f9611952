import { addressSpaceRows } from './address-space.js';
import { bulk1500, bulkLoopback } from './bulk.js';
import { connections } from './connections.js';
import { connections1000 } from './connections-1000.js';
import { udpDatagrams } from './datagrams.js';
import { dispatch } from './dispatch.js';
import { echoBesideBulk } from './echo-beside-bulk.js';
import { faceRows } from './faces.js';
import { heapRows } from './heap.js';
import { kernelRows } from './kernel.js';
import { allocPerSegmentBytes, idlePairBytes } from './memory.js';
import { roundTrips, roundTripsPlain } from './round-trips.js';
import type { Row } from './row.js';
import { tapRows } from './tap.js';

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [
  bulk1500,
  bulkLoopback,
  roundTrips,
  roundTripsPlain,
  connections,
  connections1000,
  udpDatagrams,
  echoBesideBulk,
  idlePairBytes,
  allocPerSegmentBytes,
  dispatch,
  ...addressSpaceRows,
  ...faceRows,
  ...heapRows,
  ...kernelRows,
  ...tapRows,
];

/** A row by its name. */
export function rowNamed(name: string): Row | undefined {
  return rows.find((row) => row.name === name);
}
