import { createNetwork } from '@synos/netstack/streams';
import { createCable } from '@synos/nic';

/** Sends a text from one host to another over a cable, and answers what came back. */
export async function echo(text) {
  const cable = createCable();
  const server = createNetwork({ interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }] });
  const client = createNetwork({ interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }] });
  const listener = server.listen({ port: 7 });
  const serving = listener.accept().then((connection) => connection.readable.pipeTo(connection.writable));

  const connection = await client.connect({ host: '10.0.0.1', port: 7 });
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  let heard = '';
  const decoder = new TextDecoder();
  const reader = connection.readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    heard += decoder.decode(read.value, { stream: true });
  }
  await serving;
  client.close();
  server.close();
  return heard;
}
