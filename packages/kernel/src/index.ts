export { fileHandlers } from './calls/file-handlers.js';
export type * from './contracts.js';
export { createDescriptorTable } from './files/descriptor-table.js';
export { createFiles, type Files } from './files/files.js';
