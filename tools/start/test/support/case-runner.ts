import { readWaitStatus, SIGKILL, synosProfile, WNOHANG } from '@synos/abi';
import { createTestEntropy } from '@synos/netsim';
import { expect } from 'vitest';
import { ScriptedClient } from '../../system/scripted-client.js';
import type { BootFile } from '../../system/system.js';
import { createWorld, type World } from '../world.js';
import { Assembly, condition, register } from './assembly.js';
import { tinyElf } from './tiny-elf.js';

const { numbers } = synosProfile;
/** Bytes of a file that a case may have. */
export const SLOT_BYTES = 64 * 1024;
const MARK = '\x01over:';
const RESULT_LETTERS = 16;
const LOOK_NS = 4_000_000;

/** What became of a program. */
export interface CaseOutcome {
  /** What spawn said: a pid, or a negative errno. */
  readonly answer: number;
  /** How it ended, as wait4(2) has it; `null` where it never ran. */
  readonly end: ReturnType<typeof readWaitStatus> | null;
}

/**
 * A program that reads a name from the console, starts `/boot/NAME`, waits for it for some milliseconds, kills it, and
 * says what it got. Its own calls are among those that are tested.
 */
function driver(looks: number): Uint8Array<ArrayBuffer> {
  const { rax, rcx, rdi, r12 } = register;
  const code = new Assembly()
    .label('next')
    .call(numbers.read, 0, 'name', 64)
    .testAnswer()
    .jumpIf(condition.negative, 'next')
    .set(rdi, 'name')
    .raw(0xc6, 0x44, 0x07, 0xff, 0x00) // mov byte [rdi + rax - 1], 0: the end of the line
    .set(rdi, 'status')
    .raw(0xc7, 0x07, 0xff, 0xff, 0xff, 0xff) // mov dword [rdi], -1
    .call(numbers.spawn, 'path', 'arguments', 'none')
    .raw(0x48, 0x89, 0xc3) // mov rbx, rax
    .testAnswer()
    .jumpIf(condition.negative, 'say')
    .set(r12, looks)
    .label('look')
    .set(register.r10, 0)
    .set(register.rsi, 'status')
    .set(register.rdx, WNOHANG)
    .raw(0x48, 0x89, 0xdf) // mov rdi, rbx
    .set(rax, numbers.wait4)
    .raw(0xcd, 0x80)
    .testAnswer()
    .jumpIf(condition.notEqual, 'say')
    .call(numbers.nanosleep, 'duration', 0)
    .raw(0x49, 0xff, 0xcc) // dec r12
    .jumpIf(condition.notEqual, 'look')
    .set(register.rsi, SIGKILL)
    .raw(0x48, 0x89, 0xdf)
    .set(rax, numbers.kill)
    .raw(0xcd, 0x80)
    .set(register.r10, 0)
    .set(register.rsi, 'status')
    .set(register.rdx, 0)
    .raw(0x48, 0x89, 0xdf)
    .set(rax, numbers.wait4)
    .raw(0xcd, 0x80)
    .label('say')
    .set(rdi, 'status')
    .raw(0x8b, 0x07) // mov eax, [rdi]
    .raw(0x48, 0xc1, 0xe0, 0x20) // shl rax, 32
    .raw(0x89, 0xda) // mov edx, ebx
    .raw(0x48, 0x09, 0xd0) // or rax, rdx
    .set(rcx, RESULT_LETTERS)
    .set(rdi, 'letters')
    .label('letter')
    .raw(0x48, 0xc1, 0xc0, 0x04) // rol rax, 4
    .raw(0x88, 0xc2, 0x80, 0xe2, 0x0f, 0x80, 0xc2, 0x41) // mov dl, al; and dl, 15; add dl, 'A'
    .raw(0x88, 0x17, 0x48, 0xff, 0xc7, 0x48, 0xff, 0xc9) // mov [rdi], dl; inc rdi; dec rcx
    .jumpIf(condition.notEqual, 'letter')
    .call(numbers.write, 1, 'mark', MARK.length + RESULT_LETTERS)
    .jump('next')
    .align(8)
    .label('arguments')
    .quad('name')
    .label('none')
    .quad(0)
    .label('duration')
    .quad(0)
    .quad(LOOK_NS)
    .label('status')
    .quad(0)
    .label('mark')
    .text(MARK)
    .label('letters')
    .text('.'.repeat(RESULT_LETTERS))
    .label('path')
    .text('/boot/')
    .label('name')
    .raw(...new Uint8Array(64));
  return tinyElf(code);
}

/** What a {@link CaseRunner} is made of. */
export interface CaseRunnerOptions {
  /** Sizes of files that there are, beside {@link SLOT_BYTES}. */
  readonly sizes?: readonly number[];
  /** How often the driver looks whether a program has ended, before it kills it: every 4 milliseconds. Default 2. */
  readonly looks?: number;
  /** Programs that a case may start. */
  readonly files?: readonly BootFile[];
  readonly memoryBytes?: number;
  readonly isTraced?: boolean;
}

/**
 * A booted system in which one program after the other is tried, beside a web server. Files are as long as the machine was
 * told when it booted.
 */
export class CaseRunner {
  readonly world: World;
  /** What is in use between two cases. */
  readonly #usual: unknown;
  #read: number;

  constructor(options: CaseRunnerOptions = {}) {
    const { sizes = [], looks = 2, files = [], ...rest } = options;
    const slots = [SLOT_BYTES, ...sizes].map((size) => ({ name: `case${size}`, bytes: new Uint8Array(size) }));
    this.world = createWorld({
      program: 'driver',
      args: ['+', 'httpd'],
      files: [{ name: 'driver', bytes: driver(looks) }, ...slots, ...files],
      ...rest,
    });
    this.#read = 0;
    this.world.run({ limitMs: 100 });
    // What is touched first is given then: one round, that it is not counted later.
    const warm = this.start('hello');
    expect(warm.end).toEqual({ how: 'exited', code: 0 });
    this.world.run({ limitMs: 100 });
    this.#usual = this.world.kernel.census();
  }

  /** Runs a file of any bytes, cut or filled up with zeros to `size`. Checks that nothing of it is left. */
  run(bytes: Uint8Array, size = SLOT_BYTES): CaseOutcome {
    const name = `case${size}`;
    const { machine } = this.world;
    const module = machine.bootModules.find((each) => each.name === name);
    if (module === undefined) throw new Error(`no slot of ${size} bytes`);
    if (size > 0) {
      machine.mem(module.address, size).fill(0).set(bytes.subarray(0, size));
      machine.wrote(module.address, size);
    }
    const outcome = this.start(name);
    this.expectNothingLeft();
    return outcome;
  }

  /** Starts `/boot/NAME` and waits for the end of it. */
  start(name: string): CaseOutcome {
    const { world } = this;
    world.machine.type(Uint8Array.from(`${name}\n`, (letter) => letter.charCodeAt(0)));
    const isSaid = (): boolean => {
      const at = world.console().indexOf(MARK, this.#read);
      return at >= 0 && world.console().length >= at + MARK.length + RESULT_LETTERS;
    };
    const end = world.run({ until: isSaid, limitMs: 20_000 });
    expect({ end, panics: world.panics }).toEqual({ end: 'until', panics: [] });
    const at = world.console().indexOf(MARK, this.#read) + MARK.length;
    this.#read = at + RESULT_LETTERS;
    const letters = world.console().slice(at, this.#read);
    const [status = 0, answer = 0] = [letters.slice(0, 8), letters.slice(8)].map(wordOf);
    return { answer, end: answer < 0 || status === -1 ? null : readWaitStatus(status) };
  }

  expectNothingLeft(): void {
    const { world } = this;
    const isUsual = (): boolean => JSON.stringify(world.kernel.census()) === JSON.stringify(this.#usual);
    // The driver reads again; and what was sent to nobody is waited for, as long as TCP and ARP are patient.
    if (!isUsual()) world.run({ until: isUsual, limitMs: 5 });
    if (!isUsual()) world.run({ until: isUsual, limitMs: 300_000 });
    expect(world.kernel.census()).toEqual(this.#usual);
    expect(world.panics).toEqual([]);
  }

  /** The web server still serves. */
  expectServes(): void {
    const { world } = this;
    const { clock } = world.machine;
    const parts = { clock, entropy: createTestEntropy(5), device: world.far, address: '10.0.0.1/24', path: '/' };
    const client = new ScriptedClient(parts);
    const others = [client];
    expect(world.run({ until: () => client.response !== null, limitMs: 60_000, others })).toBe('until');
    expect(client.response).toContain('This page came from a C program in ring 3');
    client.stack.dispose();
  }
}

/** Makes runners: one lives until a case fails in it, which spoils it for the next. */
export class Runners {
  readonly #options: CaseRunnerOptions;
  #runner: CaseRunner | null;

  constructor(options: CaseRunnerOptions = {}) {
    this.#options = options;
    this.#runner = null;
  }

  use<T>(act: (runner: CaseRunner) => T): T {
    const runner = this.#runner ?? new CaseRunner(this.#options);
    this.#runner = null;
    const result = act(runner);
    this.#runner = runner;
    return result;
  }
}

/** Eight letters of four bits each. */
function wordOf(letters: string): number {
  return Array.from(letters).reduce((value, letter) => (value << 4) | (letter.charCodeAt(0) - 0x41), 0);
}
