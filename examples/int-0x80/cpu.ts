// What a CPU does around a program, in the few functions that this example needs: it loads and stores through the page
// tables, and turns an event into a trap frame. No instruction is executed; the example is the program.
import { type PhysicalMemory, type TrapFrame, trapFrame, type VirtualAddress } from '@synos/interfaces';
import { createPageWalker, right } from '@synos/memory';
import { type CpuState, deliver, type LinearMemory, type SystemRegisters, type TrapEvent } from '@synos/trap';

/** The CPU's own view of memory: linear addresses through the page tables below `root`. */
export function linearMemory(memory: PhysicalMemory, root: number): LinearMemory {
  const walker = createPageWalker(memory, { marks: true });
  const scratch = new DataView(new ArrayBuffer(16));
  const bytes = new Uint8Array(scratch.buffer);
  return {
    scratch,
    read(address, byteLength) {
      for (let at = 0; at < byteLength; at++) {
        const place = walker.translate(root, address + at, 0);
        if (place < 0) return { address: address + at, errorCode: -1 - place };
        bytes[at] = memory.mem(place, 1)[0]!;
      }
      return null;
    },
    write(address, user) {
      for (let at = 0; at < 8; at++) {
        const place = walker.translate(root, address + at, user ? right.write | right.user : right.write);
        if (place < 0) return { address: address + at, errorCode: -1 - place };
        memory.mem(place, 1)[0] = bytes[at]!;
        memory.wrote(place, 1);
      }
      return null;
    },
  };
}

/** Takes an event out of ring 3: the CPU pushes its words, and the entry code adds the vector. */
export function enter(
  cpu: CpuState,
  event: TrapEvent,
  system: SystemRegisters,
  linear: LinearMemory,
  frame: TrapFrame,
): CpuState {
  const delivery = deliver(cpu, event, system, linear);
  if (delivery.outcome === 'shutdown') throw new Error(delivery.faults.map(({ reason }) => reason).join(', '));
  frame.set(trapFrame.vector, delivery.vector);
  return delivery.cpu;
}

/** A store of the program: the page fault that it meets, or `null`. */
export function faultOfStore(memory: PhysicalMemory, root: number, address: VirtualAddress): TrapEvent | null {
  const place = createPageWalker(memory, { marks: true }).translate(root, address, right.user | right.write);
  return place < 0 ? { kind: 'exception', vector: 14, errorCode: -1 - place } : null;
}
