import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A server of this machine's loopback, on a port that was free. */
export async function hostServer(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** A port of this machine's loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const { server, port } = await hostServer(() => {});
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A UDP server of this machine's loopback. */
export async function hostDatagrams(
  onDatagram: (socket: Datagrams, bytes: Buffer, port: number, address: string) => void,
): Promise<{ socket: Datagrams; port: number }> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => onDatagram(socket, bytes, port, address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { socket, port: socket.address().port };
}
