import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GuestNetwork, guestFailed, guestImage, guestIsUp, guestKernel } from './guest-image.js';

/** What {@link bootGuest} is told. */
export interface GuestOptions {
  /** QEMU's `-netdev` without the identifier: `stream,server=off,addr.type=unix,addr.path=/tmp/x`. */
  readonly netdev: string;
  readonly network: GuestNetwork;
  /** Further files of the guest, by their path without a leading slash. */
  readonly files?: Readonly<Record<string, string>>;
  /** The card's hardware address. */
  readonly mac?: string;
  /** How long the network may take to come up, default 120 s (2.5 to 6 s are usual on a machine at rest). */
  readonly bootLimitMs?: number;
}

/** A Linux in QEMU, with a shell on its console. */
export interface Guest {
  /** The process of QEMU. */
  readonly pid: number;
  /** All that the console has said. */
  readonly console: string;
  /**
   * Runs a script of up to about 2,900 bytes in a shell of its own in the guest, one at a time.
   *
   * @returns its exit code, and what it wrote to standard output and standard error
   * @param limitMs - default 60 s; a command that takes longer rejects, with the console in the message
   */
  run(command: string, limitMs?: number): Promise<{ readonly code: number; readonly output: string }>;
  /** Ends QEMU, by force: nothing in the guest is worth saving. */
  close(): Promise<void>;
}

/** What a guest needs of this machine, for `lacking`. */
export const guestNeeds = { tools: ['qemu-system-x86_64', 'busybox'], files: [guestKernel] };

/**
 * Boots a Debian kernel with busybox, without KVM, and waits until its network is up.
 *
 * @throws (rejects) when it does not come up in time, with what the console said; nothing is left running then
 */
export async function bootGuest(options: GuestOptions): Promise<Guest> {
  const { netdev, network, files, mac = '52:54:00:12:34:56', bootLimitMs = 120_000 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'synos-guest-'));
  const image = join(folder, 'initramfs');
  writeFileSync(image, guestImage(network, files));
  const child = spawn('qemu-system-x86_64', [
    ...['-accel', 'tcg', '-m', '256', '-smp', '1', '-nodefaults', '-no-user-config', '-no-reboot'],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-kernel', guestKernel, '-initrd', image, '-append', 'console=ttyS0 quiet loglevel=1 panic=-1'],
    ...['-netdev', netdev.replace(',', ',id=n0,'), '-device', `virtio-net-pci,netdev=n0,mac=${mac},romfile=`],
  ]);
  const guest = new RunningGuest(child, folder);
  try {
    await guest.says(new RegExp(`${guestIsUp}|${guestFailed}`), 0, bootLimitMs);
    if (guest.console.includes(guestFailed)) throw new Error(`the guest has no network:\n${guest.console}`);
    // The script's last words are behind it when the shell answers.
    await guest.run('true');
    return guest;
  } catch (error) {
    await guest.close();
    throw error;
  }
}

class RunningGuest implements Guest {
  console: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<unknown>;
  #commands: number;
  #wake: () => void;

  constructor(child: ChildProcess, folder: string) {
    this.console = '';
    this.#child = child;
    this.#folder = folder;
    this.#commands = 0;
    this.#wake = () => {};
    const hear = (text: string): void => {
      this.console += text.replaceAll('\r', '');
      this.#wake();
    };
    child.stdout?.setEncoding('latin1').on('data', hear);
    child.stderr?.setEncoding('latin1').on('data', hear);
    child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      child.once('close', resolve);
      child.once('error', (error) => {
        hear(String(error));
        resolve(undefined);
      });
    });
    void this.#ended.then(() => this.#wake());
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  async run(command: string, limitMs = 60_000): Promise<{ code: number; output: string }> {
    const mark = `done-${this.#commands++}-`;
    const from = this.console.length;
    // Encoded: whatever is in the command, the console's line is one.
    const script = Buffer.from(command).toString('base64');
    const run = `echo ${script} | base64 -d >/tmp/command; sh /tmp/command </dev/null 2>&1`;
    // In pieces, so that an echo of the line is not taken for the mark.
    this.#child.stdin?.write(`${run}; echo "${mark.slice(0, 4)}""${mark.slice(4)}$?."\n`);
    const pattern = new RegExp(`${mark}(\\d+)\\.\\n`);
    const said = await this.says(pattern, from, limitMs);
    return { code: Number(said[1]), output: this.console.slice(from, from + said.index) };
  }

  /** Waits for words on the console, from a place on. */
  async says(pattern: RegExp, from: number, limitMs: number): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(limitMs);
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        const said = pattern.exec(this.console.slice(from));
        if (said !== null) return said;
        const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null || this.pid < 0;
        if (signal.aborted || hasEnded) {
          const why = hasEnded ? 'QEMU has ended' : `not said in ${limitMs} ms`;
          throw new Error(`${pattern}: ${why}; the console:\n${this.console}`);
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
