import type { PhysicalAddress, PhysicalMemory } from '@synos/interfaces';
import { FrameWindows } from '../frame-windows.js';

/** The bytes of frames, by address. */
export class PhysicalBytes extends FrameWindows<Uint8Array<ArrayBuffer>> {
  constructor(memory: PhysicalMemory) {
    super(memory, (bytes) => bytes, new Uint8Array(0));
  }

  /** The view that an address lies in. It lies at {@link indexOf} there, and all of its frame with it. */
  viewOf(address: PhysicalAddress): Uint8Array<ArrayBuffer> {
    this.enter(address);
    return this.view;
  }

  /** Where in the view that {@link viewOf} answered last. */
  indexOf(address: PhysicalAddress): number {
    return address - this.start;
  }
}
