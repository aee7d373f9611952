import { createRequire } from 'node:module';

/** What is used of koffi. */
export interface Koffi {
  load(library: null): { func(prototype: string): (...values: unknown[]) => number };
  errno(): number;
}

/** koffi, and where it lies: the reading thread loads it from there. */
export interface FoundKoffi {
  readonly koffi: Koffi;
  readonly path: string;
}

/**
 * Finds the optional peer dependency `koffi`, by which C functions are called.
 *
 * @throws Error `ERR_FEATURE_UNAVAILABLE_ON_PLATFORM` where this is not Linux, `ERR_KOFFI_MISSING` where koffi is not
 *   installed (its own error is the `cause`)
 */
export function findKoffi(
  platform: string = process.platform,
  // The one of CommonJS, or this module's place.
  resolveFrom: string = typeof __filename === 'string' ? __filename : import.meta.url,
): FoundKoffi {
  if (platform !== 'linux') {
    throw withCode('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', `TAP devices need Linux; this is ${platform}`);
  }
  try {
    const require = createRequire(resolveFrom);
    const path = require.resolve('koffi');
    return { koffi: require(path) as Koffi, path };
  } catch (cause) {
    const message = 'TAP devices need the package koffi, an optional peer dependency: npm install koffi';
    throw withCode('ERR_KOFFI_MISSING', message, cause);
  }
}

function withCode(code: string, message: string, cause?: unknown): Error {
  return Object.assign(cause === undefined ? new Error(message) : new Error(message, { cause }), { code });
}
