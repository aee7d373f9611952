// A system-call table of one's own: two calls that no other system has, traced and documented. One of them waits.
import { EFAULT } from '@synos/abi';
import { type TrapFrame, trapFrame, trapFrameTail, type UserMemory } from '@synos/interfaces';
import {
  copyInString,
  createDispatcher,
  createTrace,
  describeTable,
  type Handlers,
  type ParkedCall,
  park,
  type SystemCallTable,
  tableText,
} from '@synos/syscall';
import { createTrapFrame } from '@synos/trap';

const profile: SystemCallTable = {
  name: 'guests',
  vector: 0x80,
  calls: [
    { number: 1, name: 'greet' },
    { number: 2, name: 'await_guest' },
    { number: 3, name: 'leave' },
  ],
};

const signatures = {
  greet: { arguments: [{ name: 'name', kind: 'string-in', type: 'const char *' }], returns: 'int' },
  await_guest: { arguments: [{ name: 'timeout', kind: 'int', type: 'int' }], returns: 'int' },
  leave: { arguments: [], returns: 'none' },
} as const;

interface Thread {
  readonly id: number;
  readonly memory: UserMemory;
}

const guests: string[] = [];
const waiting: ParkedCall[] = [];

const handlers: Handlers<Thread, typeof signatures> = {
  greet({ memory }, address) {
    const name = copyInString(memory, address, 64);
    if (typeof name === 'number') return name;
    guests.push(String.fromCharCode(...name));
    for (const call of waiting.splice(0)) call.wake();
    return guests.length;
  },
  await_guest() {
    const call = park({
      resume: () => (guests.length > 0 ? guests.length : undefined),
      cancel() {
        waiting.splice(waiting.indexOf(call), 1);
        return undefined;
      },
    });
    waiting.push(call);
    return call;
  },
};

const { dispatch } = createDispatcher({
  profile,
  signatures,
  handlers,
  onAnswered: ({ id }) => console.log(`thread ${id} may run again`),
  observer: createTrace<Thread>((line) => console.log(line), { prefix: ({ id }) => `[${id}] ` }),
});

/** The registers of a program that calls. */
function calling(number: number, argument = 0): TrapFrame {
  const frame = createTrapFrame(new Uint8Array(trapFrameTail.end));
  frame.set(trapFrame.vector, profile.vector);
  frame.set(trapFrame.rax, number);
  frame.set(trapFrame.rdi, argument);
  return frame;
}

// A program's memory: one page at 0x1000.
const page = new Uint8Array(4096);
page.set(new TextEncoder().encode('Ada\0'), 0x10);
const lengthFrom = (address: number, wanted: number): number =>
  address >= 0x1000 && address < 0x2000 ? Math.min(wanted, 0x2000 - address) : 0;
const memory: UserMemory = {
  copyIn(address, into, offset = 0, byteLength = into.length - offset) {
    const length = lengthFrom(address, byteLength);
    if (length > 0) into.set(page.subarray(address - 0x1000, address - 0x1000 + length), offset);
    return length;
  },
  copyOut: () => 0,
  zeroOut: () => 0,
};

const first = calling(2, 1000);
dispatch(first, { id: 1, memory });
dispatch(calling(1, 0x1010), { id: 2, memory });
const lost = calling(1, 0x9000);
dispatch(lost, { id: 2, memory });
dispatch(calling(3), { id: 2, memory });

console.log(
  `await_guest answered ${first.signed(trapFrame.rax)}, a bad address ${-EFAULT}: ${lost.signed(trapFrame.rax)}`,
);
console.log(tableText(describeTable(profile, signatures, handlers)).trimEnd());
