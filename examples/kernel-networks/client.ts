import { AF_INET, ECONNREFUSED, ECONNRESET, SOCK_STREAM } from '@synos/abi';
import { block, type SocketName, type Sockets } from '@synos/socket';

/** Sends a text to a server and answers what comes back. Waits for a server that does not listen yet. */
export async function talk(sockets: Sockets, name: SocketName, text: string): Promise<string> {
  for (;;) {
    const socket = sockets.socket(AF_INET, SOCK_STREAM);
    if (typeof socket === 'number') throw new Error(`socket: errno ${-socket}`);
    const connected = await new Promise<number>((resolve) => block(socket, { call: 'connect', name }, resolve));
    // The host's sockets answer a connection to a port that is bound and not yet listened at with a reset.
    if (connected === -ECONNREFUSED || connected === -ECONNRESET) {
      socket.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    if (connected < 0) throw new Error(`connect: errno ${-connected}`);
    socket.send(new TextEncoder().encode(text));
    const into = new Uint8Array(256);
    let answer = '';
    while (answer.length < text.length) {
      const count = await new Promise<number>((resolve) => block(socket, { call: 'recv', into }, resolve));
      if (count <= 0) throw new Error(`recv: ${count}`);
      answer += new TextDecoder().decode(into.subarray(0, count));
    }
    socket.close();
    return answer;
  }
}
