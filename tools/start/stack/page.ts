/** What the page says. */
export interface PageFacts {
  readonly listen: string;
  readonly gateway: string;
  readonly host: string;
  /** The two ends of the connection that this request came by, as our stack sees them. */
  readonly client: string;
  readonly server: string;
}

const style = `
  :root { color-scheme: light dark; --line: #8886; --soft: #8881; --accent: #2a7de1; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
  h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
  code { font: .92em ui-monospace, monospace; background: var(--soft); padding: .1em .35em; border-radius: .3em; }
  ol { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
  li { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: .6rem .9rem; }
  li + li { border-top: 1px solid var(--line); }
  li b { font-weight: 600; }
  li.ours { background: color-mix(in srgb, var(--accent) 9%, transparent); box-shadow: inset 3px 0 var(--accent); }
  footer { margin-top: 2rem; font-size: .9rem; opacity: .75; }
  @media (max-width: 30rem) { li { grid-template-columns: 1fr; gap: 0; } }
`;

/** The page at `/`. */
export function renderPage(facts: PageFacts): string {
  const step = (isOurs: boolean, name: string, text: string): string =>
    `    <li${isOurs ? ' class="ours"' : ''}><b>${name}</b><span>${text}</span></li>`;
  const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;
  const path = [
    step(false, 'Your client', `the system's own TCP, to a port of ${code(facts.listen)}`),
    step(true, 'Gateway', `takes the bytes, and opens a connection of our own as ${code(facts.client)}`),
    step(true, 'TCP, IPv4', 'segments with sequence numbers, checksums, retransmission; packets with a route'),
    step(true, 'ARP, Ethernet', `who has ${code(facts.host)}? Frames of at most 1,500 bytes of payload`),
    step(true, 'Cable', 'two virtual network cards, back to back'),
    step(true, 'Ethernet to TCP', 'the same on the other side, upwards'),
    step(true, 'Sockets', `POSIX sockets, accepted at ${code(facts.server)}`),
    step(false, 'Node', "its own HTTP server, which takes our connections for its system's"),
  ].join('\n');
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Served by a TCP/IP stack in TypeScript</title>
  <style>${style}</style>
</head>
<body>
  <h1>This page came through a TCP/IP stack written in TypeScript.</h1>
  <p>Twice, in fact: two hosts of ours, ${code(facts.gateway)} and ${code(facts.host)}, talk over a virtual Ethernet
  inside one process. The coloured part of the way is ours.</p>
  <h2>The way of these bytes</h2>
  <ol>
${path}
  </ol>
  <h2>Look further</h2>
  <p><a href="/stats">/stats</a> has what both stacks have counted. <a href="/bytes/1000000">/bytes/1000000</a> is a
  megabyte to download; <code>POST /sha256</code> answers the digest of what you upload.</p>
  <footer>Start with <code>--pcap lan.pcapng</code> and open the file in Wireshark to see every frame.</footer>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
