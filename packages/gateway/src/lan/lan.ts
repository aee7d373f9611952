import type { Entropy, EventLoop, NetDevice, PacketPool } from '@synos/interfaces';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { capture, createPatch, createSwitch, type Pcapng, type Switch } from '@synos/nic';
import { createStackMemory, parseAddress } from '@synos/wire';
import { createSimdMemory } from '@synos/wire/simd';
import { nodeEntropy, nodeLoop } from '../node-host.js';
import { type GuardCounters, GuardedDevice, GuardState, stationOf } from './guard.js';

/** Frames of a guest that are moved each way per turn of the event loop: everybody gets a turn. */
const framesPerTurn = 16;
const largestLan = 64;
/** Frames that may wait at a port of the switch; what all guests bring in a turn fits at the gateway's. */
const portQueueLength = framesPerTurn * largestLan;
/** Frames that a guest may have waiting in all: at its port, and each way in its own device. */
const framesPerGuest = portQueueLength + 2 * 256;

/** Options of {@link createLan}. */
export interface LanOptions {
  /** The gateway's address with its prefix; `'10.0.0.1/24'` by default. */
  readonly address?: string;
  /** Guests at once, 1 to 64; 16 by default. Further ones are turned away. */
  readonly maxGuests?: number;
  /** Is written each frame of each guest, as it came and went. */
  readonly pcapng?: Pcapng;
  /** Node's own by default. */
  readonly loop?: EventLoop;
  /** Node's own by default. */
  readonly entropy?: Entropy;
}

/** What has passed between guests and network. */
export interface LanStats {
  /** Guests now, and in all. */
  readonly guests: number;
  readonly guestsInAll: number;
  /** Guests that were one too many. */
  readonly turnedAway: number;
  readonly framesFromGuests: number;
  readonly bytesFromGuests: number;
  readonly framesToGuests: number;
  readonly bytesToGuests: number;
  /** Frames of guests that were not let in, by reason. */
  readonly guarded: Readonly<GuardCounters>;
}

/** A guest's place in the network. */
export interface LanGuest {
  /** Takes it out and closes its device. Idempotent. */
  leave(): void;
}

/** Guests on a switch, and the gateway's stack at one of its ports. */
export interface Lan {
  /** The stack to make a gateway on. Driven; it ends with {@link close}. */
  readonly stack: Netstack;
  /** The gateway's address with its prefix. */
  readonly address: string;
  /** Where guests' devices should have their packets. */
  readonly pool: PacketPool;
  readonly stats: LanStats;
  /**
   * Puts a device in the network: whatever it receives is a guest's. The device is the network's from now on.
   *
   * @returns `null`, and the device is closed, when there is no place left
   */
  join(device: NetDevice): LanGuest | null;
  /** Whether somebody else than a station (12 hexadecimal digits) uses an address: what a DHCP server wants to know. */
  isTaken(address: string, station: string): boolean;
  /** Takes every guest out and ends the stack. Idempotent. */
  close(): void;
}

/**
 * A network for guests that are far away: each is a device that leads to it (`@synos/node/stream`, a frame port). They are
 * joined by a switch; each gets its turn; and none can speak in another's name: hardware addresses (4 a guest) and IPv4
 * addresses (16) belong to whoever used them first, until they are unused for five minutes. DHCP messages beyond 10 a
 * second are dropped.
 *
 * @throws TypeError for an address that does not parse; RangeError for a number of guests
 * @example
 * ```ts
 * const lan = createLan();
 * const gateway = createGateway({ stack: lan.stack });
 * gateway.openOutbound();
 * await listenStream({ path: '/tmp/lan', pool: lan.pool, onPeer: ({ device }) => lan.join(device) });
 * ```
 */
export function createLan(options: LanOptions = {}): Lan {
  return new SwitchedLan(options);
}

interface Place extends LanGuest {
  readonly device: NetDevice;
}

/** Counts that every device has, as its stack sees them: received is from the guest. */
interface Traffic {
  rxPackets: number;
  rxBytes: number;
  txPackets: number;
  txBytes: number;
}

class SwitchedLan implements Lan {
  readonly stack: Netstack;
  readonly address: string;
  readonly pool: PacketPool;
  readonly #loop: EventLoop;
  readonly #pcapng: Pcapng | undefined;
  readonly #switch: Switch;
  readonly #guards: GuardState;
  readonly #places: (Place | null)[];
  readonly #stopStack: () => void;
  /** Of guests that have left. */
  readonly #gone: Traffic;
  #guestsInAll: number;
  #turnedAway: number;
  #isClosed: boolean;

  constructor(options: LanOptions) {
    const { address = '10.0.0.1/24', maxGuests = 16, loop = nodeLoop, entropy = nodeEntropy, pcapng } = options;
    if (!(Number.isInteger(maxGuests) && maxGuests >= 1 && maxGuests <= largestLan)) {
      throw new RangeError(`maxGuests must be 1 to ${largestLan}: ${maxGuests}`);
    }
    const own = parseAddress(address.split('/')[0] ?? '');
    if (own === undefined) throw new TypeError(`not an address with a prefix (like 10.0.0.1/24): ${address}`);
    const memory = createStackMemory({ allocate: createSimdMemory });
    // What waits for guests lies apart: a guest that does not come for its frames costs the gateway nothing.
    const pool = createStackMemory({
      smallPackets: maxGuests * framesPerGuest,
      largePackets: 1,
      ringBytes: 64,
      allocate: createSimdMemory,
    }).packets;
    const ports = Array.from({ length: maxGuests }, (_, index) => ({ name: `guest-${index}`, pool }));
    const lan = createSwitch({
      ports: [{ name: 'gateway', pool: memory.packets }, ...ports],
      queueLength: portQueueLength,
    });
    for (let index = 1; index <= maxGuests; index += 1) lan.port(index).setLink(false);
    const stack = createNetstack({
      clock: loop,
      entropy,
      memory,
      interfaces: [{ device: lan.port(0), addresses: [address] }],
    });
    this.stack = stack;
    this.address = address;
    this.pool = pool;
    this.#loop = loop;
    this.#pcapng = pcapng;
    this.#switch = lan;
    this.#guards = new GuardState(loop, { station: lan.port(0).address, address: own.w3 });
    this.#places = new Array<Place | null>(maxGuests).fill(null);
    this.#stopStack = drive(stack, loop, { budgetPackets: portQueueLength });
    this.#gone = { rxPackets: 0, rxBytes: 0, txPackets: 0, txBytes: 0 };
    this.#guestsInAll = 0;
    this.#turnedAway = 0;
    this.#isClosed = false;
  }

  get stats(): LanStats {
    const present = this.#places.filter((place) => place !== null);
    const sum = (name: keyof Traffic): number =>
      present.reduce((all, { device }) => all + (device.counters[name] ?? 0), this.#gone[name]);
    return {
      guests: present.length,
      guestsInAll: this.#guestsInAll,
      turnedAway: this.#turnedAway,
      framesFromGuests: sum('rxPackets'),
      bytesFromGuests: sum('rxBytes'),
      framesToGuests: sum('txPackets'),
      bytesToGuests: sum('txBytes'),
      guarded: { ...this.#guards.counters },
    };
  }

  join(device: NetDevice): LanGuest | null {
    const free = this.#isClosed ? -1 : this.#places.indexOf(null);
    if (free < 0) {
      this.#turnedAway += 1;
      device.close();
      return null;
    }
    this.#guestsInAll += 1;
    const port = this.#switch.port(free + 1);
    const shown = this.#pcapng === undefined ? device : capture(device, this.#pcapng);
    const guarded = new GuardedDevice(shown, this.#guards);
    port.setLink(true);
    const patch = createPatch(guarded, port);
    const stop = drive(patch, this.#loop, { budgetPackets: 2 * framesPerTurn });
    const place: Place = {
      device,
      leave: () => {
        if (this.#places[free] !== place) return;
        this.#places[free] = null;
        for (const name of ['rxPackets', 'rxBytes', 'txPackets', 'txBytes'] as const) {
          this.#gone[name] += device.counters[name] ?? 0;
        }
        stop();
        patch.close();
        guarded.release();
        device.close();
        port.setLink(false);
        // What waited for this guest is not the next one's.
        for (let packet = port.receive(); packet !== null; packet = port.receive()) packet.pool.release(packet);
      },
    };
    this.#places[free] = place;
    return place;
  }

  isTaken(address: string, station: string): boolean {
    const word = parseAddress(address)?.w3;
    if (word === undefined) return false;
    const holder = this.#guards.addresses.ownerOf(word);
    return holder !== undefined && holder !== this.#guards.stations.ownerOf(stationOf(Buffer.from(station, 'hex'), 0));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const place of this.#places) place?.leave();
    this.#stopStack();
    this.stack.dispose();
    this.#switch.close();
  }
}
