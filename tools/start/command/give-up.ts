/** Says one line and ends. */
export function giveUp(exitCode: number, text: string): never {
  process.stderr.write(`synos: ${text}\n`);
  process.exit(exitCode);
}

/** What went wrong, in the words of the system where it has any. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : code;
}

/** Why a port of 127.0.0.1 cannot be had. */
export function whyNoPort(port: number, error: unknown): string {
  const code = reasonOf(error);
  if (code === 'EADDRINUSE') return `port ${port} of 127.0.0.1 is taken: choose another with --port`;
  if (code === 'EACCES') return `port ${port} needs rights that you do not have: choose another with --port`;
  return `cannot listen on port ${port} of 127.0.0.1: ${code}`;
}
