// Made by `npm run userland`.
import type { ProgramFile } from '../program-file.js';
import { abiCheck } from './abi-check.js';
import { faults } from './faults.js';
import { fetch } from './fetch.js';
import { hello } from './hello.js';
import { hog } from './hog.js';
import { httpd } from './httpd.js';
import { init } from './init.js';
import { memCheck } from './mem-check.js';
import { netCheck } from './net-check.js';
import { sha256 } from './sha256.js';
import { tcpEcho } from './tcp-echo.js';
import { udpEcho } from './udp-echo.js';

/** Every program of this package, in the order of their names. */
export const programs: readonly ProgramFile[] = [
  abiCheck,
  faults,
  fetch,
  hello,
  hog,
  httpd,
  init,
  memCheck,
  netCheck,
  sha256,
  tcpEcho,
  udpEcho,
];
