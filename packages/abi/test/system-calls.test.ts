import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  linuxProfile,
  linuxSystemCalls,
  SYNOS_DISPLACED_BASE,
  SYNOS_OWN_BASE,
  type SystemCallProfile,
  synosOwnCalls,
  synosProfile,
  synosSeedCalls,
  synosSystemCalls,
  systemCallName,
  systemCallNumber,
} from '../src/index.js';

const linuxNames = Object.keys(linuxSystemCalls) as (keyof typeof linuxSystemCalls)[];

describe('linux-x86_64', () => {
  test('has each number once: 0 to 336 and 424 to 470', () => {
    const expected = [...Array.from({ length: 337 }, (_, i) => i), ...Array.from({ length: 47 }, (_, i) => 424 + i)];
    expect(Object.values(linuxSystemCalls)).toEqual(expected);
    expect(linuxProfile.calls.map((call) => call.number)).toEqual(expected);
    expect(linuxProfile.vector).toBe(256);
  });

  test('equals asm/unistd_64.h; what that header lacks is newer than it', (context) => {
    const header = ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'].find(existsSync);
    if (header === undefined) {
      console.warn('abi: system calls not compared with the header: no asm/unistd_64.h on this machine');
      context.skip('no asm/unistd_64.h on this machine');
    }
    const text = readFileSync(header as string, 'utf8');
    const inHeader = new Map([...text.matchAll(/^#define\s+__NR_(\w+)\s+(\d+)$/gm)].map((m) => [m[1], Number(m[2])]));
    expect(inHeader.size).toBeGreaterThan(300);
    const last = Math.max(...inHeader.values());
    for (const [name, number] of inHeader) {
      if (number <= 470)
        expect({ name, number: systemCallNumber(linuxProfile, name as string) }).toEqual({ name, number });
    }
    for (const name of linuxNames) {
      // 335 and 336 were assigned late, into the gap before 424.
      if (!inHeader.has(name))
        expect(linuxSystemCalls[name] > last || [335, 336].includes(linuxSystemCalls[name])).toBe(true);
    }
  });
});

describe('synos', () => {
  test('has the numbers of the design', () => {
    expect(synosSystemCalls).toMatchObject({
      socket: 41,
      connect: 42,
      accept: 43,
      send: 44,
      recv: 45,
      bind: 49,
      listen: 50,
      shutdown: 118,
      sendto: 0x102c,
      recvfrom: 0x102d,
      getresuid: 0x1076,
    });
    expect(synosProfile.vector).toBe(0x80);
  });

  test('answers 48, where Linux has shutdown, with no call (ENOSYS)', () => {
    expect(systemCallName(linuxProfile, 48)).toBe('shutdown');
    expect(systemCallName(synosProfile, 48)).toBeUndefined();
  });

  test('displaces exactly sendto, recvfrom and getresuid; every other Linux call keeps its number', () => {
    const moved = linuxNames.filter((name) => synosSystemCalls[name] !== linuxSystemCalls[name]);
    expect(moved).toEqual(['sendto', 'recvfrom', 'shutdown', 'getresuid']);
    for (const name of moved) {
      if (name === 'shutdown') continue;
      expect(synosSystemCalls[name]).toBe(SYNOS_DISPLACED_BASE + linuxSystemCalls[name]);
      expect(Object.values(synosSeedCalls)).toContain(linuxSystemCalls[name]);
    }
  });

  test('reaches every Linux call, the eight of the design and its own, each on a number of its own', () => {
    const numbers = Object.values(synosSystemCalls);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Object.keys(synosSystemCalls).sort()).toEqual([...linuxNames, 'send', 'recv', 'echo', 'spawn'].sort());
    for (const { number, name } of synosProfile.calls) expect(synosSystemCalls[name]).toBe(number);
  });

  test('has its own calls from 0x2000 on, and nothing else there; Linux has none of them', () => {
    expect(synosOwnCalls).toEqual({ echo: SYNOS_OWN_BASE, spawn: SYNOS_OWN_BASE + 1 });
    const own = Object.entries(synosSystemCalls).filter(([, number]) => number >= SYNOS_OWN_BASE);
    expect(Object.fromEntries(own)).toEqual(synosOwnCalls);
    for (const name of Object.keys(synosOwnCalls)) expect(systemCallNumber(linuxProfile, name)).toBeUndefined();
  });
});

const profiles: SystemCallProfile[] = [linuxProfile, synosProfile];

describe.each(profiles)('looking up in $name', (profile) => {
  test('every call is found by number and by name', () => {
    for (const { number, name } of profile.calls) {
      expect(systemCallName(profile, number)).toBe(name);
      expect(systemCallNumber(profile, name)).toBe(number);
    }
  });

  test('any number that no call has is undefined', () => {
    const used = new Set(profile.calls.map((call) => call.number));
    const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.integer({ min: -10, max: 0x2010 }));
    fc.assert(fc.property(anyNumber, (n) => (systemCallName(profile, n) !== undefined) === used.has(n)));
  });

  test.each(['', 'toString', '__proto__', 'constructor', 'SOCKET'])('the name %j is undefined', (name) => {
    expect(systemCallNumber(profile, name)).toBeUndefined();
  });
});
