import { decode, encode, type Packet } from 'dns-packet';

/** QR, RA, RD and a response code (RFC 1035 §4.1.1). */
const recursionDesired = 0x0100;
const recursionAvailable = 0x0080;
const serverFailure = 2;

/** What forwarding needs to know of a message. */
export interface DnsSummary {
  readonly id: number;
  /** Name (lower case), type and class of the one question: what an answer must repeat (RFC 5452 §9.1). */
  readonly question: string;
}

/** Reads a query: one question, no answer. `null`: it is none. Never throws. */
export function readQuery(bytes: Buffer): DnsSummary | null {
  return read(bytes, 'query');
}

/** Reads a response; see {@link readQuery}. */
export function readResponse(bytes: Buffer): DnsSummary | null {
  return read(bytes, 'response');
}

/** A message under another identifier; a copy. */
export function withId(bytes: Buffer, id: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id, 0);
  return copy;
}

/** The answer to a query that the resolver could not be asked (RFC 1035 §4.1.1, RCODE 2). */
export function failureFor(query: Buffer): Buffer | null {
  try {
    const { id = 0, flags = 0, questions = [] } = decode(query);
    const kept = (flags & recursionDesired) | recursionAvailable | serverFailure;
    return encode({ type: 'response', id, flags: kept, questions });
  } catch {
    return null;
  }
}

function read(bytes: Buffer, type: Packet['type']): DnsSummary | null {
  try {
    const message = decode(bytes);
    const [question, another] = message.questions ?? [];
    if (message.type !== type || question === undefined || another !== undefined) return null;
    const { name, type: kind, class: space } = question;
    return { id: message.id ?? 0, question: `${name.toLowerCase()} ${kind} ${space ?? 'IN'}` };
  } catch {
    // What the library does not understand, an exception says; bytes of a guest are no reason for one here.
    return null;
  }
}
