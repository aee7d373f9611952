import { combine, faultClass } from '../fault-class.js';
import { vectors } from '../vectors.js';
import type { CpuFault, CpuState, LinearMemory, SystemRegisters } from './cpu-state.js';
import { deliverOnce, type Entry } from './deliver-once.js';
import { isFault } from './descriptor-fetch.js';
import type { TrapEvent } from './event.js';

/** A handler begins. */
export interface Delivered extends Entry {
  readonly outcome: 'delivered';
  /** Whose handler: the event's, or that of the last fault on the way, or 8. */
  readonly vector: number;
  /** What went wrong on the way, in order. */
  readonly faults: readonly CpuFault[];
  /** What CR2 got on the way, `null` where there was no page fault. */
  readonly cr2: number | null;
}

/** A triple fault: the CPU stops, and the machine resets. */
export interface Shutdown {
  readonly outcome: 'shutdown';
  readonly faults: readonly CpuFault[];
  readonly cr2: number | null;
}

/** How a {@link deliver} ends. */
export type Delivery = Delivered | Shutdown;

/**
 * What a CPU in 64-bit mode does with an event: it reads gate, code segment and stack from the bytes in memory, checks
 * them, pushes five words or six, and says with which registers the handler begins (SDM vol. 2, INT n; vol. 3, 6.12 and
 * 6.14). A fault on the way is delivered instead, or becomes a double fault, or the end. Nothing throws, whatever the
 * bytes are.
 *
 * Where the interrupted program goes on, `cpu.rip`, is for INT n the instruction itself, for traps and interrupts the
 * next one, for faults the one that faulted.
 *
 * A gate whose segment is not 64-bit code is #GP with that selector, as the exceptions under INT n have it (SDM vol. 2).
 * SDM vol. 3, 6.14.1 speaks of the vector instead.
 *
 * Not modelled: accessed bits are not set in the GDT (`writeGdt` sets them beforehand); shadow stacks, FRED and
 * virtualization; the blocking of NMIs and the shadow of MOV SS; whether an interrupt is taken at all (IF, priorities);
 * alignment checks of pushes in ring 3; an LDT; compatibility mode as what is interrupted; debug registers, so #DB
 * saves RF as it is.
 *
 * @param cpu - the registers at the event
 * @param event - what happened
 * @param system - where the tables lie
 * @param memory - reads the tables, and stores the frame; the only effect of the call
 *
 * @example
 * ```ts
 * import { type CpuState, deliver, type LinearMemory, type SystemRegisters } from '@synos/trap';
 *
 * const systemCall = (cpu: CpuState, system: SystemRegisters, memory: LinearMemory): CpuState | string => {
 *   const delivery = deliver(cpu, { kind: 'software', vector: 0x80, instructionBytes: 2 }, system, memory);
 *   return delivery.outcome === 'delivered' ? delivery.cpu : delivery.faults.map((fault) => fault.reason).join(', ');
 * };
 * ```
 */
export function deliver(cpu: CpuState, event: TrapEvent, system: SystemRegisters, memory: LinearMemory): Delivery {
  const faults: CpuFault[] = [];
  let cr2: number | null = null;
  let current = event;
  let first = event.kind === 'exception' ? faultClass(event.vector) : 'benign';
  // Ends: the class never falls back to benign, and a fault on top of a double fault is the last.
  for (;;) {
    const attempt = deliverOnce(cpu, current, system, memory);
    if (!isFault(attempt)) return { outcome: 'delivered', vector: current.vector, ...attempt, faults, cr2 };
    faults.push(attempt);
    if (attempt.address !== null) cr2 = attempt.address;
    const second = faultClass(attempt.vector);
    const both = combine(first, second);
    if (both === 'triple') return { outcome: 'shutdown', faults, cr2 };
    if (both === 'double') {
      current = { kind: 'exception', vector: vectors.doubleFault.vector, errorCode: 0 };
      first = 'double-fault';
    } else {
      current = { kind: 'exception', vector: attempt.vector, errorCode: attempt.errorCode };
      first = second;
    }
  }
}
