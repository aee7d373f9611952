// SO_REUSEPORT and SO_BINDTODEVICE of listeners, socket(7): which of many a SYN is for.
import { type Address, addressEquals, failure, isIpv4Mapped, isUnspecified } from '@synos/interfaces';
import { ipv4, ipv4Any, ipv6Any } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findListener, Tcp } from '../src/protocol.js';
import { defaultSettings } from '../src/settings.js';
import { FakeHost } from './fake-network.js';

const own = ipv4(10, 0, 0, 1);
const locals = [own, ipv4Any, ipv6Any];
const peer = (n: number): Address => ipv4(10, 0, 1, n);

const listenerOf = fc.record({
  local: fc.constantFrom(...locals),
  device: fc.constantFrom(0, 0, 1, 2),
  reusePort: fc.boolean(),
});
type Listener = { local: Address; device: number; reusePort: boolean };

/** Who may be chosen, by the words of the contract. */
function model(listeners: readonly Listener[], device: number): number[] {
  const scored = listeners.map(({ local, device: bound }) => {
    if (bound !== 0 && bound !== device) return 0;
    const byAddress = addressEquals(local, own)
      ? 2
      : isUnspecified(local) && (isIpv4Mapped(own) || !isIpv4Mapped(local))
        ? 1
        : 0;
    return byAddress === 0 ? 0 : 10 * byAddress + (bound === 0 ? 0 : 1);
  });
  const best = Math.max(0, ...scored);
  if (best === 0) return [];
  const equals = listeners.flatMap((_, nth) => (scored[nth] === best ? [nth] : []));
  const first = equals[0] as number;
  return listeners[first]?.reusePort ? equals.filter((nth) => listeners[nth]?.reusePort) : [first];
}

function listen(tcp: Tcp, { local, device, reusePort }: Listener): number {
  const endpoint = tcp.open();
  if (typeof endpoint === 'number') return endpoint;
  endpoint.setOption('reusePort', reusePort ? 1 : 0);
  endpoint.setOption('device', device);
  // Whether they may share is the port table's business: here all may.
  endpoint.setOption('reuseAddress', 1);
  const bound = endpoint.bind({ address: local, port: 80 });
  return bound < 0 ? bound : endpoint.listen(1);
}

test('any listeners: the best one, or one of the best group, for a flow always the same', () => {
  fc.assert(
    fc.property(fc.array(listenerOf, { minLength: 1, maxLength: 6 }), (listeners) => {
      const host = new FakeHost(own, () => 0);
      host.ports.claim = () => 0;
      host.ports.mayListen = () => 0;
      const tcp = new Tcp(host, defaultSettings);
      expect(listeners.map((each) => listen(tcp, each))).toEqual(listeners.map(() => 0));
      const all = tcp.core.listeners.get(80) ?? [];
      for (const device of [1, 2, 3]) {
        const allowed = model(listeners, device);
        const reached = new Set<number>();
        for (let flow = 0; flow < 64; flow += 1) {
          const arrival = { destination: own, source: peer(flow & 7), device };
          const found = findListener(tcp.core, arrival, 80, 1000 + flow);
          expect(findListener(tcp.core, arrival, 80, 1000 + flow)).toBe(found);
          reached.add(found === null ? -1 : all.indexOf(found));
        }
        // 64 flows leave out one of six once in 20,000 times: then another key, which the fake host always gives.
        expect([...reached].sort()).toEqual(allowed.length === 0 ? [-1] : allowed);
      }
    }),
    { numRuns: process.env.SYNOS_LONG ? 2000 : 100 },
  );
});

test('the group is what the port table lets listen', () => {
  const tcp = new Tcp(new FakeHost(own, () => 0), defaultSettings);
  const plain = { local: ipv4Any, device: 0, reusePort: false };
  expect([listen(tcp, { ...plain, reusePort: true }), listen(tcp, { ...plain, reusePort: true })]).toEqual([0, 0]);
  expect(listen(tcp, plain)).toBe(failure.addressInUse);
});
