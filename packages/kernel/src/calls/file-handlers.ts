import type { CallServices } from '../contracts.js';
import type { Files } from '../files/files.js';
import { descriptorHandlers } from './descriptors.js';
import { epollHandlers } from './epoll.js';
import { messageHandlers } from './messages.js';
import { openHandlers } from './open.js';
import { pollHandlers } from './poll.js';
import { readWriteHandlers } from './read-write.js';
import { socketHandlers } from './sockets.js';

/**
 * Handlers of the system calls on files, sockets and what waits for them. Nothing is signalled (EPIPE is an errno only),
 * and nobody is driven: calls that wait are woken by the sockets' readiness and deadlines, by the console's
 * `onReadable`, and by the timers.
 *
 * @param services - those that `files` was made with
 * @example
 * ```ts
 * const files = createFiles(services);
 * const dispatcher = createDispatcher<Thread>({
 *   profile: synosProfile,
 *   signatures: systemCallSignatures,
 *   handlers: fileHandlers(services, files),
 * });
 * ```
 */
export function fileHandlers(services: CallServices, files: Files) {
  return {
    ...descriptorHandlers,
    ...readWriteHandlers,
    ...openHandlers(files),
    ...socketHandlers(services, files),
    ...messageHandlers(files),
    ...pollHandlers(services),
    ...epollHandlers(services, files),
  };
}
