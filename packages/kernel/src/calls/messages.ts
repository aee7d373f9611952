import type { Iovec } from '@synos/abi';
import { assert } from '@synos/interfaces';
import type { BlockingAttempt, SocketName } from '@synos/socket';
import {
  controlBytes,
  copyInMessage,
  copyInMessageToFill,
  copyInSockaddrBytes,
  copyOutMessage,
  copyOutSockaddr,
  type MessageDetails,
  messageBuffer,
  type ParkedCall,
  parseControl,
  type Sockaddr,
} from '@synos/syscall';
import type { Thread } from '../contracts.js';
import type { Files } from '../files/files.js';
import type { SocketFile } from '../files/socket-file.js';
import { type DatagramReceiver, receiver, sender, transfer } from '../files/transfer.js';
import { socketAt } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';
import { nameToSend, toSockaddr } from './socket-name.js';

const nobody: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** Calls that send and receive: send(2), recv(2) and their like. Nobody gets a SIGPIPE: there are no signals. */
export function messageHandlers({ buffer }: Files) {
  const send = (
    thread: Thread,
    fd: number,
    address: number,
    byteLength: number,
    flags: number,
    to: number,
    toBytes: number,
  ): number | ParkedCall => {
    // __sys_sendto: the buffer's range, and only then the descriptor.
    const piece = messageBuffer(address, byteLength);
    if (typeof piece === 'number') return piece;
    const file = socketAt(thread, fd);
    if (typeof file === 'number') return file;
    let name: Uint8Array<ArrayBuffer> | null = null;
    if (to !== 0) {
      const bytes = copyInSockaddrBytes(thread.memory, to, toBytes | 0);
      if (typeof bytes === 'number') return bytes;
      // Without a byte there is no name (msg_namelen 0).
      name = bytes.length === 0 ? null : bytes;
    }
    return sendPieces(thread, file, [piece], flags, name, null);
  };

  const sendPieces = (
    thread: Thread,
    file: SocketFile,
    pieces: readonly Iovec[],
    flags: number,
    nameBytes: Uint8Array<ArrayBuffer> | null,
    control: Uint8Array | null,
  ): number | ParkedCall => {
    const { socket } = file;
    let name: SocketName | null = null;
    if (nameBytes !== null && !socket.isStream) {
      const given = nameToSend(socket, nameBytes);
      if (typeof given === 'number') return given;
      name = given;
    }
    return transfer(file, sender(socket, thread.memory, pieces, flags, buffer, { name, control }));
  };

  const receive = (
    thread: Thread,
    fd: number,
    address: number,
    byteLength: number,
    flags: number,
    from: number,
    fromLength: number,
  ): number | ParkedCall => {
    const piece = messageBuffer(address, byteLength);
    if (typeof piece === 'number') return piece;
    const file = socketAt(thread, fd);
    if (typeof file === 'number') return file;
    const attempt = receiver(file.socket, thread.memory, [piece], flags, buffer);
    return transfer(file, attempt, (count) => {
      if (count < 0 || from === 0) return count;
      const told = copyOutSockaddr(thread.memory, from, fromLength, senderOf(file, attempt) ?? nobody);
      return told < 0 ? told : count;
    });
  };

  return {
    send: (thread, fd, address, byteLength, flags) => send(thread, fd, address, byteLength, flags, 0, 0),
    sendto: send,

    sendmsg: (thread, fd, address, flags) => {
      const file = socketAt(thread, fd);
      if (typeof file === 'number') return file;
      const message = copyInMessage(thread.memory, address);
      if (typeof message === 'number') return message;
      const { pieces, name } = message;
      const control =
        message.control.length === 0 ? null : controlBytes(message.control, Number.POSITIVE_INFINITY).bytes;
      return sendPieces(thread, file, pieces, flags, name, control);
    },

    recv: (thread, fd, address, byteLength, flags) => receive(thread, fd, address, byteLength, flags, 0, 0),
    recvfrom: receive,

    recvmsg: (thread, fd, address, flags) => {
      const file = socketAt(thread, fd);
      if (typeof file === 'number') return file;
      const message = copyInMessageToFill(thread.memory, address);
      if (typeof message === 'number') return message;
      const attempt = receiver(file.socket, thread.memory, message.pieces, flags, buffer);
      return transfer(file, attempt, (count) => {
        if (count < 0) return count;
        const told = copyOutMessage(thread.memory, address, message, detailsOf(file, attempt));
        return told < 0 ? told : count;
      });
    },
  } as const satisfies ThreadHandlers;
}

/** Who sent a datagram; null on a stream, which never says, and where none came: the end after a shutdown. */
function senderOf({ socket }: SocketFile, attempt: BlockingAttempt | DatagramReceiver): Sockaddr | null {
  const name = 'message' in attempt ? attempt.message.name : null;
  // Nothing comes from port 0.
  return name && name.port !== 0 ? toSockaddr(socket, name) : null;
}

function detailsOf(file: SocketFile, attempt: BlockingAttempt | DatagramReceiver): MessageDetails {
  const name = senderOf(file, attempt);
  if (!('message' in attempt)) return { name, control: [], flags: 0 };
  const { control, controlBytes: length, flags } = attempt.message;
  const messages = parseControl(Uint8Array.from((control ?? nobody).subarray(0, length)));
  assert(typeof messages !== 'number', 'control messages of our own are whole');
  return { name, control: messages, flags };
}
