export * from './tcp-target.js';
