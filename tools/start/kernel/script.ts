import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import type * as system from '../system/index.js';

/** What `dist/kernel.js` has. */
export type SystemScript = typeof system;

/** Where the script lies: `npm start` has made it. This program is a bundle in `tools/start/kernel/dist`. */
const path = fileURLToPath(new URL('../../../../dist/kernel.js', import.meta.url));

/** Runs the script that is the whole system. */
export function loadSystem(): SystemScript {
  const script = new Script(`${readFileSync(path, 'utf8')}\nsynos;`, { filename: path });
  return script.runInThisContext() as SystemScript;
}
