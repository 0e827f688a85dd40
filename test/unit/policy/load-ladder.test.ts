import { describe, expect, test } from '@jest/globals';
import { LoadLadder, thresholdsFor, type ConvertedViews, type LadderChange, type LadderLimits, type LadderState, type LoadSample } from '../../../src/policy/load-ladder.js';
import { below, seededRandom } from '../../support/seeded-random.js';

const limits: LadderLimits = { ...thresholdsFor(80), backPoints: 15, backAfterMs: 30_000, measuredOverMs: 10_000 };
const everyMs = 2_000;
const door: ConvertedViews = { camera: 'Door', converts: true, sinceMs: 1_000, fps: 30, height: 720 };
const yard: ConvertedViews = { camera: 'Yard', converts: true, sinceMs: 5_000, fps: 24, height: 1080 };

/** A ladder whose time goes on with each sample. */
class Watched {
  readonly ladder: LoadLadder;
  readonly changes: (LadderChange & { readonly atMs: number })[] = [];
  #nowMs = 0;

  constructor(its: LadderLimits = limits) {
    this.ladder = new LoadLadder(its);
  }

  /** The same load for so long. */
  hold(percent: number, forMs: number, what: Partial<Pick<LoadSample, 'analyses' | 'views'>> = {}): string[] {
    const before = this.changes.length;
    for (const untilMs = this.#nowMs + forMs; this.#nowMs < untilMs; ) {
      this.#nowMs += everyMs;
      const change = this.ladder.after({ percent, atMs: this.#nowMs, analyses: false, views: [], ...what });
      if (change) {
        this.changes.push({ ...change, atMs: this.#nowMs });
      }
    }
    return this.changes.slice(before).map(said);
  }
}

function said({ kind, step }: LadderChange): string {
  const what = step.kind === 'analysis' ? step.pace : step.kind === 'frameRate' ? `${step.camera} ${step.fps} fps` : step.kind === 'size' ? `${step.camera} ${step.height}` : 'refuse';
  return `${kind === 'taken' ? '-' : '+'} ${what}`;
}

const unlimited: LadderState = { analysis: 'full', refusing: undefined, views: new Map() };

test('the machine is to be held near 80 % unless told otherwise, and the other steps follow', () => {
  expect(thresholdsFor(80)).toEqual({ analysisAbove: 60, frameRateAbove: 80, sizeAbove: 85, refuseAbove: 90 });
  expect(thresholdsFor(50)).toEqual({ analysisAbove: 30, frameRateAbove: 50, sizeAbove: 55, refuseAbove: 60 });
  expect(thresholdsFor(80, { frameRateAbove: 40 })).toEqual({ analysisAbove: 40, frameRateAbove: 40, sizeAbove: 85, refuseAbove: 90 });
  expect(thresholdsFor(50, { sizeAbove: 95 })).toEqual({ analysisAbove: 30, frameRateAbove: 50, sizeAbove: 95, refuseAbove: 95 });
});

describe('what gives way at a load that stays', () => {
  const both = { analyses: true, views: [door, yard] };
  test.each<[number, string, Partial<LoadSample>, string[]]>([
    [58, 'nothing', both, []],
    [62, 'analysis only', both, ['- half', '- keyframes']],
    [62, 'nothing, where nothing analyses', { views: [door] }, []],
    [82, 'then frame rates, of the newest view first', both, ['- half', '- keyframes', '- Yard 20 fps', '- Yard 15 fps', '- Yard 10 fps', '- Door 25 fps', '- Door 20 fps', '- Door 15 fps', '- Door 10 fps']],
    [87, 'then sizes', { views: [door] }, ['- Door 25 fps', '- Door 20 fps', '- Door 15 fps', '- Door 10 fps', '- Door 480', '- Door 360']],
    [95, 'before views that run those that would come', { analyses: true, views: [{ ...door, fps: 12, height: 480 }] }, ['- half', '- keyframes', '- refuse', '- Door 10 fps', '- Door 360']],
    [100, 'and nothing that is small and slow already', { views: [{ ...door, fps: 10, height: 360 }] }, ['- refuse']],
  ])('%d %%: %s', (percent, _what, sample, expected) => {
    expect(new Watched().hold(percent, 200_000, sample)).toEqual(expected);
  });
});

test('one step at a time, and not before the last one has shown what it brings', () => {
  const watched = new Watched();
  watched.hold(100, 60_000, { analyses: true, views: [door] });
  const distances = watched.changes.slice(1).map(({ atMs }, index) => atMs - (watched.changes[index]?.atMs ?? 0));
  expect(watched.changes[0]?.atMs).toBeGreaterThanOrEqual(10_000);
  expect(Math.min(...distances)).toBeGreaterThanOrEqual(10_000);
});

test('a peak of a few seconds changes nothing', () => {
  const watched = new Watched();
  for (let peak = 0; peak < 5; peak++) {
    watched.hold(100, 4_000, { views: [door] });
    watched.hold(50, 20_000, { views: [door] });
  }
  expect(watched.changes).toEqual([]);
});

test('each step comes back when the load is 15 points lower for half a minute, the most harmful first', () => {
  const watched = new Watched();
  const views = [{ ...door, fps: 15 }];
  expect(watched.hold(95, 70_000, { analyses: true, views })).toEqual(['- half', '- keyframes', '- refuse', '- Door 10 fps', '- Door 480', '- Door 360']);
  expect(watched.ladder.state).toEqual({ analysis: 'keyframes', refusing: expect.stringMatching(/95 % busy for 10 s/), views: new Map([['Door', { maxFps: 10, maxHeight: 360, because: expect.stringMatching(/95 %/) }]]) });
  expect(watched.hold(71, 100_000, { analyses: true, views })).toEqual(['+ refuse']);
  expect(watched.hold(68, 110_000, { analyses: true, views })).toEqual(['+ Door 360', '+ Door 480']);
  expect(watched.hold(50, 60_000, { analyses: true, views })).toEqual(['+ Door 10 fps']);
  expect(watched.hold(40, 100_000, { analyses: true, views })).toEqual(['+ keyframes', '+ half']);
  expect(watched.ladder.state).toEqual(unlimited);
});

test('a step that comes and goes stays longer each time', () => {
  const watched = new Watched();
  const busyThenFree = (): number => {
    watched.hold(82, 12_000, { views: [{ ...door, fps: 15 }] });
    const fromMs = watched.changes.at(-1)?.atMs ?? 0;
    watched.hold(40, 200_000, { views: [{ ...door, fps: 15 }] });
    return (watched.changes.at(-1)?.atMs ?? 0) - fromMs;
  };
  const first = busyThenFree();
  expect(first).toBeLessThan(40_000);
  // Taken again at once after it came back, three times.
  const lasting: number[] = [];
  for (let relapse = 0; relapse < 3; relapse++) {
    while (watched.ladder.state.views.size === 0) {
      watched.hold(90, 2_000, { views: [{ ...door, fps: 15, height: 360 }] });
    }
    const fromMs = watched.changes.at(-1)?.atMs ?? 0;
    while (watched.ladder.state.views.size > 0) {
      watched.hold(40, 2_000, { views: [{ ...door, fps: 15, height: 360 }] });
    }
    lasting.push((watched.changes.at(-1)?.atMs ?? 0) - fromMs);
  }
  expect(lasting[1]).toBeGreaterThan((lasting[0] ?? 0) * 1.5);
  expect(lasting[2]).toBeGreaterThan((lasting[1] ?? 0) * 1.5);
});

test('what nobody watches any more is not limited any more', () => {
  const watched = new Watched();
  watched.hold(88, 60_000, { views: [door] });
  expect(watched.ladder.state.views.size).toBe(1);
  watched.hold(88, 2_000, { views: [] });
  expect(watched.ladder.state).toEqual(unlimited);
});

test('what is copied although it would be converted is not slowed, and keeps what was taken from it', () => {
  const watched = new Watched();
  expect(watched.hold(95, 40_000, { views: [{ ...door, fps: 15, height: 480 }, { ...yard, converts: false }] })).toEqual(['- refuse', '- Door 10 fps', '- Door 360']);
  watched.hold(86, 2_000, { views: [{ ...door, fps: 15, height: 480, converts: false }] });
  expect(watched.ladder.state.views.get('Door')).toMatchObject({ maxFps: 10, maxHeight: 360 });
});

test.each([20, 25, 35, 60, 90])('a target of %d %% can be undercut: everything comes back', (target) => {
  const watched = new Watched({ ...limits, ...thresholdsFor(target), backPoints: 50 });
  watched.hold(100, 120_000, { analyses: true, views: [door] });
  watched.hold(0, 600_000, { analyses: true, views: [door] });
  expect(watched.ladder.state).toEqual(unlimited);
});

test('a hurried ladder that swings takes longer each time too', () => {
  const watched = new Watched({ ...limits, backAfterMs: 2_000 });
  for (let look = 0; look < 900; look++) {
    watched.hold(watched.ladder.state.views.size > 0 ? 40 : 90, everyMs, { views: [{ ...door, fps: 15, height: 360 }] });
  }
  expect(watched.changes.length).toBeLessThan(40);
});

describe('any sequence of loads', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => [seed]))('goes back and forth at most once in 30 s, never too far, and ends unlimited (%d)', (seed) => {
    const random = seededRandom(seed);
    const watched = new Watched();
    let views: ConvertedViews[] = [];
    for (let round = 0; round < 60; round++) {
      if (below(random, 3) === 0) {
        views = ['Door', 'Yard', 'Shed'].filter(() => below(random, 2) === 0).map((camera) => ({ camera, converts: below(random, 5) > 0, sinceMs: below(random, 100_000), fps: 10 + below(random, 21), height: [360, 480, 720, 1080][below(random, 4)] ?? 360 }));
      }
      watched.hold(below(random, 101), everyMs * (1 + below(random, 25)), { analyses: below(random, 4) > 0, views });
    }
    const { changes } = watched;
    const turns = changes.filter(({ kind }, index) => index > 0 && kind !== changes[index - 1]?.kind);
    // Two turns, back and down again, make one oscillation.
    turns.slice(2).forEach(({ atMs }, index) => expect(atMs - (turns[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(30_000));
    for (const { step } of changes) {
      if (step.kind === 'frameRate') {
        expect(step.fps).toBeGreaterThanOrEqual(10);
      }
      if (step.kind === 'size') {
        expect(step.height).toBeGreaterThanOrEqual(360);
      }
    }
    // A step that was taken again and again waits for up to ten minutes.
    watched.hold(0, 15 * 11 * 60_000, { analyses: true, views });
    expect(watched.ladder.state).toEqual(unlimited);
  });
});
