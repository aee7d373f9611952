import {
  type Address,
  addressEquals,
  assert,
  type Entropy,
  failure,
  isUnspecified,
  type PortOwner,
  type PortTable,
  type Result,
} from '@synos/interfaces';

interface Claim {
  readonly protocol: number;
  readonly local: Address;
  readonly port: number;
  readonly owner: PortOwner;
}

/** First port of the range that `ephemeral` draws from (RFC 6056 §3.2 wants it large). */
export const toyEphemeralFirst = 32_768;
/** Last port of that range. */
export const toyEphemeralLast = 60_999;

/** A port table of a few lines: a list, searched from end to end. */
export interface ToyPortTable extends PortTable {
  /** Claims that are held: 0 when everybody gave back what it took. */
  readonly held: number;
}

/**
 * Makes a port table by the letter of {@link PortTable}.
 *
 * @example
 * ```ts
 * const ports = createToyPortTable(createSeededEntropy(1));
 * ```
 */
export function createToyPortTable(entropy: Entropy): ToyPortTable {
  const claims: Claim[] = [];
  const draw = new Uint8Array(2);

  const collides = (claim: Claim, protocol: number, local: Address, port: number, { device }: PortOwner): boolean =>
    claim.protocol === protocol &&
    claim.port === port &&
    (!device || !claim.owner.device || device === claim.owner.device) &&
    (isUnspecified(local) || isUnspecified(claim.local) || addressEquals(local, claim.local));

  const mayShare = (a: PortOwner, b: PortOwner): boolean =>
    (a.reuseAddress && b.reuseAddress && !a.listening && !b.listening) ||
    (a.reusePort === true && b.reusePort === true) ||
    (a.autobound && b.autobound);

  const claim = (protocol: number, local: Address, port: number, owner: PortOwner): Result => {
    for (const held of claims) {
      if (collides(held, protocol, local, port, owner) && !mayShare(held.owner, owner)) return failure.addressInUse;
    }
    claims.push({ protocol, local: { ...local }, port, owner });
    return 0;
  };

  return {
    claim,
    ephemeral(protocol, local, owner): Result {
      const size = toyEphemeralLast - toyEphemeralFirst + 1;
      entropy.fill(draw);
      const first = ((draw[0]! << 8) | draw[1]!) % size;
      for (let step = 0; step < size; step++) {
        const port = toyEphemeralFirst + ((first + step) % size);
        const isFree = !claims.some((held) => {
          if (!collides(held, protocol, local, port, owner)) return false;
          return !(held.owner.autobound && owner.autobound);
        });
        if (isFree && owner.acceptsPort(port) && claim(protocol, local, port, owner) === 0) return port;
      }
      return failure.addressInUse;
    },
    mayListen(protocol, local, port, owner): Result {
      for (const held of claims) {
        const isOther = held.owner !== owner && held.owner.listening && !(held.owner.reusePort && owner.reusePort);
        if (isOther && collides(held, protocol, local, port, owner)) {
          return failure.addressInUse;
        }
      }
      return 0;
    },
    release(protocol, local, port, owner): void {
      const index = claims.findIndex(
        (held) =>
          held.protocol === protocol && held.port === port && held.owner === owner && addressEquals(held.local, local),
      );
      assert(index >= 0, 'a port was released that was not claimed');
      claims.splice(index, 1);
    },
    get held() {
      return claims.length;
    },
  };
}
