import { createPageWalker, createRam } from '@synos/memory';
import type { Cpu, CpuExit, CpuOptions } from '../../src/cpu/cpu.js';
import { SLOTS } from '../../src/cpu/ir.js';

/** What a scripted CPU does at one `execute`: by default its budget. */
export type Act = (cpu: ScriptedCpu, budget: number) => Partial<CpuExit> | null;

/** A CPU that executes nothing and has no TLB: what it does is an {@link Act} of the test. */
export class ScriptedCpu implements Cpu {
  readonly registers = new Int32Array(2 * SLOTS);
  rip = 0;
  rflags = 2;
  instructions = 0;
  act: Act = () => null;
  /** Calls that a test may want to see. */
  readonly calls: string[] = [];
  readonly counters = { blocksMade: 0, blocksDropped: 0, blocksReentered: 0, tlbMisses: 0 };
  private readonly walker;
  private root = 0;

  constructor({ ram }: CpuOptions) {
    this.walker = createPageWalker(createRam({ buffer: ram }), { marks: true });
  }

  execute(budget: number): CpuExit {
    const exit = this.act(this, budget);
    if (exit === null) this.instructions += budget;
    return { kind: 'budget', vector: 0, errorCode: -1, cr2: 0, instructionBytes: 0, ...exit };
  }

  setRoot(root: number): void {
    this.root = root;
    this.calls.push('setRoot');
  }

  invlpg(): void {
    this.calls.push('invlpg');
  }

  flush(): void {
    this.calls.push('flush');
  }

  flushAll(): void {
    this.calls.push('flushAll');
  }

  wrote(): void {}

  translate(address: number, rights: number): number {
    return this.walker.translate(this.root, address, rights);
  }
}
