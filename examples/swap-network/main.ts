// One echo program and one HTTP program, over three networks: `--network ours`, `--network host`, `--network memory`.
import { parseArgs } from 'node:util';
import { echo } from './echo.js';
import { http } from './http.js';
import { networks } from './networks.js';

const { values } = parseArgs({ options: { network: { type: 'string', default: 'ours' } } });
const names = Object.keys(networks);
const create = names.includes(values.network) ? networks[values.network] : undefined;
if (create === undefined) throw new Error(`--network is one of ${names.join(', ')}, not ${values.network}`);

const { server, client, address, close } = create();
await echo(server, client, address);
await http(server, client, address);
close();
