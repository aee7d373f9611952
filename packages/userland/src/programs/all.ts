// Made by `npm run userland`.
import type { ProgramFile } from '../program-file.js';
import { abiCheck } from './abi-check.js';
import { hello } from './hello.js';
import { httpd } from './httpd.js';
import { init } from './init.js';
import { sha256 } from './sha256.js';

/** Every program of this package, in the order of their names. */
export const programs: readonly ProgramFile[] = [abiCheck, hello, httpd, init, sha256];
