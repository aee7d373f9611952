import { CaptureFile } from './capture-file.js';
import { giveUp, reasonOf } from './give-up.js';

/** Opens the file of `--pcap`, where there is one. Ends the command where it cannot be written. */
export function openCapture(path: string | undefined): CaptureFile | null {
  if (path === undefined) return null;
  try {
    return new CaptureFile(path);
  } catch (error) {
    return giveUp(1, `cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** Writes what is left. Ends the command where the file is not whole. */
export function closeCapture(capture: CaptureFile | null): void {
  capture?.close();
  if (capture?.error) giveUp(1, `${capture.path} is not whole: ${reasonOf(capture.error)}`);
}
