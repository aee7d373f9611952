import { assert, type NetDevice } from '@synos/interfaces';
import type { SimulatedPcOptions, TimeSource } from './simulated-pc.js';

/** Slots of PCI bus 0 that the host bridge leaves. */
const MOST_CARDS = 31;

/**
 * Names the option that is wrong, before anything is built of it. Many who call have no types, and some mistakes (no
 * entropy, no event loop) would show much later, inside of a kernel.
 *
 * @throws an assertion
 */
export function checkOptions(options: SimulatedPcOptions): void {
  assert(typeof options === 'object' && options !== null, 'createSimulatedPc takes an object with time and entropy');
  const { time, entropy, sliceInstructions, bootModules = [], network = [], commandLine = '' } = options;
  checkTime(time);
  assert(isMethod(entropy, 'fill'), 'entropy is an object with fill(bytes)');
  assert(
    sliceInstructions === undefined || (Number.isInteger(sliceInstructions) && sliceInstructions > 0),
    `sliceInstructions is an integer above 0, not ${sliceInstructions}`,
  );
  assert(typeof commandLine === 'string', 'commandLine is a string');
  assert(Array.isArray(bootModules), 'bootModules is an array of { name, bytes }');
  bootModules.forEach((module, index) => {
    assert(typeof module?.name === 'string', `bootModules[${index}].name is a string`);
    // Not `instanceof`: arrays come from other realms, too.
    const isBytes = ArrayBuffer.isView(module.bytes) && module.bytes.BYTES_PER_ELEMENT === 1;
    assert(isBytes, `bytes of the boot module ${module.name} are a Uint8Array, not a ${typeof module.bytes}`);
  });
  assert(Array.isArray(network), 'network is an array of devices');
  assert(network.length <= MOST_CARDS, `network has ${network.length} devices, and PCI room for ${MOST_CARDS}`);
  network.forEach((device: NetDevice, index) => {
    const isDevice = isMethod(device, 'transmit') && typeof device.features === 'object';
    assert(isDevice, `network[${index}] is no NetDevice (one end of a cable, a port of a switch)`);
    assert(network.indexOf(device) === index, `network[${index}] is the device of another card as well`);
  });
}

function checkTime(time: TimeSource): void {
  const mode = time?.mode;
  assert(mode === 'virtual' || mode === 'host', `time is { mode: 'virtual' } or { mode: 'host', loop, wallTimeMs }`);
  if (mode === 'host') {
    const { loop, wallTimeMs } = time;
    const isLoop = isMethod(loop, 'now') && isMethod(loop, 'at') && isMethod(loop, 'soon');
    assert(isLoop, "time.loop, which mode 'host' needs, is an EventLoop: now, at, soon");
    assert(typeof wallTimeMs === 'function', "time.wallTimeMs, which mode 'host' needs, is a function");
    return;
  }
  const { instructionsPerSecond: rate = 1000, startWallTimeMs = 0 } = time;
  assert(
    Number.isInteger(rate) && rate >= 1000 && rate <= 1e10,
    `time.instructionsPerSecond is an integer from 1,000 to 10^10, not ${rate}`,
  );
  assert(Number.isFinite(startWallTimeMs), `time.startWallTimeMs is a number, not ${startWallTimeMs}`);
}

function isMethod(owner: unknown, name: string): boolean {
  return typeof (owner as Record<string, unknown> | null | undefined)?.[name] === 'function';
}
