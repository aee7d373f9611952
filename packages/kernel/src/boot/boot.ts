import {
  assert,
  FRAME_BYTES,
  type FrameAllocator,
  type Machine,
  type PhysicalAddress,
  SYSCALL_VECTOR,
} from '@synos/interfaces';
import { createFrameAllocator, createKernelHalf, type KernelHalf, type Stretch } from '@synos/memory';
import type { Network } from '../contracts.js';
import type { Hardware, HardwareFactory } from '../hardware.js';
import { createMachineFrames, createNetworkMemory, type NetworkMemory } from '../network/network-memory.js';
import type { KernelOptions } from '../options.js';
import { grouped } from './boot-log.js';
import { type DescriptorTables, loadDescriptorTables, setControlRegisters } from './descriptor-tables.js';

/** What stands when a machine has booted and no program runs yet. */
export interface Booted {
  readonly frames: FrameAllocator;
  readonly kernelHalf: KernelHalf;
  readonly tables: DescriptorTables;
  readonly hardware: Hardware;
  /** `null` where there is no network to have it. */
  readonly networkMemory: NetworkMemory | null;
  readonly networks: readonly Network[];
}

/**
 * Boots a machine, in the order in which one thing needs the other: memory, the kernel's page tables, the tables by which
 * the CPU enters the kernel, devices, networks.
 *
 * @throws an assertion where the machine has too little memory for that
 */
export function boot(options: KernelOptions, startHardware: HardwareFactory, log: (line: string) => void): Booted {
  const { machine, sockets: factories = [] } = options;

  const frames = createFrameAllocator({ memoryMap: machine.memoryMap });
  const { totalFrames, freeFrames } = frames.stats();
  log(`memory: ${megabytes(totalFrames * FRAME_BYTES)} MB, ${grouped(freeFrames)} frames free`);

  const { directMapBase } = machine;
  const code = codeOf(machine);
  const kernelHalf = createKernelHalf({ memory: machine, frames, tlb: machine, directMapBase, code: [code] });
  assert(kernelHalf !== null, 'no memory for the page tables of the kernel');
  log(`page tables: memory at ${hex(directMapBase)}, ${kernelHalf.tables.tableBytes / FRAME_BYTES} tables`);

  const tables = loadDescriptorTables(machine, frames);
  assert(tables !== null, 'no memory for descriptor tables');
  setControlRegisters(machine);
  machine.writeControl('cr3', kernelHalf.root);
  log('cpu: 256 gates, INT 0x80 for programs, SYSCALL, NX, global pages');

  const hardware = startHardware(machine, log);
  const { networkMemory, networks } = startNetworks(options, frames, hardware, log);
  if (factories.length === 0) log('network: none');
  log(`memory: ${grouped(frames.stats().freeFrames)} frames free`);
  return { frames, kernelHalf, tables, hardware, networkMemory, networks };
}

function startNetworks(
  { machine, sockets: factories = [], networkMemory: wanted = {} }: KernelOptions,
  frames: FrameAllocator,
  hardware: Hardware,
  log: (line: string) => void,
): Pick<Booted, 'networkMemory' | 'networks'> {
  if (factories.length === 0) return { networkMemory: null, networks: [] };
  const memory = createNetworkMemory(machine, frames, wanted);
  assert(memory !== null, 'no memory for packets and socket rings');
  const { smallPackets, largePackets, ringBytes } = memory.size;
  log(`network memory: ${smallPackets} packets of 2 KB, ${largePackets} of 64 KB, ${megabytes(ringBytes)} MB of rings`);
  const devices = hardware.startCards(memory.packets, createMachineFrames(machine, frames));
  for (const { name, address, mtuBytes } of devices) log(`${name}: ${colons(address)}, MTU ${mtuBytes}`);
  const { packets, blocks } = memory;
  const host = { clock: hardware.clock, entropy: machine.entropy, devices, memory: { packets, blocks } };
  const networks = factories.map((create, index) => {
    const network = create(host);
    assert(typeof network?.provider?.open === 'function', `sockets[${index}] made no network: { provider, pollable }`);
    return network;
  });
  for (const { provider } of networks) log(`network: ${provider.name}`);
  return { networkMemory: memory, networks };
}

/** Where the machine's entry code lies: all of its stubs. It may be executed, and not written. */
function codeOf(machine: Machine): Stretch {
  let first: PhysicalAddress = Infinity;
  let last: PhysicalAddress = 0;
  for (let vector = 0; vector <= SYSCALL_VECTOR; vector++) {
    const address = machine.stub(vector) - machine.directMapBase;
    first = Math.min(first, address);
    last = Math.max(last, address);
  }
  return { address: first, byteLength: last - first + 1 };
}

function megabytes(bytes: number): string {
  return String(Math.round((bytes / 2 ** 20) * 10) / 10);
}

function colons(address: Uint8Array): string {
  return Array.from(address, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** A kernel address as its 64 bits. */
function hex(address: number): string {
  const high = Math.floor(address / 2 ** 32) >>> 0;
  return `0x${high.toString(16)}${(address >>> 0).toString(16).padStart(8, '0')}`;
}
