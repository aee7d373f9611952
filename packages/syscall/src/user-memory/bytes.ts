import { EFAULT, type Layout, type LayoutValue, readLayout, writeLayout } from '@synos/abi';
import type { UserMemory, VirtualAddress } from '@synos/interfaces';

// What a program's pointers lead to is read and written here and in the files beside this one, always by the three
// calls of `UserMemory`. Every function answers a value, or a negative errno where the program's memory is not as the
// call needs it; none throws.

/**
 * Copies bytes from a program.
 *
 * @param byteLength - how many; checked against a bound by the caller, since they are allocated
 * @returns a new array, or -EFAULT when not all of them could be read
 */
export function copyInBytes(
  memory: UserMemory,
  address: VirtualAddress,
  byteLength: number,
): Uint8Array<ArrayBuffer> | number {
  const bytes = new Uint8Array(byteLength);
  return memory.copyIn(address, bytes) === byteLength ? bytes : -EFAULT;
}

/**
 * Copies bytes to a program, all of them.
 *
 * @returns 0, or -EFAULT; what could be written before the fault is written, as with copy_to_user of Linux
 */
export function copyOutBytes(memory: UserMemory, address: VirtualAddress, bytes: Uint8Array<ArrayBuffer>): number {
  return memory.copyOut(address, bytes) === bytes.length ? 0 : -EFAULT;
}

/** As {@link copyInBytes}, seen as a `DataView`. */
export function copyInView(memory: UserMemory, address: VirtualAddress, byteLength: number): DataView | number {
  const bytes = copyInBytes(memory, address, byteLength);
  return typeof bytes === 'number' ? bytes : new DataView(bytes.buffer);
}

/** Writes `byteLength` bytes that `fill` makes: 0 or -EFAULT. */
export function copyOutView(
  memory: UserMemory,
  address: VirtualAddress,
  byteLength: number,
  fill: (view: DataView) => void,
): number {
  const bytes = new Uint8Array(byteLength);
  fill(new DataView(bytes.buffer));
  return copyOutBytes(memory, address, bytes);
}

/**
 * Reads any structure by its layout.
 *
 * @returns a new value, or -EFAULT
 * @example
 * ```ts
 * import { lingerLayout } from '@synos/abi';
 * import type { UserMemory } from '@synos/interfaces';
 * import { copyInStruct } from '@synos/syscall';
 *
 * const linger = (memory: UserMemory, address: number) => copyInStruct(memory, address, lingerLayout);
 * ```
 */
export function copyInStruct<const L extends Layout>(
  memory: UserMemory,
  address: VirtualAddress,
  layout: L,
): LayoutValue<L> | number {
  const view = copyInView(memory, address, layout.size);
  return typeof view === 'number' ? view : readLayout(layout, view, 0);
}

/**
 * Writes any structure by its layout; padding and what is not given become zero, so that nothing of the kernel's leaks.
 *
 * @returns 0 or -EFAULT
 */
export function copyOutStruct<const L extends Layout>(
  memory: UserMemory,
  address: VirtualAddress,
  layout: L,
  value: Readonly<Partial<LayoutValue<L>>>,
): number {
  return copyOutView(memory, address, layout.size, (view) => writeLayout(layout, view, 0, value));
}

/**
 * Reads an `int`.
 *
 * @returns `{ value }`, since any number may lie there, or -EFAULT
 */
export function copyInInt(memory: UserMemory, address: VirtualAddress): { readonly value: number } | number {
  const view = copyInView(memory, address, 4);
  return typeof view === 'number' ? view : { value: view.getInt32(0, true) };
}

/**
 * Writes `int`s beside one another: one for wait4(2), two for pipe(2) and socketpair(2), whose descriptors are given to
 * the program only when this has worked.
 *
 * @returns 0 or -EFAULT
 */
export function copyOutInts(memory: UserMemory, address: VirtualAddress, ...values: readonly number[]): number {
  return copyOutView(memory, address, 4 * values.length, (view) => {
    for (const [index, value] of values.entries()) view.setInt32(4 * index, value, true);
  });
}
