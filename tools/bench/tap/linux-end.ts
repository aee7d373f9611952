import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../linux/namespace.js';
import { HonestyError } from '../harness/honesty.js';

/** What the process is told. */
export type LinuxEndOrder =
  | { readonly do: 'listen' }
  | { readonly do: 'connect'; readonly host: string; readonly port: number }
  | { readonly do: 'receive' | 'send'; readonly bytes: number };

/** What it says. */
export type LinuxEndAnswer =
  | { readonly event: 'ready'; readonly port: number }
  | { readonly event: 'received'; readonly bytes: number; readonly digest: string };

/** Longest time without an answer. */
const patienceMs = 60_000;

/** One end of a stream by Linux's TCP, in a process of its own inside a namespace. */
export class LinuxEnd {
  private readonly child: ChildProcess;
  private waiting: { resolve(answer: LinuxEndAnswer): void; reject(error: Error): void } | null = null;

  constructor(namespace: Namespace) {
    const program = join(dirname(fileURLToPath(import.meta.url)), 'linux-end.main.cjs');
    this.child = namespace.start(process.execPath, [program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (answer: LinuxEndAnswer) => this.waiting?.resolve(answer));
    this.child.once('exit', (code, signal) => {
      this.waiting?.reject(new HonestyError(`Linux's end has ended with ${signal ?? code}`));
    });
  }

  tell(order: LinuxEndOrder): void {
    this.child.send(order);
  }

  /** The next thing that it says. */
  async answer(): Promise<LinuxEndAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<LinuxEndAnswer>((resolve, reject) => {
      timer = setTimeout(() => reject(new HonestyError("Linux's end does not answer")), patienceMs);
      this.waiting = { resolve, reject };
    });
    return await answer.finally(() => clearTimeout(timer));
  }

  async ask(order: LinuxEndOrder): Promise<LinuxEndAnswer> {
    const answer = this.answer();
    this.tell(order);
    return answer;
  }
}
