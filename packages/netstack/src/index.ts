export { type DriveOptions, drive } from './drive.js';
export { type ErrorPlace, isNetworkError, type NetworkFailure, networkError } from './errors.js';
export {
  createNetstack,
  type InterfaceOptions,
  type Netstack,
  type NetstackOptions,
  type StackMemory,
} from './netstack.js';
