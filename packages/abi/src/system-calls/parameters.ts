import type { SystemCallSignature } from './argument.js';

/**
 * The parameters of a call as a prototype of C has them between its parentheses.
 *
 * @example
 * ```ts
 * import { parametersText, signatureOf } from '@synos/abi';
 *
 * const signature = signatureOf('read');
 * if (signature !== undefined) console.log(parametersText(signature)); // int fd, void *buf, size_t count
 * ```
 */
export function parametersText({ arguments: list }: SystemCallSignature): string {
  if (list.length === 0) return 'void';
  return list.map(({ type, name }) => (type.endsWith('*') ? `${type}${name}` : `${type} ${name}`)).join(', ');
}
