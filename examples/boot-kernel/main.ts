// A kernel boots on a simulated PC and runs a C program in ring 3. Time is the machine's own: it counts instructions, so
// this prints the same in every run, and ends as soon as the program does.
import { createKernel } from '@synos/kernel';
import { createSimulatedPc } from '@synos/machine-sim';
import { hello } from '@synos/userland/hello';
import { init } from '@synos/userland/init';

const machine = createSimulatedPc({
  time: { mode: 'virtual' },
  entropy: { fill: (bytes) => void crypto.getRandomValues(bytes) },
  memoryBytes: 16 << 20,
  bootModules: [init, hello].map((program) => ({ name: program.name, bytes: program.bytes() })),
  onConsole: (bytes) => process.stdout.write(bytes),
  onPanic: (text) => console.error(text),
});
const kernel = createKernel({
  machine,
  init: { path: '/boot/init', argv: ['init', 'hello'] },
  trace: (line) => console.log(line),
});

for (;;) {
  const state = kernel.step(100_000);
  if (state === 'off') break;
  if (state !== 'idle') continue;
  // Nothing to run: the machine leaps to the next event.
  const vector = await machine.idle(kernel.nextDeadline());
  if (vector >= 0) kernel.interrupt(vector);
}
console.log(`init ended with status ${kernel.exitStatus}`);
