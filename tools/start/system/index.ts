// The whole system in one script: a PC, a kernel, its network and its programs. `npm start` makes `dist/kernel.js` of it,
// which needs nothing of its host but the language: it boots in Node, in a page, and in an empty `vm` context.
export { driveKernel } from '@synos/kernel';
export { type BootFile, createSystem, type System, type SystemOptions } from './system.js';
export { runVirtual, type VirtualRun, type VirtualRunOptions } from './virtual-run.js';
