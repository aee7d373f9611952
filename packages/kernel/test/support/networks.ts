import type { Pollable } from '@synos/interfaces';
import { createMemoryNetwork } from '@synos/socket/memory';
import type { NetworkFactory } from '../../src/index.js';

/** A network in memory whose tasks are done when it is polled. */
export function memoryNetwork(completesLater = false): NetworkFactory {
  return () => {
    const tasks: (() => void)[] = [];
    const pollable: Pollable = {
      onWork: null,
      poll() {
        for (const task of tasks.splice(0)) task();
        return tasks.length > 0;
      },
      nextDeadline: () => Infinity,
    };
    const provider = createMemoryNetwork({
      completesLater,
      soon(task) {
        tasks.push(task);
        pollable.onWork?.();
      },
    });
    return {
      provider,
      pollable,
      census: () => ({ endpoints: provider.openEndpoints }),
      dispose: () => provider.dispose(),
    };
  };
}
