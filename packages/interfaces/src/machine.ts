import type { Entropy } from './chance.js';
import type { PhysicalAddress, PhysicalMemory, Tlb, VirtualAddress } from './machine-memory.js';

/** A file that the boot loader brought. */
export interface BootModule {
  /** Its name as the boot loader has it. */
  readonly name: string;
  /** Where its bytes lie: in a reserved range of the memory map. */
  readonly address: PhysicalAddress;
  readonly byteLength: number;
}

/** Control registers that a kernel on x86-64 uses. */
export type ControlRegister = 'cr0' | 'cr2' | 'cr3' | 'cr4';

/**
 * All that a kernel may ask of hardware: one x86-64 CPU in long mode and the buses of a PC. The kernel runs in ring 0;
 * the CPU is a function that resumes ring 3 and returns when something needs the kernel. Nothing calls back.
 *
 * Values of registers are numbers, signed from 64 bits: addresses, selectors in the upper half of STAR and flags are
 * all exact so.
 */
export interface Machine extends PhysicalMemory, Tlb {
  /** Where the kernel half maps physical memory from 0 on: virtual = base + physical. */
  readonly directMapBase: VirtualAddress;
  readonly bootModules: readonly BootModule[];
  readonly commandLine: string;

  /** Loads the address and limit of the GDT (limit: bytes less one). */
  lgdt(base: VirtualAddress, limit: number): void;
  /** Loads the address and limit of the IDT. */
  lidt(base: VirtualAddress, limit: number): void;
  /** Loads the task register: the selector of an available 64-bit TSS, which is marked busy in the GDT. */
  ltr(selector: number): void;
  readControl(register: ControlRegister): number;
  writeControl(register: ControlRegister, value: number): void;
  rdmsr(index: number): number;
  wrmsr(index: number, value: number): void;
  /** The time-stamp counter. */
  rdtsc(): number;
  /** Its rate. */
  readonly tscHz: number;

  /**
   * The address of the machine's entry code for a vector: what a gate of the IDT must name; for `SYSCALL_VECTOR` what
   * LSTAR must. It saves the registers as `trapFrame` has them and makes {@link run} return.
   */
  stub(vector: number): VirtualAddress;
  /**
   * Resumes ring 3 with the registers of a frame, as IRETQ does (as SYSRET does where the frame's vector is
   * `SYSCALL_VECTOR`), and returns at the next trap or interrupt.
   *
   * @param frame - where the registers lie; RSP0 must point to their end, and both to mapped memory. A frame that would
   *   not resume ring 3 (its selectors, its flags, a RIP that is not canonical) asserts: the kernel made it
   * @returns the vector, which lies in the frame too, with the new registers
   * @throws where the CPU shuts down (a triple fault) or meets no entry code where a gate leads: the machine is off, and
   *   the error's `code` is `ERR_MACHINE_SHUTDOWN`
   */
  run(frame: PhysicalAddress): number;

  /** Reads from an I/O port. */
  readPort(port: number, bytes: 1 | 2 | 4): number;
  writePort(port: number, bytes: 1 | 2 | 4, value: number): void;
  /** Reads a device's register. Never through {@link mem}: reading has effects. */
  readRegister(address: PhysicalAddress, bytes: 1 | 2 | 4): number;
  writeRegister(address: PhysicalAddress, bytes: 1 | 2 | 4, value: number): void;

  /** Unpredictable bytes. */
  readonly entropy: Entropy;
  /** Milliseconds since 1970-01-01 UTC. */
  wallTimeMs(): number;
  /** The last words of a kernel that cannot go on. Works in any state. */
  panic(text: string): void;
  /**
   * Waits for an interrupt, a {@link kick} or a time of the machine, whichever is first. A machine that shares its
   * thread with others answers a promise where it has to wait; a new call takes the place of one that waits, which
   * ends with -1.
   *
   * @param tsc - the time-stamp counter at the latest moment to return; `Infinity` where there is none
   * @returns the vector of the interrupt that came, taken from its controller as by {@link run} but without a frame;
   *   -1 when none did
   */
  idle(tsc: number): number | Promise<number>;
  /** Ends an {@link idle}, from outside the kernel. */
  kick(): void;
  /** The end. */
  powerOff(): void;
}
