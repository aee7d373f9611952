// Bits of a socket's state.

export const nonblocking = 1;
/** It has a local port. */
export const bound = 2;
/** The program called bind: a fresh endpoint is bound there again. */
export const named = 4;
/** A handshake was begun whose end no call has seen. */
export const connecting = 8;
/** There is a peer, or was. */
export const connected = 16;
export const listening = 32;
export const closed = 64;
/** Closed, and SO_LINGER holds the endpoint. */
export const lingering = 128;
/** The endpoint has answered `pending`: `operationFlag` is what success makes of the socket. */
export const operating = 256;
/** The socket was blocking when that began: somebody asks for the result. */
export const operationBlocks = 512;
/** The endpoint tells us of changes. */
export const listens = 1024;
/** The connection failed: the next connect begins anew. */
export const spent = 2048;
/** The handshake has ended well, and no connect has said so. */
export const unseen = 4096;
