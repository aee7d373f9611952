import { type LinuxSystemCallName, linuxProfile, type SynosSystemCallName, synosProfile } from '@synos/abi';
import { type TrapFrame, type TrapFrameWord, trapFrame } from '@synos/interfaces';
import { type PageWalker, right } from '@synos/memory';

/** What a program's next step comes to. */
export type Event =
  | { readonly kind: 'trap'; readonly vector: number; readonly error?: number; readonly address?: number }
  | { readonly kind: 'work'; ticks: number };

/** A program: what its instructions would do. */
export type Program = (cpu: FakeCpu) => Generator<Event, void, void>;

const ARGUMENTS = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const satisfies readonly TrapFrameWord[];

/** A CPU as a program sees it: registers, memory by its page tables, and instructions that trap. */
export class FakeCpu {
  readonly frame: TrapFrame;
  private readonly walker: PageWalker;
  private readonly root: () => number;
  private readonly memory: (address: number, byteLength: number) => Uint8Array<ArrayBuffer>;

  constructor(
    frame: TrapFrame,
    walker: PageWalker,
    root: () => number,
    memory: (address: number, byteLength: number) => Uint8Array<ArrayBuffer>,
  ) {
    this.frame = frame;
    this.walker = walker;
    this.root = root;
    this.memory = memory;
  }

  get rsp(): number {
    return this.frame.signed(trapFrame.rsp);
  }

  /** INT 0x80 with a number and registers as they are. */
  *int80(): Generator<Event, number, void> {
    yield { kind: 'trap', vector: 0x80 };
    return this.frame.signed(trapFrame.rax);
  }

  *call(name: SynosSystemCallName | number, ...values: readonly number[]): Generator<Event, number, void> {
    this.fill(typeof name === 'number' ? name : synosProfile.numbers[name], values);
    return yield* this.int80();
  }

  /** By the SYSCALL instruction. */
  *linux(name: LinuxSystemCallName | number, ...values: readonly number[]): Generator<Event, number, void> {
    this.fill(typeof name === 'number' ? name : linuxProfile.numbers[name], values);
    yield { kind: 'trap', vector: 256 };
    return this.frame.signed(trapFrame.rax);
  }

  *exception(vector: number, error = 0): Generator<Event, void, void> {
    yield { kind: 'trap', vector, error };
  }

  /** Runs for so many counts; may be interrupted. */
  *work(ticks: number): Generator<Event, void, void> {
    yield { kind: 'work', ticks };
  }

  *store(address: number, bytes: Uint8Array): Generator<Event, void, void> {
    for (const [index, byte] of bytes.entries()) (yield* this.reach(address + index, right.write))[0] = byte;
  }

  *load(address: number, byteLength: number): Generator<Event, Uint8Array<ArrayBuffer>, void> {
    const bytes = new Uint8Array(byteLength);
    for (let index = 0; index < byteLength; index++)
      bytes[index] = (yield* this.reach(address + index, 0))[0] as number;
    return bytes;
  }

  *loadWord(address: number): Generator<Event, number, void> {
    const bytes = yield* this.load(address, 8);
    return Number(new DataView(bytes.buffer).getBigInt64(0, true));
  }

  *loadInt(address: number): Generator<Event, number, void> {
    const bytes = yield* this.load(address, 4);
    return new DataView(bytes.buffer).getInt32(0, true);
  }

  *loadText(address: number): Generator<Event, string, void> {
    let text = '';
    for (let at = address; ; at++) {
      const [byte = 0] = yield* this.load(at, 1);
      if (byte === 0) return text;
      text += String.fromCharCode(byte);
    }
  }

  /** Stores a text with its zero, and answers where. */
  *text(address: number, text: string): Generator<Event, number, void> {
    yield* this.store(
      address,
      Uint8Array.from(`${text}\0`, (letter) => letter.charCodeAt(0)),
    );
    return address;
  }

  *words(address: number, ...words: readonly number[]): Generator<Event, number, void> {
    const bytes = new Uint8Array(8 * words.length);
    const view = new DataView(bytes.buffer);
    for (const [index, word] of words.entries()) view.setBigInt64(8 * index, BigInt(word), true);
    yield* this.store(address, bytes);
    return address;
  }

  /** An instruction fetch. */
  *fetch(address: number): Generator<Event, void, void> {
    yield* this.reach(address, right.execute);
  }

  private *reach(address: number, access: number): Generator<Event, Uint8Array, void> {
    for (;;) {
      const found = this.walker.translate(this.root(), address, access | right.user);
      if (found >= 0) return this.memory(found, 1);
      yield { kind: 'trap', vector: 14, error: -1 - found, address };
    }
  }

  private fill(number: number, values: readonly number[]): void {
    this.frame.set(trapFrame.rax, number);
    for (const [index, word] of ARGUMENTS.entries()) this.frame.set(trapFrame[word], values[index] ?? 0);
  }
}
