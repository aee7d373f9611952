import type { TcpTarget, TcpTargetInput, TcpTargetOutputs } from './tcp-target.js';

/**
 * Does to a target what its `step` does to a snapshot: makes the call that an input stands for.
 *
 * @returns what the call answered, and all packets and events that the target has had since they were last taken
 * @example
 * ```ts
 * const { packets } = performOn(target, { kind: 'advance', timeMs: target.now() + 1000 });
 * ```
 */
export function performOn(target: TcpTarget, input: TcpTargetInput): TcpTargetOutputs {
  const result = call(target, input);
  return { result, packets: target.drain(), events: target.events() };
}

function call(target: TcpTarget, input: TcpTargetInput): TcpTargetOutputs['result'] {
  switch (input.kind) {
    case 'deliver':
      target.deliver(input.bytes);
      return undefined;
    case 'advance':
      target.advanceTo(input.timeMs);
      return undefined;
    case 'open':
      return target.open(input.request);
    case 'listen':
      return target.listen(input.request);
    case 'accept':
      return target.accept(input.handle);
    case 'send':
      return target.send(input.handle, input.bytes);
    case 'receive':
      return target.receive(input.handle, input.maximumBytes);
    case 'close':
      return target.close(input.handle);
    default:
      return target.abort(input.handle);
  }
}
