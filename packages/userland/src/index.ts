export type { ProgramFile } from './program-file.js';
