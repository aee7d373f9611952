import { EBADF, EFAULT, EINVAL, ENOSYS, ENOTSOCK } from '@synos/abi';
import type {
  TcpCallId,
  TcpSyscallAnswer,
  TcpSyscallArgument,
  TcpSyscallCompletion,
  TcpSyscallOutcome,
} from '@synos/compliance';
import type { Epoll, Socket, Sockets } from '@synos/socket';
import { answer, type Call } from './answer.js';
import { Refusal } from './arguments.js';
import { descriptorCalls } from './descriptor-calls.js';
import { type Description, Descriptors } from './descriptors.js';
import type { Machine } from './machine.js';
import { pollCalls } from './poll-calls.js';
import { socketCalls } from './socket-calls.js';
import { transferCalls } from './transfer-calls.js';

const calls: ReadonlyMap<string, Call> = /* @__PURE__ */ new Map([
  ...Object.entries(descriptorCalls),
  ...Object.entries(socketCalls),
  ...Object.entries(transferCalls),
  ...Object.entries(pollCalls),
]);

/** The program whose calls a tester makes: its descriptors and the calls that wait. */
export class Process {
  readonly descriptors: Descriptors = new Descriptors();
  private readonly machine: Machine;
  private completed: TcpSyscallCompletion[] = [];
  private nextCall: TcpCallId = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  get sockets(): Sockets {
    return this.machine.stack.sockets;
  }

  syscall(name: string, args: readonly TcpSyscallArgument[]): TcpSyscallAnswer {
    const call = calls.get(name);
    if (call === undefined) return answer(-ENOSYS);
    if (!Array.isArray(args)) return answer(-EFAULT);
    let answered: TcpSyscallAnswer;
    try {
      answered = call(this, ...args);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answered = answer(error.errno);
    }
    this.machine.settle();
    return answered;
  }

  completions(): TcpSyscallCompletion[] {
    const { completed } = this;
    this.completed = [];
    return completed;
  }

  /** Answers what `start` tells, at once or as a completion. */
  wait(start: (done: (outcome: TcpSyscallOutcome) => void) => void): TcpSyscallAnswer {
    let outcome: TcpSyscallOutcome | null = null;
    let call = -1;
    start((result) => {
      if (call < 0) outcome = result;
      else this.completed.push({ call, timeMs: this.machine.now(), outcome: result });
    });
    if (outcome !== null) return outcome;
    call = this.nextCall;
    this.nextCall += 1;
    return { kind: 'pending', call };
  }

  /** What stands behind a descriptor. */
  description(fd: unknown): Description {
    const found = this.descriptors.find(fd);
    if (found === undefined) throw new Refusal(-EBADF);
    return found;
  }

  socket(fd: unknown): Socket {
    const { socket } = this.description(fd);
    if (socket === null) throw new Refusal(-ENOTSOCK);
    return socket;
  }

  /** What read and write take, which are calls on any file; an epoll has neither. */
  file(fd: unknown): Socket {
    const { socket } = this.description(fd);
    if (socket === null) throw new Refusal(-EINVAL);
    return socket;
  }

  epoll(fd: unknown): Epoll {
    const { epoll } = this.description(fd);
    if (epoll === null) throw new Refusal(-EINVAL);
    return epoll;
  }

  /** Gives a descriptor to what a call has made. */
  open(description: Description): TcpSyscallAnswer {
    const fd = this.descriptors.reserve();
    if (fd >= 0) this.descriptors.fill(fd, description);
    return answer(fd);
  }
}
