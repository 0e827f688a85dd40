import { expect, test } from '@jest/globals';
import { AnalysisPaceKeeper } from '../../../src/policy/analysis-pace.js';

/** What is said when it is told this every 5 s. */
function paces(keeper: AnalysisPaceKeeper, fromMs: number, ...lateMs: (number | undefined)[]): string[] {
  return lateMs.map((late, index) => keeper.after(late, fromMs + index * 5_000));
}

test('a machine that keeps up is left alone', () => {
  expect(paces(new AnalysisPaceKeeper(), 0, 100, 1_400, undefined, 600)).toEqual(['full', 'full', 'full', 'full']);
});

test('one step down at a time, and not before the last one has shown what it brings', () => {
  expect(paces(new AnalysisPaceKeeper(), 0, 3_000, 3_000, 3_000, 3_000, 3_000)).toEqual(['half', 'half', 'keyframes', 'keyframes', 'keyframes']);
});

test('back after half a minute in time, step by step, and later after each relapse', () => {
  const keeper = new AnalysisPaceKeeper();
  const inTime = (count: number): number[] => Array.from({ length: count }, () => 200);
  paces(keeper, 0, 3_000, 3_000, 3_000);
  expect(paces(keeper, 15_000, ...inTime(7))).toEqual([...Array.from({ length: 6 }, () => 'keyframes'), 'half']);
  expect(paces(keeper, 50_000, ...inTime(12)).at(-1)).toBe('half');
  expect(paces(keeper, 110_000, 200)).toEqual(['full']);
  expect(paces(keeper, 120_000, 3_000)).toEqual(['half']);
  expect(paces(keeper, 125_000, ...inTime(24)).at(-1)).toBe('half'); // Two minutes by now.
  expect(paces(keeper, 245_000, 200, 200)).toEqual(['full', 'full']);
});

test('neither late nor in time leaves it as it is', () => {
  const keeper = new AnalysisPaceKeeper();
  paces(keeper, 0, 3_000);
  expect(paces(keeper, 5_000, ...Array.from({ length: 20 }, () => 1_000)).at(-1)).toBe('half');
});

test('a look without a picture, as of a camera with rare keyframes, does not count against it', () => {
  const keeper = new AnalysisPaceKeeper();
  paces(keeper, 0, 3_000);
  expect(paces(keeper, 5_000, 200, undefined, 200, undefined, 200, undefined, 200).at(-1)).toBe('full');
});
