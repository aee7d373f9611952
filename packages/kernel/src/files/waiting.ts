import type { Cancel } from '@synos/socket';
import { type ParkedCall, park } from '@synos/syscall';
import type { OpenFile } from './open-file.js';

/**
 * Answers what `start` tells: at once, or by a parked call, for which the files are retained until it is over.
 *
 * @param files - those that the call needs open; another process may close its descriptor of them meanwhile
 * @param start - begins to wait; `done` may be called before it returns. Answers how it is taken back, and with that how
 *   much has been done
 * @param finish - makes the call's answer of the result, in the program's memory too
 */
export function answerLater<Result>(
  files: readonly OpenFile[],
  start: (done: (result: Result) => void) => Cancel,
  finish: (result: Result | number) => number,
): number | ParkedCall {
  let answer: number | undefined;
  let parked: ParkedCall | null = null;
  const cancel = start((result) => {
    answer = finish(result);
    if (parked === null) return;
    parked.complete(answer);
    releaseAll(files);
  });
  if (answer !== undefined) return answer;
  for (const file of files) file.retain();
  parked = park({
    cancel: (reason) => {
      const progress = cancel();
      const partly = reason === 'death' || progress === 0 ? undefined : finish(progress);
      releaseAll(files);
      return partly;
    },
  });
  return parked;
}

function releaseAll(files: readonly OpenFile[]): void {
  // Where this closes a socket that lingers, nobody waits for it.
  for (const file of files) file.release();
}
