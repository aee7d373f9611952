import { createSeededRandom } from '@synos/compliance';

/** What a program asks of its heap, drawn beforehand: so that both sides do the same, and drawing costs nobody time. */
export interface Trace {
  readonly seed: number;
  readonly slotCount: number;
  /** Of each operation: the slot whose block is made or freed. */
  readonly slots: Int32Array;
  /** Of each operation: how many bytes are asked for; 0 frees the slot's block. */
  readonly byteLengths: Int32Array;
  /** The most bytes that were asked for and live at once. */
  readonly peakBytes: number;
}

export const traceOperations = 100_000;

type Draw = () => number;

/** A number from 0 up to 1, without it. */
function draws(seed: number): Draw {
  const random = createSeededRandom(seed);
  return () => random.nextUint32() / 2 ** 32;
}

/** 16 to 128 bytes, each as likely. */
export function uniformTrace(seed: number): Trace {
  const draw = draws(seed);
  return slotTrace(seed, 2000, draw, () => 16 + Math.floor(draw() * 113));
}

/** 16 bytes to 64 KB, each power of two as likely. */
export function mixedTrace(seed: number): Trace {
  const draw = draws(seed);
  return slotTrace(seed, 512, draw, () => Math.floor(16 * 4096 ** draw()));
}

/** 64 blocks of 16 to 128 bytes, freed in reverse, and again. */
export function lifoTrace(seed: number): Trace {
  const draw = draws(seed);
  const depth = 64;
  let depthNow = 0;
  let isRising = true;
  return trace(
    seed,
    depth,
    () => {
      if (depthNow === depth) isRising = false;
      if (depthNow === 0) isRising = true;
      return isRising ? depthNow++ : --depthNow;
    },
    () => 16 + Math.floor(draw() * 113),
  );
}

/** Any of the slots at a time: its block is freed, or, if it has none, made. */
function slotTrace(seed: number, slotCount: number, draw: Draw, drawBytes: Draw): Trace {
  return trace(seed, slotCount, () => Math.floor(draw() * slotCount), drawBytes);
}

/** Operations, and in the end what is still live is freed: a trace leaves a heap as it found it. */
function trace(seed: number, slotCount: number, drawSlot: Draw, drawBytes: Draw): Trace {
  const live = new Int32Array(slotCount);
  const slots: number[] = [];
  const byteLengths: number[] = [];
  let liveBytes = 0;
  let peakBytes = 0;
  const toggle = (slot: number): void => {
    const byteLength = live[slot] === 0 ? drawBytes() : 0;
    slots.push(slot);
    byteLengths.push(byteLength);
    liveBytes += byteLength - live[slot]!;
    live[slot] = byteLength;
    peakBytes = Math.max(peakBytes, liveBytes);
  };
  while (slots.length < traceOperations) toggle(drawSlot());
  for (let slot = slotCount - 1; slot >= 0; slot--) if (live[slot] !== 0) toggle(slot);
  return { seed, slotCount, slots: Int32Array.from(slots), byteLengths: Int32Array.from(byteLengths), peakBytes };
}
