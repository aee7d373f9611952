// The heap alone: a linked list of structs and its names, in the memory of a WebAssembly instance. JavaScript manages the
// memory, WebAssembly code reads it.
import { createHeap } from '@synos/memory/heap';

const pageBytes = 65_536;
const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });

// (module
//   (import "js" "memory" (memory 1))
//   (func (export "sum") (param $node i32) (result i32) (local $sum i32)
//     (block (loop
//       (br_if 1 (i32.eqz (local.get $node)))
//       (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $node))))
//       (local.set $node (i32.load offset=4 (local.get $node)))
//       (br 0)))
//     (local.get $sum)))
const code = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f],
  ...[0x02, 0x0e, 0x01, 0x02, 0x6a, 0x73, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x01],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x07, 0x01, 0x03, 0x73, 0x75, 0x6d, 0x00, 0x00],
  ...[0x0a, 0x26, 0x01, 0x24, 0x01, 0x01, 0x7f],
  ...[0x02, 0x40, 0x03, 0x40, 0x20, 0x00, 0x45, 0x0d, 0x01],
  ...[0x20, 0x01, 0x20, 0x00, 0x28, 0x02, 0x00, 0x6a, 0x21, 0x01],
  ...[0x20, 0x00, 0x28, 0x02, 0x04, 0x21, 0x00, 0x0c, 0x00, 0x0b, 0x0b],
  ...[0x20, 0x01, 0x0b],
);
const { instance } = await WebAssembly.instantiate(code, { js: { memory } });
const sum = instance.exports.sum as (node: number) => number;

// The first page is left to the program: its stack and its constants.
const heap = createHeap({ buffer: memory.buffer, start: pageBytes });
const view = new DataView(memory.buffer);

/** struct node { int value; struct node *next; } */
function createNode(value: number, next: number): number {
  const node = heap.malloc(8);
  if (node === 0) throw new Error('out of memory');
  view.setInt32(node, value, true);
  view.setInt32(node + 4, next, true);
  return node;
}

let list = 0;
for (let value = 1; value <= 1000; value++) list = createNode(value, list);
const full = heap.stats();
console.log(`sum of ${full.liveBlocks} nodes: ${sum(list)}`);
console.log(`${full.usedBytes} bytes used, ${full.usableBytes} of them usable, span ${full.spanBytes}`);

const last = list;
while (list !== 0) {
  const next = view.getInt32(list + 4, true);
  heap.free(list);
  list = next;
}
const { liveBlocks, largestFreeBytes } = heap.stats();
console.log(`after freeing all: ${liveBlocks} live, largest free block ${largestFreeBytes} bytes`);

try {
  heap.free(last);
} catch (error) {
  console.log((error as Error).message);
}
