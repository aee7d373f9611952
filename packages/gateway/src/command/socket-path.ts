import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/**
 * Sees to it that a unix socket can be made at a path: removes one that a program left behind when it was killed, at
 * which nobody listens any more, and nobody could. Anything else is left alone.
 *
 * @throws (rejects) ENOENT without the folder: listening would say EACCES
 */
export function prepareSocketPath(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!existsSync(dirname(path))) reject(Object.assign(new Error('no such folder'), { code: 'ENOENT' }));
    const socket = connect({ path });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      // So it is for a plain file, too: that is somebody's.
      if (code === 'ECONNREFUSED') removeSocket(path);
      resolve();
    });
  });
}

function removeSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // Then listening says what is wrong.
  }
}
