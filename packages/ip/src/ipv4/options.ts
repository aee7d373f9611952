/** What the options of a header ask for, as far as a host cares. */
export const optionsVerdict = { skip: 0, malformed: 1, sourceRouted: 2 } as const;

const endOfOptions = 0;
const noOperation = 1;
/** LSRR and SSRR, RFC 791 §3.1. */
const looseSourceRoute = 131;
const strictSourceRoute = 137;

/**
 * Walks the options between `at` and `end`. A host skips those it does not know (RFC 1122 §3.2.1.8); source-routed
 * packets are refused, as every host does today (RFC 6274 §3.13.2.3), and so are lengths that lead astray.
 *
 * @returns one of {@link optionsVerdict}
 */
export function readIpv4Options(view: DataView<ArrayBuffer>, at: number, end: number): number {
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === endOfOptions) return optionsVerdict.skip;
    if (kind === noOperation) {
      at++;
      continue;
    }
    if (at + 1 >= end) return optionsVerdict.malformed;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return optionsVerdict.malformed;
    if (kind === looseSourceRoute || kind === strictSourceRoute) return optionsVerdict.sourceRouted;
    at += length;
  }
  return optionsVerdict.skip;
}
