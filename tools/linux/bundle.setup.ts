import { fileURLToPath } from 'node:url';

/** Makes programs of the `*.main.ts` here, for processes of their own. */
export async function setup(): Promise<void> {
  // Plain JavaScript, shared with tools/run.mjs, which runs before there is a compiler.
  const path = new URL('../lib/bundle.mjs', import.meta.url).href;
  const { bundleProgram } = (await import(path)) as { bundleProgram(folder: string): Promise<string> };
  await bundleProgram(fileURLToPath(new URL('.', import.meta.url)));
}
