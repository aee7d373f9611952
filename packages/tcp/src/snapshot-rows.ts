import { OutOfOrder } from './reassembly.js';
import { recordFlag, type SendRecords } from './send-records.js';

/** All records as rows of plain numbers: sequence number, length, flags, time sent. */
export function rowsOfRecords(records: SendRecords): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < records.count; i++) {
    rows.push([records.sequence(i), records.length(i), records.flags(i), records.sentMs(i)]);
  }
  return rows;
}

/** The reverse of {@link rowsOfRecords}, into records that are empty. */
export function fillRecords(records: SendRecords, rows: readonly (readonly number[])[]): void {
  rows.forEach(([sequence, length, flags, sentMs], index) => {
    records.push(sequence!, length!, sentMs!);
    if ((flags! & recordFlag.retransmitted) !== 0) records.resent(index, sentMs!);
    if ((flags! & recordFlag.lost) !== 0) records.markLost(index);
  });
}

/** Intervals as rows of plain numbers: left edge, right edge, stamp; the newest stamp is the last row's first. */
export function rowsOfIntervals({ count, edges, stamp }: OutOfOrder): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < count; i++) rows.push([...edges.subarray(i * 3, i * 3 + 3)]);
  rows.push([stamp]);
  return rows;
}

/** The reverse of {@link rowsOfIntervals}. */
export function intervalsOfRows(rows: readonly (readonly number[])[]): OutOfOrder {
  const intervals = new OutOfOrder();
  intervals.count = rows.length - 1;
  intervals.edges = new Int32Array(Math.max(8, intervals.count) * 3);
  for (let i = 0; i < intervals.count; i++) intervals.edges.set(rows[i]!, i * 3);
  intervals.stamp = rows[intervals.count]![0]!;
  return intervals;
}
