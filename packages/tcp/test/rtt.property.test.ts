import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currentRto, measuredRtt } from '../src/rtt.js';
import { defaultSettings } from '../src/settings.js';
import type { Tcb } from '../src/tcb.js';

const settings = { ...defaultSettings, minRtoMs: 1 };

/** RFC 6298 §2 as it stands, in floating point, each value rounded to the microsecond. */
function reference(rttsMs: readonly number[]): { srttUs: number; rttVarUs: number; rtoMs: number } {
  let srttUs = -1;
  let rttVarUs = 0;
  for (const rttMs of rttsMs) {
    const rttUs = Math.round(Math.min(Math.max(rttMs, 0), 300_000) * 1000);
    if (srttUs < 0) {
      srttUs = rttUs;
      rttVarUs = Math.floor(rttUs / 2);
    } else {
      rttVarUs += Math.round((Math.abs(srttUs - rttUs) - rttVarUs) / 4);
      srttUs += Math.round((rttUs - srttUs) / 8);
    }
  }
  const rtoMs = Math.ceil((srttUs + Math.max(1000, 4 * rttVarUs)) / 1000);
  return { srttUs, rttVarUs, rtoMs: Math.min(settings.maxRtoMs, Math.max(settings.minRtoMs, rtoMs)) };
}

test('RFC 6298 §2: shifts give what the formulas give, of any round trips', () => {
  const rtt = fc.oneof(
    fc.double({ min: 0, max: 3, noNaN: true }),
    fc.double({ min: 0, max: 2000, noNaN: true }),
    fc.double({ min: -10, max: 1e9, noNaN: true }),
    fc.nat(400_000),
  );
  fc.assert(
    fc.property(fc.array(rtt, { minLength: 1, maxLength: 40 }), (rtts) => {
      const tcb = { srttUs: -1, rttVarUs: 0, rtoMs: 0, backoff: 3 } as Tcb;
      for (const each of rtts) measuredRtt(tcb, settings, each);
      const { srttUs, rttVarUs, rtoMs } = reference(rtts);
      expect([tcb.srttUs, tcb.rttVarUs, tcb.rtoMs, tcb.backoff]).toEqual([srttUs, rttVarUs, rtoMs, 0]);
      expect(currentRto(tcb, settings)).toBe(rtoMs);
    }),
  );
});
