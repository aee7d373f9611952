import { checksumState, type DeviceFeatures, type NetDevice, type Packet } from '@synos/interfaces';
import { type ChecksumField, completeInPlace } from './checksum-completion.js';
import { DeviceDecorator } from './device-decorator.js';
import { commonFeatures, plainFeatures } from './features.js';

/**
 * A device that hides some of another's features, so that the stack above does by itself what was hidden.
 *
 * @param device - the device; the decorator takes its place (do not use it besides)
 * @param allowed - what may still be seen; default nothing. A frame that only the device vouched for gets its checksum
 *   filled in and is handed up with no word about it
 * @example
 * const plain = maskFeatures(createLoopback()); // checksums are filled and verified after all
 */
export function maskFeatures(device: NetDevice, allowed: DeviceFeatures = plainFeatures): NetDevice {
  return new MaskedDevice(device, allowed);
}

class MaskedDevice extends DeviceDecorator {
  readonly #allowed: DeviceFeatures;
  #common: DeviceFeatures;
  #seen: DeviceFeatures;
  readonly #field: ChecksumField;

  constructor(inner: NetDevice, allowed: DeviceFeatures) {
    super(inner);
    this.#allowed = allowed;
    this.#seen = inner.features;
    this.#common = commonFeatures(inner.features, allowed);
    this.#field = { at: 0, value: 0 };
  }

  override get features(): DeviceFeatures {
    const features = this.inner.features;
    if (features !== this.#seen) {
      this.#seen = features;
      this.#common = commonFeatures(features, this.#allowed);
    }
    return this.#common;
  }

  override transmit(packet: Packet): boolean {
    const state = packet.checksum;
    if (state === checksumState.verified && !this.features.fillsChecksums) packet.checksum = checksumState.none;
    const isTaken = this.inner.transmit(packet);
    if (!isTaken) packet.checksum = state;
    return isTaken;
  }

  override receive(): Packet | null {
    const packet = this.inner.receive();
    if (packet !== null && packet.checksum !== checksumState.none && !this.features.verifiesChecksums) {
      completeInPlace(packet, this.#field);
    }
    return packet;
  }
}
