import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { argumentsFor, nextRun, testRuns, type TestRun } from '../../scripts/test-plan.js';

/** Keeps so many cores busy. */
function run(name: string, cores: number): TestRun {
  return { name, cost: { seconds: 10, cpuSeconds: cores * 10 } };
}

describe('the next file of tests', () => {
  test.each<[string, { waiting: TestRun[]; running: TestRun[]; cores: number }, string | undefined]>([
    ['is the first where nothing runs, whatever it takes', { waiting: [run('a', 3), run('b', 0.1)], running: [], cores: 2 }, 'a'],
    ['is the first of those that there is time for', { waiting: [run('a', 1), run('b', 0.4), run('c', 0.1)], running: [run('d', 1)], cores: 2 }, 'b'],
    ['waits where there is time for none', { waiting: [run('a', 1), run('b', 0.6)], running: [run('d', 1)], cores: 2 }, undefined],
    ['has more time on more cores', { waiting: [run('a', 1)], running: [run('d', 1)], cores: 4 }, 'a'],
    ['waits where many run that do nothing', { waiting: [run('a', 0)], running: Array.from({ length: 10 }, (_, index) => run(`d${index}`, 0)), cores: 2 }, undefined],
    ['is none where none is left', { waiting: [], running: [], cores: 2 }, undefined],
  ])('%s', (_, { waiting, running, cores }, expected) => {
    expect(nextRun(waiting, running, cores)?.name).toBe(expected);
  });
});

test('every file runs once: those of unit together, each other one by itself, the longest first, unknown ones too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-plan-'));
  try {
    for (const file of ['unit/a.test.js', 'unit/media/b.test.js', 'integration/cli/c.test.js', 'e2e/d.test.js', 'alone/e.test.js', 'support/f.js']) {
      await mkdir(join(folder, file, '..'), { recursive: true });
      await writeFile(join(folder, file), '');
    }
    const runs = testRuns(folder, { unit: { seconds: 80, cpuSeconds: 60 }, 'e2e/d': { seconds: 10, cpuSeconds: 1 }, 'alone/e': { seconds: 90, cpuSeconds: 1 } });
    expect(runs.map(({ name }) => name)).toEqual(['alone/e', 'unit', 'integration/cli/c', 'e2e/d']);
    expect(runs.map((each) => argumentsFor(folder, each).at(-1))).toEqual([
      join(folder, 'alone/e.test.js'),
      expect.stringMatching(/[\\/]unit[\\/]+$/),
      join(folder, 'integration/cli/c.test.js'),
      join(folder, 'e2e/d.test.js'),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
