import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { renderPage } from './page.js';

/** What the pages tell of. */
export interface SiteOptions {
  readonly places: { readonly gateway: string; readonly host: string; readonly listen: string };
  readonly stats: () => Record<string, unknown>;
}

const longestBody = 1 << 30;
const blockBytes = 65_536;

/** The HTTP server of the demonstration: a page, `/stats`, `/bytes/N`, `POST /sha256`. */
export function createSite(options: SiteOptions): Server {
  return createServer((request, response) => {
    const pathname = (request.url ?? '/').split('?', 1)[0] as string;
    const method = request.method ?? 'GET';
    const isRead = method === 'GET' || method === 'HEAD';
    if (pathname === '/' && isRead) return sendPage(options, request, response);
    if (pathname === '/stats' && isRead) return sendJson(response, options.stats());
    if (pathname.startsWith('/bytes/') && isRead) return sendBytes(pathname.slice('/bytes/'.length), method, response);
    if (pathname === '/sha256' && method === 'POST') return sendDigest(request, response);
    const isKnown = ['/', '/stats', '/sha256'].includes(pathname) || pathname.startsWith('/bytes/');
    return sendText(
      response,
      isKnown ? 405 : 404,
      isKnown ? `${method} is not for ${pathname}` : `nothing at ${pathname}`,
    );
  });
}

function sendPage({ places }: SiteOptions, request: IncomingMessage, response: ServerResponse): void {
  const { remoteAddress = '?', remotePort = 0, localAddress = '?', localPort = 0 } = request.socket;
  const html = renderPage({
    ...places,
    client: `${remoteAddress}:${remotePort}`,
    server: `${localAddress}:${localPort}`,
  });
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(html);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(value, null, 2)}\n`);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

/** N bytes: 0, 1, … 255, 0, … */
function sendBytes(text: string, method: string, response: ServerResponse): void {
  const total = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(total <= longestBody)) {
    sendText(response, 400, `/bytes/N: N is a whole number of at most ${longestBody}`);
    return;
  }
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('content-length', total);
  if (method === 'HEAD') {
    response.end();
    return;
  }
  // A client that goes away ends the reading too.
  pipeline(Readable.from(blocks(total), { objectMode: false }), response, () => {});
}

function* blocks(total: number): Generator<Buffer> {
  const block = Buffer.from(Array.from({ length: blockBytes }, (_, index) => index & 255));
  for (let left = total; left > 0; left -= blockBytes) yield left >= blockBytes ? block : block.subarray(0, left);
}

/** The SHA-256 of what was sent, so that an upload can be checked. */
function sendDigest(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.on('end', () => sendText(response, 200, hash.digest('hex')));
}
