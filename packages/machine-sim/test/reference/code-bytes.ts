import fc from 'fast-check';

const anyBytes = fc.uint8Array({ minLength: 15, maxLength: 15 });

/** Fifteen bytes: any, and such that begin as instructions do. */
export const codeBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  anyBytes,
  fc
    .tuple(
      fc.array(fc.constantFrom(0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x64, 0x65), { maxLength: 3 }),
      fc.option(fc.integer({ min: 0x40, max: 0x4f })),
      fc.constantFrom([], [0x0f]),
      anyBytes,
    )
    .map(([prefixes, rex, map, rest]) =>
      Uint8Array.from([...prefixes, ...(rex === null ? [] : [rex]), ...map, ...rest]).subarray(0, 15),
    ),
);
