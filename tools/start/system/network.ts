import { heldPorts } from '@synos/ip';
import type { NetworkFactory } from '@synos/kernel';
import { createNetstack } from '@synos/netstack';

/** Where a machine is on its network. */
export interface NetworkPlace {
  /** With its prefix: `10.0.0.2/24`. */
  readonly address: string;
  readonly gateway: string;
}

/** Our own TCP/IP under a kernel's sockets, on the first of the machine's cards. */
export function ourNetwork({ address, gateway }: NetworkPlace): NetworkFactory {
  return ({ clock, entropy, devices, memory }) => {
    const [device] = devices;
    const interfaces = device === undefined ? [] : [{ device, addresses: [address], gateway }];
    const stack = createNetstack({ clock, entropy, memory, interfaces });
    return {
      provider: stack,
      pollable: stack,
      census: () => ({
        ports: heldPorts(stack.ip.host.ports),
        ringBytes: memory.blocks.usedBytes,
      }),
      dispose: () => stack.dispose(),
    };
  };
}
