import { larger, smaller } from '@synos/wire';
import { notify, type TcpCore } from './core.js';
import { flag } from './flag.js';
import { RoomQueue } from './room-queue.js';
import { packetLimitBytes } from './segment-size.js';
import { type Tcb, unsentBytes } from './tcb.js';

// A device that has no room is shared by turns. Whoever has text waits in a queue for the next one; and so does whoever
// wants to write more than a turn sends: bytes that would only wait in a ring are better left where they come from. A
// thousand busy connections then hold what is on its way, not a full buffer each, and what is sent was just written.

/** Packets that a connection sends when its turn at a busy device comes. */
const turnPackets = 8;
/** Writers that are told at a time that their turn has come: what they will write is not known before they have. */
const writersAtOnce = 16;

/** Whether somebody waits for room at the device that a connection sends to. Most stacks have never had a device that was full. */
export function isContended(core: TcpCore, tcb: Tcb): boolean {
  return core.roomQueues.length > 0 && hasWaiting(core, tcb);
}

function hasWaiting(core: TcpCore, tcb: Tcb): boolean {
  const queue = core.roomQueues[tcb.route.device];
  return queue !== undefined && queue.length > 0;
}

/** Puts a connection behind those that wait for its device; in front of them while nothing of its turn is used. */
export function waitForRoom(core: TcpCore, tcb: Tcb): void {
  const { device } = tcb.route;
  let queue = core.roomQueues[device];
  if (queue === undefined) {
    queue = new RoomQueue();
    core.roomQueues[device] = queue;
  }
  tcb.flags |= flag.waitsForRoom;
  if (tcb.turnLeft === turnPackets) queue.pushFirst(tcb);
  else queue.push(tcb);
}

const waitsToWrite = flag.waitsForRoom | flag.wantsRoom;

/** How much the user may add: up to the limit of the buffer, or at a busy device as much as its turn sends. */
export function sendRoomBytes(core: TcpCore, tcb: Tcb): number {
  const room = tcb.options.sendBufferBytes - tcb.sendBytes;
  return larger(0, isContended(core, tcb) ? roomInTurn(tcb, room) : room);
}

function roomInTurn(tcb: Tcb, room: number): number {
  if ((tcb.flags & waitsToWrite) === waitsToWrite) return 0;
  // Who has no turn, and was not refused, may leave one's worth for the next: a word never waits outside.
  return smaller(room, turnBytes(tcb, tcb.turnLeft > 0 ? tcb.turnLeft : turnPackets) - unsentBytes(tcb));
}

/** Whether a user who was refused is to be told of room: of a third of what there may be, as Linux has it. */
export function isRoomy(core: TcpCore, tcb: Tcb): boolean {
  let most = tcb.options.sendBufferBytes;
  if (isContended(core, tcb)) {
    // Its turn will tell.
    if ((tcb.flags & flag.waitsForRoom) !== 0) return false;
    most = smaller(most, turnBytes(tcb, turnPackets));
  }
  return sendRoomBytes(core, tcb) * 3 >= most;
}

function turnBytes(tcb: Tcb, packets: number): number {
  return packets * packetLimitBytes(tcb, tcb.mss);
}

/** The user was refused: at a busy device its turn to write comes with its turn to send. */
export function waitToWrite(core: TcpCore, tcb: Tcb): void {
  tcb.flags |= flag.wantsRoom;
  if ((tcb.flags & flag.waitsForRoom) === 0 && isContended(core, tcb)) waitForRoom(core, tcb);
}

/**
 * After `writable(device)`: connections that wait get turns of a few packets each, in the order of their waiting.
 *
 * @param send - sends what a connection has, as far as its turn reaches
 */
export function serveRoom(core: TcpCore, device: number, send: (core: TcpCore, tcb: Tcb) => void): void {
  const queue = core.roomQueues[device];
  if (queue === undefined) return;
  // Each turn sends something or leaves the queue, and the device's room ends the loop.
  for (let writers = 0; queue.length > 0; ) {
    const tcb = queue.first!;
    // Without room nobody loses the place.
    if (tcb.id >= 0 && !tcb.route.hasRoom) return;
    if (writers === writersAtOnce) {
      core.turnsAreDue = true;
      return;
    }
    queue.shift();
    tcb.flags &= ~flag.waitsForRoom;
    if (tcb.id < 0) continue;
    tcb.turnLeft = turnPackets;
    send(core, tcb);
    if ((tcb.flags & waitsToWrite) !== flag.wantsRoom) continue;
    if (tcb.turnLeft === 0) {
      waitForRoom(core, tcb);
    } else {
      tcb.flags &= ~flag.wantsRoom;
      notify(core, tcb.owner);
      writers++;
    }
  }
}
