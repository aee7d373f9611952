import { type Address, addressEquals, KeyedHash } from '@synos/interfaces';
import { ipv4FromWord } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Demux } from '../src/demux.js';
import { Flow, flowKind } from '../src/flow.js';

class Plain extends Flow {
  constructor(local: Address, localPort: number, remote: Address, remotePort: number) {
    super(flowKind.connection, local, localPort, remote, remotePort, 0);
  }
}

// Few values, so that flows meet again and clusters form.
const address = fc.oneof(
  fc.integer({ min: 0, max: 3 }).map((n) => ipv4FromWord(n)),
  fc.integer({ min: 0, max: 3 }).map((w0) => ({ w0, w1: 7, w2: 0, w3: 1 })),
);
const port = fc.integer({ min: 1, max: 12 });
const operation = fc.record({
  what: fc.constantFrom('insert', 'insert', 'remove', 'replace', 'find'),
  local: address,
  localPort: port,
  remote: address,
  remotePort: port,
});

describe('the demultiplexer against a plain list', () => {
  test('insert, remove, replace and find', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(operation, { maxLength: 400 }), (key, operations) => {
        const demux = new Demux(new KeyedHash(key, ~key, 1, 3));
        let model: Plain[] = [];
        for (const { what, local, localPort, remote, remotePort } of operations) {
          const known = model.find(
            (flow) =>
              flow.localPort === localPort &&
              flow.remotePort === remotePort &&
              addressEquals(flow.local, local) &&
              addressEquals(flow.remote, remote),
          );
          expect(demux.find(local, localPort, remote, remotePort)).toBe(known ?? null);
          if (what === 'insert' && known === undefined) {
            const flow = new Plain(local, localPort, remote, remotePort);
            demux.insert(flow);
            model.push(flow);
          } else if (what === 'remove' && known !== undefined) {
            demux.remove(known);
            expect(known.id).toBe(-1);
            model = model.filter((flow) => flow !== known);
          } else if (what === 'replace' && known !== undefined) {
            const flow = new Plain(local, localPort, remote, remotePort);
            demux.replace(known, flow);
            model = model.map((other) => (other === known ? flow : other));
          }
          expect(demux.count).toBe(model.length);
        }
        for (const flow of model) {
          expect(demux.find(flow.local, flow.localPort, flow.remote, flow.remotePort)).toBe(flow);
          expect(demux.flows[flow.id]).toBe(flow);
        }
      }),
    );
  });

  test('ids are used again: the table of 50,000 flows that come and go stays as small as 1,000', () => {
    const demux = new Demux(new KeyedHash(1, 2, 1, 3));
    const live: Plain[] = [];
    for (let i = 0; i < 50_000; i++) {
      const flow = new Plain(ipv4FromWord(1), 80, ipv4FromWord(i), i & 0xffff);
      demux.insert(flow);
      live.push(flow);
      if (live.length > 1000) demux.remove(live.shift()!);
    }
    expect(demux.count).toBe(1000);
    expect(demux.flows.length).toBeLessThanOrEqual(1001);
  });
});
