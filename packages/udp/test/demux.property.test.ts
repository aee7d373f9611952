import { createSeededEntropy } from '@synos/compliance';
import { type Address, addressEquals, isIpv4Mapped, isUnspecified, KeyedHash, secretHash } from '@synos/interfaces';
import { ipv4, ipv4Any, ipv6Any } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyDevice, Demux, type DemuxEntry } from '../src/demux.js';

interface Entry extends DemuxEntry {
  readonly id: number;
}

/** Flows often meet under one number, as by chance any two may. */
class PoorHash extends KeyedHash {
  override ofFlow(...flow: Parameters<KeyedHash['ofFlow']>): number {
    return super.ofFlow(...flow) & 1;
  }
}

const toy: Address = { w0: 5, w1: 6, w2: 7, w3: 8 };
const locals = [ipv4Any, ipv6Any, ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2), toy];
const remotes = [ipv4(10, 0, 0, 3), ipv4(10, 0, 0, 4), toy];

const localOf = fc.constantFrom(...locals);
const remoteOf = fc.constantFrom(...remotes);
const deviceOf = fc.constantFrom(0, 0, 1, 2);
const portOf = fc.integer({ min: 1, max: 4 });
const command = fc.oneof(
  fc.record({
    kind: fc.constant('bind' as const),
    local: localOf,
    port: portOf,
    device: deviceOf,
    reuse: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('connect' as const),
    local: localOf,
    port: portOf,
    device: deviceOf,
    reuse: fc.boolean(),
    remote: remoteOf,
    remotePort: portOf,
  }),
  fc.record({ kind: fc.constant('remove' as const), which: fc.nat(60) }),
);

/** By the words of the contract: a list, searched for the best; who may be chosen, the last one first. */
function modelFind(
  entries: Entry[],
  local: Address,
  port: number,
  remote: Address,
  remotePort: number,
  device: number,
): number[] {
  const scored: { id: number; score: number; reuse: boolean; connected: boolean }[] = [];
  for (const entry of entries) {
    if (entry.localPort !== port) continue;
    if (entry.device !== 0 && entry.device !== device && device !== anyDevice) continue;
    const exact = addressEquals(entry.boundAddress, local);
    const connected = entry.remotePort !== 0;
    let score = 0;
    if (connected) {
      if (exact && entry.remotePort === remotePort && addressEquals(entry.peerAddress, remote)) score = 100;
    } else {
      if (exact) score = 20;
      else if (isUnspecified(entry.boundAddress)) {
        if (!isIpv4Mapped(entry.boundAddress)) score = 1;
        else if (isIpv4Mapped(local)) score = 2;
      }
      if (score > 0 && entry.device !== 0) score += 10;
    }
    if (score > 0) scored.push({ id: entry.id, score, reuse: entry.reusePort, connected });
  }
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const equals = scored.filter(({ score }) => score === best).reverse();
  const [first] = equals;
  if (first === undefined) return [];
  return first.reuse && !first.connected ? equals.filter(({ reuse }) => reuse).map(({ id }) => id) : [first.id];
}

test('find and findGroup agree with a list that is searched from end to end', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 80, size: 'max' }),
      fc.nat(1000),
      fc.boolean(),
      (commands, seed, poor) => {
        const hash = poor ? new PoorHash(seed, seed, 1, 3) : secretHash(createSeededEntropy(seed), 1, 3);
        const demux = new Demux<Entry>(hash);
        const entries: Entry[] = [];
        commands.forEach((each, id) => {
          if (each.kind === 'remove') {
            const [entry] = entries.splice(each.which % Math.max(1, entries.length), 1);
            if (entry !== undefined) demux.remove(entry);
            return;
          }
          const isBound = each.kind === 'bind';
          const entry: Entry = {
            id,
            boundAddress: each.local,
            localPort: each.port,
            peerAddress: isBound ? ipv6Any : each.remote,
            remotePort: isBound ? 0 : each.remotePort,
            device: each.device,
            reusePort: each.reuse,
            isListed: false,
          };
          entries.push(entry);
          demux.add(entry);
        });
        expect(entries.every(({ isListed }) => isListed)).toBe(true);
        for (const local of locals.slice(2)) {
          for (const port of [1, 2, 3, 4]) {
            for (const remote of remotes) {
              for (const device of [anyDevice, 1, 2, 3]) {
                const found = demux.find(local, port, remote, 1, device);
                const model = modelFind(entries, local, port, remote, 1, device);
                if (found === null ? model.length > 0 : !model.includes(found.id)) expect(model).toBe(found?.id);
                if (found !== demux.find(local, port, remote, 1, device))
                  expect('the same flow').toBe('the same endpoint');
              }
            }
            const group: Entry[] = [];
            demux.findGroup(local, port, 1, group);
            const expected = entries.filter(
              (entry) =>
                entry.localPort === port &&
                entry.remotePort === 0 &&
                entry.device <= 1 &&
                (addressEquals(entry.boundAddress, local) ||
                  addressEquals(entry.boundAddress, ipv6Any) ||
                  (isIpv4Mapped(local) && addressEquals(entry.boundAddress, ipv4Any))),
            );
            expect(group.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
          }
        }
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 5000 : 60 },
  );
});

test('the later of two with one key comes first, also after the table grew and places were used again', () => {
  const demux = new Demux<Entry>(secretHash(createSeededEntropy(1), 1, 3));
  const entry = (id: number, localPort: number): Entry => ({
    id,
    boundAddress: ipv4Any,
    localPort,
    peerAddress: ipv6Any,
    remotePort: 0,
    device: 0,
    reusePort: false,
    isListed: false,
  });
  const gone = entry(0, 1);
  demux.add(gone);
  demux.add(entry(1, 7));
  demux.remove(gone);
  demux.add(entry(2, 7));
  for (let id = 3; id < 40; id += 1) demux.add(entry(id, id + 100));
  expect(demux.find(ipv4(10, 0, 0, 1), 7, ipv4(10, 0, 0, 3), 9, 0)?.id).toBe(2);
});
