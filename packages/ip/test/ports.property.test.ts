import { type Address, failure, type PortOwner } from '@synos/interfaces';
import { ipv4, ipv6Any } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPortTable, heldPorts } from '../src/index.js';
import { any, own, peer, SeededEntropy } from './support/bench.js';

interface Held {
  readonly local: Address;
  readonly port: number;
  readonly owner: PortOwner & { listening: boolean };
}

const first = 40_000;
const last = 40_003;
const locals = [any, ipv6Any, own, peer, ipv4(10, 0, 0, 3)];
const wild = (address: Address): boolean => address === any || address === ipv6Any;
const meet = (a: Pick<Held, 'local' | 'owner'>, b: Pick<Held, 'local' | 'owner'>): boolean =>
  (a.local === b.local || wild(a.local) || wild(b.local)) &&
  (!a.owner.device || !b.owner.device || a.owner.device === b.owner.device);
/** The words of socket(7): one that is bound, and one that wants to bind or to listen beside it. */
const share = ({ owner: bound }: Held, wants: PortOwner): boolean =>
  (bound.reusePort === true && wants.reusePort === true) ||
  (bound.reuseAddress && wants.reuseAddress && !bound.listening);

const step = fc.record({
  do: fc.constantFrom('claim', 'ephemeral', 'listen', 'release'),
  local: fc.constantFrom(...locals),
  port: fc.integer({ min: first, max: last }),
  reuseAddress: fc.boolean(),
  reusePort: fc.boolean(),
  device: fc.constantFrom(0, 0, 1, 2),
  autobound: fc.boolean(),
  /** Which holder, modulo their number. */
  which: fc.nat(20),
});

test('any order of claims and releases agrees with a list that is searched', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ports = createPortTable({ entropy: new SeededEntropy(), ephemeralRange: [first, last] });
      const held: Held[] = [];
      for (const { do: what, local, port, reuseAddress, reusePort, device, autobound, which } of steps) {
        const owner = { reuseAddress, reusePort, device, listening: false, autobound, acceptsPort: () => true };
        const meets = (at: number): Held[] => held.filter((one) => one.port === at && meet(one, { local, owner }));
        const one = held[which % Math.max(1, held.length)];
        if (what === 'claim') {
          const free = meets(port).every((other) => share(other, owner));
          expect(ports.claim(6, local, port, owner)).toBe(free ? 0 : failure.addressInUse);
          if (free) held.push({ local, port, owner });
        } else if (what === 'ephemeral') {
          const fits = (at: number): boolean => meets(at).every((other) => autobound && other.owner.autobound);
          const result = ports.ephemeral(6, local, owner);
          if (result < 0) {
            for (let at = first; at <= last; at++) expect(fits(at)).toBe(false);
          } else {
            expect(fits(result)).toBe(true);
            held.push({ local, port: result, owner });
          }
        } else if (one !== undefined && what === 'listen') {
          const others = held.filter((other) => other !== one && other.port === one.port && meet(other, one));
          const free = others.every((other) => share(other, one.owner));
          expect(ports.mayListen(6, one.local, one.port, one.owner)).toBe(free ? 0 : failure.addressInUse);
          one.owner.listening = free;
        } else if (one !== undefined) {
          ports.release(6, one.local, one.port, one.owner);
          held.splice(held.indexOf(one), 1);
        }
        expect(heldPorts(ports)).toBe(held.length);
      }
      for (const one of held) ports.release(6, one.local, one.port, one.owner);
      for (let port = first; port <= last; port++) {
        const owner = { reuseAddress: false, listening: false, autobound: false, acceptsPort: () => true };
        expect(ports.claim(6, any, port, owner)).toBe(0);
      }
    }),
    { numRuns: process.env.SYNOS_LONG ? 10_000 : 300 },
  );
});
