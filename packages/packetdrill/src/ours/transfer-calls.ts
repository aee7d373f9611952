import { MSG_TRUNC } from '@synos/abi';
import type { TcpSyscallAnswer } from '@synos/compliance';
import type { ReceiveDetails } from '@synos/interfaces';
import { block, blockMessage, type ReceiveMessage, receiveMessage, type SendMessage, type Socket } from '@synos/socket';
import { answer, type Call } from './answer.js';
import {
  bytes,
  emptyName,
  intOr,
  name,
  nameFor,
  pieces,
  receiveMessageOf,
  room,
  rooms,
  sendMessageOf,
} from './arguments.js';
import type { Process } from './process.js';

const read: Call = (process, fd, length) => receive(process, process.file(fd), room(length), 0);

const recv: Call = (process, fd, length, flags) => receive(process, process.socket(fd), room(length), intOr(flags, 0));

const readv: Call = (process, fd, lengths) =>
  receivePieces(process, process.file(fd), receiveMessage(rooms(lengths)), 0, false);

const recvmsg: Call = (process, fd, message, flags) => {
  const on = process.socket(fd);
  const { pieces: into, controlBytes } = receiveMessageOf(message);
  return receivePieces(process, on, receiveMessage(into, controlBytes), intOr(flags, 0), true);
};

const write: Call = (process, fd, text) => sendBytes(process, process.file(fd), bytes(text), 0);

const send: Call = (process, fd, text, flags) => sendBytes(process, process.socket(fd), bytes(text), intOr(flags, 0));

const sendto: Call = (process, fd, text, flags, to) => {
  const on = process.socket(fd);
  const message = { pieces: [bytes(text)], name: to === null || to === undefined ? null : name(to) };
  return sendPieces(process, on, message, intOr(flags, 0));
};

const writev: Call = (process, fd, parts) => sendPieces(process, process.file(fd), { pieces: pieces(parts) }, 0);

const sendmsg: Call = (process, fd, message, flags) =>
  sendPieces(process, process.socket(fd), sendMessageOf(message), intOr(flags, 0));

function sendBytes(process: Process, socket: Socket, text: Uint8Array, flags: number): TcpSyscallAnswer {
  return process.wait((done) => block(socket, { call: 'send', bytes: text, flags }, (result) => done(answer(result))));
}

function sendPieces(process: Process, socket: Socket, message: SendMessage, flags: number): TcpSyscallAnswer {
  return process.wait((done) =>
    blockMessage(socket, { call: 'sendmsg', message, flags }, (result) => done(answer(result))),
  );
}

function receive(process: Process, socket: Socket, into: Uint8Array<ArrayBuffer>, flags: number): TcpSyscallAnswer {
  const details: ReceiveDetails = { from: emptyName(), truncated: false };
  return process.wait((done) =>
    block(socket, { call: 'recv', into, flags, details }, (count) => {
      if (count < 0) return done(answer(count));
      // What MSG_TRUNC makes of a stream is thrown away.
      const isDropped = socket.isStream && (flags & MSG_TRUNC) !== 0;
      const got = { bytes: into.slice(0, isDropped ? 0 : count) };
      done(answer(count, socket.isStream ? got : { ...got, address: nameFor(details.from) }));
    }),
  );
}

function receivePieces(
  process: Process,
  socket: Socket,
  message: ReceiveMessage,
  flags: number,
  tellsAll: boolean,
): TcpSyscallAnswer {
  return process.wait((done) =>
    blockMessage(socket, { call: 'recvmsg', message, flags }, (count) => {
      if (count < 0) return done(answer(count));
      const got = { bytes: joined(message.pieces, socket.isStream && (flags & MSG_TRUNC) !== 0 ? 0 : count) };
      if (!tellsAll) return done(answer(count, got));
      const { control, controlBytes, hasName, name: from } = message;
      const told = { ...got, flags: message.flags, control: (control ?? new Uint8Array(0)).slice(0, controlBytes) };
      done(answer(count, hasName && from ? { ...told, address: nameFor(from) } : told));
    }),
  );
}

/** The first so many bytes of all pieces. */
function joined(parts: readonly Uint8Array[], count: number): Uint8Array {
  const held = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(Math.min(count, held));
  let at = 0;
  for (const part of parts) {
    whole.set(part.subarray(0, Math.max(0, whole.length - at)), at);
    at = Math.min(whole.length, at + part.length);
  }
  return whole;
}

/** Calls that carry data. */
export const transferCalls: Readonly<Record<string, Call>> = {
  read,
  readv,
  recv,
  recvfrom: recv,
  recvmsg,
  write,
  writev,
  send,
  sendto,
  sendmsg,
};
