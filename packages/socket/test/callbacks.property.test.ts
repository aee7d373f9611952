import { MSG_DONTWAIT, MSG_WAITALL, SO_LINGER, SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET } from '@synos/abi';
import { type BlockingAccept, type BlockingCall, block, lingerOption, Socket, timeoutOption } from '@synos/socket';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRig, said } from './rig.js';
import { name } from './toy-provider.js';

const step = fc.record({ call: fc.nat(19), which: fc.nat(9), size: fc.integer({ min: 0, max: 1500 }) });

/** Every result is a count, a socket, PENDING or the negative of an errno that Linux knows. */
function isKnown(result: number | Socket): boolean {
  const text = said(result);
  return typeof text === 'number' || !text.startsWith('unknown');
}

test('any call inside any callback is safe; every call that waits ends once; nothing is left', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }), fc.boolean(), (steps, bindsLater) => {
      const rig = createRig();
      const sockets: Socket[] = [rig.stream(), rig.datagram()];
      const pending = [...steps];
      const cancelled = new Set<number>();
      const answers: number[] = [];
      const cancels: (() => number)[] = [];
      let unknown: string | undefined;

      const wait = (socket: Socket, call: BlockingCall | BlockingAccept): void => {
        const id = answers.length;
        answers.push(0);
        cancels[id] = block(socket, call as BlockingAccept, (result) => {
          answers[id]! += 1;
          if (!isKnown(result)) unknown = said(result) as string;
          if (result instanceof Socket) sockets.push(result);
          act();
        });
      };

      const act = (): void => {
        const next = pending.pop();
        if (next === undefined) return;
        const { call, which, size } = next;
        const socket = sockets[which % sockets.length]!;
        const port = 7 + (size % 3);
        const bytes = new Uint8Array(size);
        const doings: readonly (() => number | Socket | undefined)[] = [
          () => sockets.push(rig.stream(size % 2 === 0)),
          () => sockets.push(rig.datagram(size % 2 === 0)),
          () => wait(socket, { call: 'bind', name: name(port) }) as undefined,
          () => wait(socket, { call: 'listen', backlog: 2 }) as undefined,
          () => wait(socket, { call: 'connect', name: name(port) }) as undefined,
          () => wait(socket, { call: 'accept' }) as undefined,
          () => wait(socket, { call: 'accept' }) as undefined,
          () => wait(socket, { call: 'send', bytes, to: name(port) }) as undefined,
          () => wait(socket, { call: 'recv', into: bytes }) as undefined,
          () => wait(socket, { call: 'recv', into: bytes, flags: MSG_WAITALL }) as undefined,
          () => wait(socket, { call: 'close' }) as undefined,
          () => socket.close(),
          () => socket.shutdown(size % 3),
          () => socket.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(size % 3)),
          () => socket.setsockopt(SOL_SOCKET, size % 2 ? SO_RCVTIMEO : SO_SNDTIMEO, timeoutOption(size)),
          () => socket.send(bytes, MSG_DONTWAIT),
          () => socket.recv(bytes, MSG_DONTWAIT),
          () => socket.connect({ family: 0, ...name(0, 0) }),
          () => {
            rig.net.bindsLater = bindsLater && size % 2 === 0;
            return undefined;
          },
          () => {
            const id = size % Math.max(1, cancels.length);
            if (cancels[id] === undefined || answers[id] !== 0) return undefined;
            cancelled.add(id);
            return cancels[id]!();
          },
        ];
        const result = doings[call]!();
        if (result !== undefined && !isKnown(result)) unknown = said(result) as string;
      };

      for (let round = 0; round < 300 && pending.length > 0; round += 1) {
        act();
        if (round % 3 === 0) rig.net.run();
        if (round % 5 === 0) rig.advance(50);
      }
      expect(unknown).toBeUndefined();
      for (const socket of sockets) socket.close();
      for (let round = 0; round < 10; round += 1) rig.advance(5000);
      for (const socket of sockets) socket.close();
      rig.advance(5000);
      // Closed sockets end all that waited on them: each call has had its one answer, or was taken back.
      answers.forEach((count, id) => {
        expect(count).toBe(cancelled.has(id) ? 0 : 1);
      });
      expect(rig.sockets.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
      // What a listener had not handed out is the toy's: its listeners abort it.
      expect(rig.net.open_.size).toBe(0);
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 1000 },
  );
});
