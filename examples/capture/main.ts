// Writes what passes over a virtual cable into a pcapng file that Wireshark and tshark open.
import { closeSync, openSync, writeSync } from 'node:fs';
import { createNetwork } from '@synos/netstack/streams';
import { capture, createCable, createPcapng } from '@synos/nic';

const path = process.argv[2] ?? 'capture.pcapng';
const file = openSync(path, 'w');
const pcapng = createPcapng((bytes) => void writeSync(file, bytes), {
  clock: { now: () => performance.now() },
  wallClockOffsetMs: performance.timeOrigin,
});

const cable = createCable();
const a = createNetwork({ interfaces: [{ device: capture(cable.a, pcapng), addresses: ['10.0.0.1/24'] }] });
const b = createNetwork({ interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }] });

const listener = a.listen({ port: 7 });
const [connection, accepted] = await Promise.all([b.connect({ host: '10.0.0.1', port: 7 }), listener.accept()]);
const echo = accepted?.readable.pipeTo(accepted.writable);
const writer = connection.writable.getWriter();
await writer.write(new TextEncoder().encode('captured'));
await writer.close();
for (const reader = connection.readable.getReader(); !(await reader.read()).done; );
await echo;

a.close();
b.close();
closeSync(file);
console.log(`${pcapng.frameCount} frames in ${path}`);
