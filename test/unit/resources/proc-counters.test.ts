import { expect, test } from '@jest/globals';
import { parseAuxiliaryVector, parseProcessStat } from '../../../src/resources/measure/proc-counters.js';

const units = { pageBytes: 16_384, ticksPerSecond: 100 };
const line = (name: string, state = 'S'): string => `4711 (${name}) ${state} 4242 4711 4711 0 -1 4194304 9981 120 3 0 1234 567 11 22 30 10 7 0 500000 524288000 2048 18446744073709551615 1 1 0 0\n`;

test.each(['ffmpeg', 'a b) S (1 2', ') 1 2 3'])('processor time, age and memory of a process called %j', (name) => {
  expect(parseProcessStat(line(name), units, 5_060_000)).toEqual({ cpuMs: 18_010, ageMs: 60_000, memoryBytes: 2_048 * 16_384 });
});

test('a process has an age, whatever the clocks say', () => {
  expect(parseProcessStat(line('ffmpeg'), units, 4_000_000)?.ageMs).toBe(10);
});

test.each(['', 'nonsense', '1 (ffmpeg) S 2 3', line('ffmpeg', 'Z'), line('ffmpeg', 'X')])('what has ended, or is no process (%j), has no figures', (text) => {
  expect(parseProcessStat(text, units, 0)).toBeUndefined();
});

test.each([
  ['64 bits', 8, 'LE', '0600000000000000 0040000000000000 1100000000000000 2c01000000000000 0000000000000000 0000000000000000'],
  ['32 bits', 4, 'LE', '06000000 00400000 11000000 2c010000 00000000 00000000'],
  ['big-endian', 8, 'BE', '0000000000000006 0000000000004000 0000000000000011 000000000000012c'],
] as const)('the sizes of pages and ticks come from the kernel: %s', (_, bytes, order, hex) => {
  expect(parseAuxiliaryVector(Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1'), bytes, order)).toEqual({ pageBytes: 16_384, ticksPerSecond: 300 });
});

test.each(['', 'abc'])('what the kernel does not tell is as usual', (vector) => {
  expect(parseAuxiliaryVector(vector, 8)).toEqual({ pageBytes: 4_096, ticksPerSecond: 100 });
});
