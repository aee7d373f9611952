#!/usr/bin/env node
// The command in a checkout: bundled from the sources, no build needed. What is published has dist/command/main.js.
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../../../tools/lib/bundle.mjs';

const sources = fileURLToPath(new URL('../src/command', import.meta.url));
process.setSourceMapsEnabled(true);
await import(await bundleProgram(sources, { place: '../../.cache/command' }));
