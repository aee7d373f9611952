import { MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, POLLRDHUP } from '@synos/abi';
import { type BlockingAttempt, block, type Cancel, settled } from './blocking.js';
import { PENDING } from './errno-of-failure.js';
import { type ReceiveMessage, receiveFrom, type SendMessage, sendFrom } from './message.js';
import type { Socket } from './socket.js';

/** A call that {@link blockMessage} makes, and makes again, until it has an answer. */
export type BlockingMessage =
  | { readonly call: 'sendmsg'; readonly message: SendMessage; readonly flags?: number }
  | { readonly call: 'recvmsg'; readonly message: ReceiveMessage; readonly flags?: number };

/**
 * {@link block} for messages: a stream's sendmsg goes on until all bytes are taken, MSG_WAITALL fills the pieces.
 *
 * @param socket - where
 * @param call - what
 * @param done - called once with the call's result, possibly before `blockMessage` returns; may call anything
 * @example
 * ```ts
 * blockMessage(socket, { call: 'recvmsg', message: receiveMessage([header, body]) }, (count) => console.log(count));
 * ```
 */
export function blockMessage(socket: Socket, call: BlockingMessage, done: (result: number) => void): Cancel {
  const flags = call.flags ?? 0;
  const attempt =
    call.call === 'sendmsg'
      ? new SendAttempt(socket, call.message, flags)
      : new ReceiveAttempt(socket, call.message, flags);
  return block(socket, attempt, done);
}

class SendAttempt implements BlockingAttempt {
  readonly call = 'attempt';
  readonly waits = 'send';
  progress: number;
  private readonly socket: Socket;
  private readonly message: SendMessage;
  private readonly flags: number;

  constructor(socket: Socket, message: SendMessage, flags: number) {
    this.progress = 0;
    this.socket = socket;
    this.message = message;
    this.flags = flags;
  }

  attempt(): number {
    const { socket, message, flags } = this;
    const result = sendFrom(socket, message, flags, this.progress);
    if (result === PENDING) return PENDING;
    if (result < 0) return settled(socket, this.progress, result);
    this.progress += result;
    if (!socket.isStream || waitsForNobody(socket, flags)) return this.progress;
    return this.progress < lengthOf(message) ? PENDING : this.progress;
  }
}

class ReceiveAttempt implements BlockingAttempt {
  readonly call = 'attempt';
  readonly waits = 'receive';
  progress: number;
  private readonly socket: Socket;
  private readonly message: ReceiveMessage;
  private readonly flags: number;

  constructor(socket: Socket, message: ReceiveMessage, flags: number) {
    this.progress = 0;
    this.socket = socket;
    this.message = message;
    this.flags = flags;
  }

  attempt(): number {
    const { socket, message, flags } = this;
    const result = receiveFrom(socket, message, flags, this.progress);
    if ((flags & MSG_WAITALL) === 0 || !socket.isStream) return result;
    if ((flags & MSG_PEEK) !== 0) {
      const isWhole = result < 0 || result >= lengthOf(message);
      if (isWhole || waitsForNobody(socket, flags)) return result;
      return socket.poll(POLLRDHUP) === 0 ? PENDING : result;
    }
    if (result === PENDING) return PENDING;
    if (result <= 0) return settled(socket, this.progress, result);
    this.progress += result;
    if (this.progress >= lengthOf(message) || waitsForNobody(socket, flags)) return this.progress;
    // The end, or an error, that already stands behind these bytes is told now.
    return this.attempt();
  }
}

function waitsForNobody(socket: Socket, flags: number): boolean {
  return socket.nonblocking || (flags & MSG_DONTWAIT) !== 0;
}

function lengthOf({ pieces }: SendMessage | ReceiveMessage): number {
  let total = 0;
  for (const piece of pieces) total += piece.length;
  return total;
}
