import { describe, expect, test } from '@jest/globals';
import type { AccessUnit, VideoFormat } from '../../../src/media/access-unit.js';
import { FragmentCutter, lastFragment } from '../../../src/media/fragment-cutter.js';
import { below, seededRandom } from '../../support/seeded-random.js';

const format: VideoFormat = { codec: 'h264', parameterSets: [], width: 640, height: 360, profile: 'Main', level: '3.1', reorders: false, fullRange: false };

function unit(timeMs: number, keyframe: boolean): AccessUnit {
  return { format, data: new Uint8Array(), keyframe, timeMs, decodeTimeMs: timeMs };
}

/** A picture every 100 ms. */
function stream(gopsMs: readonly number[], startMs = 5000): AccessUnit[] {
  const units: AccessUnit[] = [];
  let timeMs = startMs;
  for (const gopMs of gopsMs) {
    for (let at = 0; at < gopMs; at += 100) {
      units.push(unit(timeMs + at, at === 0));
    }
    timeMs += gopMs;
  }
  return units;
}

interface Group {
  readonly startMs: number;
  /** Of the unit that brought it out, all counted from the stream's start. */
  readonly outMs: number;
}

/** The groups that came out on the way, without what `end` gives. */
function groupsOf(units: readonly AccessUnit[], cutter = new FragmentCutter()): Group[] {
  const zeroMs = units[0]?.decodeTimeMs ?? 0;
  return units.flatMap((pushed) => {
    const group = cutter.push(pushed);
    return group ? [{ startMs: (group[0]?.decodeTimeMs ?? NaN) - zeroMs, outMs: pushed.decodeTimeMs - zeroMs }] : [];
  });
}

describe('groups come out as early as possible', () => {
  test.each<[string, readonly number[], readonly (readonly [startMs: number, outMs: number])[]]>([
    ['GOPs of 4 s: one each', [4000, 4000, 4000], [[0, 4000], [4000, 8000]]],
    ['GOPs of 3 s: one each', [3000, 3000, 3000], [[0, 3000], [3000, 6000]]],
    ['GOPs of 2 s: two each', [2000, 2000, 2000, 2000, 2000], [[0, 4000], [4000, 8000]]],
    ['GOPs of 1 s: four each', Array<number>(9).fill(1000), [[0, 4000], [4000, 8000]]],
    ['GOPs of 1.5 s: two each', Array<number>(5).fill(1500), [[0, 3000], [3000, 6000]]],
    ['GOPs of 4 s and the 10 ms of rounding', [4010, 4010, 100], [[0, 4010], [4010, 8020]]],
    ['a GOP that is longer than the one before: as soon as the limit is passed', [1000, 3500, 3500], [[0, 4100], [1000, 4500]]],
    ['a GOP that passes the limit with its last picture only', [2000, 2050, 2000, 100], [[0, 4050], [2000, 4150]]],
    ['a GOP shorter than the one before: it is joined with the next', [3000, 500, 3000, 100], [[0, 3000], [3000, 6500]]],
    ['a GOP longer than the limit: whole at its end', [6000, 6000, 100], [[0, 6000], [6000, 12_000]]],
    ['a GOP longer than the limit after short ones', [1000, 1000, 6000, 100], [[0, 4100], [2000, 8000]]],
    ['keyframes only', Array<number>(81).fill(100), [[0, 4000], [4000, 8000]]],
  ])('%s', (_, gopsMs, groups) => {
    expect(groupsOf(stream(gopsMs))).toEqual(groups.map(([startMs, outMs]) => ({ startMs, outMs })));
  });

  test('with another limit', () => {
    expect(groupsOf(stream([1000, 1000, 1000, 1000, 1000]), new FragmentCutter(2000)).map(({ outMs }) => outMs)).toEqual([2000, 4000]);
  });
});

test('a group that completes at the same keyframe as the one before comes out with the next picture', () => {
  const cutter = new FragmentCutter();
  const units = [...stream([2000, 2020]), unit(9020, true), unit(9053, false)];
  const out = units.map((each) => cutter.push(each)?.map(({ decodeTimeMs }) => decodeTimeMs));
  expect(out.slice(0, -2).every((group) => group === undefined)).toBe(true);
  expect(out.slice(-2).map((group) => [group?.[0], group?.length])).toEqual([[5000, 20], [7000, 21]]);
});

test('the GOP in progress tells its length', () => {
  const cutter = new FragmentCutter();
  expect(cutter.gopMs).toBe(0);
  const lengths = stream([300, 200, 300]).map((each) => {
    cutter.push(each);
    return cutter.gopMs;
  });
  expect(lengths).toEqual([0, 100, 200, 0, 100, 0, 100, 200]);
});

test('a GOP without end tells its length also after the group before it was given out', () => {
  const cutter = new FragmentCutter();
  groupsOf(stream([1000, 9100]), cutter);
  expect(cutter.gopMs).toBe(9000);
});

test('the end gives the rest once, and the cutter begins anew', () => {
  const cutter = new FragmentCutter();
  expect(cutter.end()).toEqual([]);
  groupsOf(stream([1000, 1500]), cutter);
  expect(cutter.end()).toHaveLength(25);
  expect(cutter.end()).toEqual([]);
  expect(cutter.gopMs).toBe(0);
  expect(groupsOf(stream([3000, 3000, 100], 90_000), cutter)).toEqual([{ startMs: 0, outMs: 3000 }, { startMs: 3000, outMs: 6000 }]);
});

describe('random streams', () => {
  /** Some with steady GOPs, some with changing ones; times with jitter, as cameras have them. */
  function randomStream(random: () => number): AccessUnit[] {
    const frameMs = 1000 / (1 + below(random, 30));
    const steady = 1 + below(random, 150);
    const units: AccessUnit[] = [];
    let timeMs = random() * 1e7;
    for (let gop = 1 + below(random, 20); gop > 0; gop--) {
      const length = random() < 0.5 ? steady : 1 + below(random, 150);
      for (let index = 0; index < length; index++) {
        units.push(unit(timeMs, index === 0));
        timeMs += frameMs * (0.8 + 0.4 * random());
      }
    }
    return units;
  }

  test('nothing is lost or comes twice, groups begin with keyframes and keep to the limit, and none could have been longer', () => {
    const random = seededRandom(31);
    for (let round = 0; round < 150; round++) {
      const units = randomStream(random);
      const cutter = new FragmentCutter();
      const ends: number[] = [];
      const groups = units.flatMap((each) => {
        const group = cutter.push(each);
        ends.push(...(group ? [cutter.groupStartMs] : []));
        return group ? [group] : [];
      });
      const rest = cutter.end();
      expect([...groups.flat(), ...rest]).toEqual(units);
      const starts = [...groups, rest].map(([first]) => first?.decodeTimeMs ?? NaN);
      expect(ends).toEqual(starts.slice(1));
      groups.forEach((group, index) => {
        const keyframes = group.filter(({ keyframe }) => keyframe);
        const lastsMs = (starts[index + 1] ?? NaN) - (starts[index] ?? NaN);
        expect(group[0]?.keyframe).toBe(true);
        expect(lastsMs <= 4010 || keyframes.length === 1).toBe(true);
        const lastGopMs = (starts[index + 1] ?? NaN) - (keyframes.at(-1)?.decodeTimeMs ?? NaN);
        const next = units.find(({ keyframe, decodeTimeMs }) => keyframe && decodeTimeMs > (starts[index + 1] ?? NaN));
        const withNextMs = (next ?? units.at(-1))?.decodeTimeMs ?? NaN;
        expect(lastsMs + lastGopMs > 4010 || withNextMs - (starts[index] ?? NaN) > 4010).toBe(true);
      });
    }
  });

  test('of steady GOPs a group comes out with the keyframe that ends it', () => {
    for (let length = 1; length <= 100; length++) {
      const units = Array.from({ length: 1000 }, (_, index) => unit(index * 40, index % length === 0));
      for (const { startMs, outMs } of groupsOf(units)) {
        expect(outMs).toBe(startMs + Math.max(1, Math.floor(4010 / (length * 40))) * length * 40);
      }
    }
  });
});

describe('what is left at the end of a clip', () => {
  const unitsAt = (...timesMs: number[]): AccessUnit[] => timesMs.map((timeMs, index) => ({ format: {} as AccessUnit['format'], data: new Uint8Array(), keyframe: index === 0, timeMs, decodeTimeMs: timeMs }));

  test.each<[string, number[], number, number]>([
    ['the last picture is shown as long as the one before', [1000, 1040, 1080], 3, 1120],
    ['a single picture for a moment', [1000], 1, 1001],
    ['no picture for more than a second', [1000, 4000], 2, 5000],
    ['a GOP without end only up to the limit', [1000, 3000, 4990, 5010, 9000], 3, 5000],
    ['up to the limit also where the last picture would be shown longer', [1000, 2000, 3000, 4000, 4900], 5, 5000],
  ])('%s', (_name, timesMs, count, endMs) => {
    const { units, endMs: shownUntilMs } = lastFragment(unitsAt(...timesMs), 4000);
    expect([units.length, shownUntilMs]).toEqual([count, endMs]);
  });
});
