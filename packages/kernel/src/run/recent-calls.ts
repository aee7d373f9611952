import { type TrapFrame, trapFrame } from '@synos/interfaces';
import type { SystemCallTable } from '@synos/syscall';
import type { KernelThread } from '../processes/process.js';

/** How many calls are remembered. */
const REMEMBERED = 16;
const WORDS = [trapFrame.rdi, trapFrame.rsi, trapFrame.rdx] as const;
/** Numbers of a call: pid, vector, the call's number, its first three arguments. */
const FIELDS = 3 + WORDS.length;

/** The last system calls, for the last words of a kernel. Noting one costs a few stores. */
export class RecentCalls {
  private readonly ring: Float64Array;
  private noted: number;

  constructor() {
    this.ring = new Float64Array(REMEMBERED * FIELDS);
    this.noted = 0;
  }

  /** A call has come in. */
  note(thread: KernelThread, frame: TrapFrame): void {
    const { ring } = this;
    const at = (this.noted++ % REMEMBERED) * FIELDS;
    ring[at] = thread.process.pid;
    ring[at + 1] = frame.low(trapFrame.vector);
    ring[at + 2] = frame.low(trapFrame.rax) | 0;
    ring[at + 3] = frame.signed(trapFrame.rdi);
    ring[at + 4] = frame.signed(trapFrame.rsi);
    ring[at + 5] = frame.signed(trapFrame.rdx);
  }

  /** The remembered ones, the oldest first, a line each. */
  lines(tables: readonly SystemCallTable[]): string[] {
    const lines: string[] = [];
    for (let index = Math.max(0, this.noted - REMEMBERED); index < this.noted; index++) {
      const at = (index % REMEMBERED) * FIELDS;
      const [pid = 0, vector = 0, number = 0, ...values] = this.ring.subarray(at, at + FIELDS);
      const table = tables.find((each) => each.vector === vector);
      const name = table?.calls.find((call) => call.number === number)?.name ?? `syscall_${number}`;
      lines.push(`[pid ${pid}] ${name}(${values.map(hex).join(', ')}, …)`);
    }
    return lines;
  }
}

function hex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
