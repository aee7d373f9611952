export { type ProgramFile, programFile } from './program-file.js';
