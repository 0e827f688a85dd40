import { describe, expect, test } from '@jest/globals';
import { chooseAllowed, type RunningConversion, type ViewChoice } from '../../../src/policy/allowed-choice.js';
import type { LiveRules, StreamFacts } from '../../../src/policy/live-choice.js';
import type { LiveRequest } from '../../../src/policy/live-request.js';
import type { ConversionCaps } from '../../../src/policy/allowed-choice.js';
import type { LadderState } from '../../../src/policy/load-ladder.js';
import { HouseBudget, type BudgetedView, type CameraBudget } from '../../../src/resources/house-budget.js';

const hevc: StreamFacts = { name: 'main', codec: 'hevc', profile: 'Main', width: 1920, height: 1080, bFrames: false, fps: 30, bitrateKbps: 3000 };
const h264: StreamFacts = { ...hevc, codec: 'h264', profile: 'High' };
const rules: LiveRules = { liveVideo: 'auto', copyMaxBitrate: 6000 };
const iphone: LiveRequest = { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false };
const tile: LiveRequest = { ...iphone, width: 640, height: 360, bitrateKbps: 150 };
const because = 'the machine was 95 % busy for 10 s';

function ladder(views: Readonly<Record<string, ConversionCaps>> = {}, refusing?: string): LadderState {
  return { analysis: 'full', refusing, views: new Map(Object.entries(views).map(([camera, { maxFps, maxHeight }]) => [camera, { ...(maxFps !== undefined && { maxFps }), ...(maxHeight !== undefined && { maxHeight }), because }])) };
}

/** A view that moves to what it chooses at once. */
class View implements BudgetedView, Disposable {
  readonly sinceMs: number;
  readonly whys: string[] = [];
  wanted: BudgetedView['wanted'];
  refused = false;
  granted: RunningConversion | undefined;
  choice: ViewChoice | undefined;
  request: LiveRequest;
  readonly #budget: CameraBudget;
  readonly #streams: readonly StreamFacts[];
  readonly #counted: Disposable;

  constructor(budget: CameraBudget, request = iphone, streams: readonly StreamFacts[] = [hevc], sinceMs = 0) {
    this.#budget = budget;
    this.#streams = streams;
    this.request = request;
    this.sinceMs = sinceMs;
    this.#counted = budget.enter(this);
    this.choose();
  }

  get conversion(): RunningConversion | undefined {
    return this.choice?.mode === 'transcode' ? this.choice : undefined;
  }

  /** '1280x720, 30 fps', 'copy', 'wait' */
  get shown(): string {
    const { rendition } = this.conversion ?? {};
    return rendition ? `${rendition.width}x${rendition.height}, ${rendition.fps} fps` : (this.choice?.mode ?? 'nothing');
  }

  choose(): void {
    const allowance = { caps: this.#budget.caps, whyRefused: (conversion: RunningConversion, uncapped: RunningConversion) => this.#budget.whyRefused(this, conversion, uncapped) };
    Object.assign(this, chooseAllowed(this.request, this.#streams, rules, allowance));
  }

  reconsider(why: string): void {
    this.whys.push(why);
    this.choose();
  }

  reconfigure(request: LiveRequest): void {
    this.request = request;
    this.choose();
  }

  [Symbol.dispose](): void {
    this.choice = undefined;
    this.#counted[Symbol.dispose]();
  }
}

function house(limits: ConstructorParameters<typeof HouseBudget>[0] = {}) {
  const recordings = { running: 0 };
  const budget = new HouseBudget(limits, () => recordings.running);
  return { budget, recordings, door: budget.camera('Door'), yard: budget.camera('Yard') };
}

describe('"maxTranscodes"', () => {
  test('who comes later waits, and is shown when the first has ended', () => {
    const { budget, door, yard } = house({ maxTranscodes: 1 });
    const first = new View(door);
    const second = new View(yard);
    expect([first.shown, second.shown, budget.transcodes]).toEqual(['1280x720, 30 fps', 'wait', 1]);
    expect(second.choice?.because).toMatch(/no more than 1 may be at the same time \("maxTranscodes"\)/);
    first[Symbol.dispose]();
    expect([second.shown, second.whys, budget.transcodes]).toEqual(['1280x720, 30 fps', ['as that may be possible now'], 1]);
  });

  test('of those that wait only so many are shown as have ended', () => {
    const { budget, door, yard } = house({ maxTranscodes: 1 });
    const first = new View(door);
    const waiting = [new View(yard), new View(budget.camera('Porch'))];
    first[Symbol.dispose]();
    expect(waiting.map(({ shown }) => shown)).toEqual(['1280x720, 30 fps', 'wait']);
  });

  test('the same picture counts once; another size of the same camera is what runs already', () => {
    const { budget, door } = house({ maxTranscodes: 1 });
    const views = [new View(door), new View(door), new View(door, tile)];
    expect(views.map(({ shown, refused }) => [shown, refused])).toEqual([['1280x720, 30 fps', false], ['1280x720, 30 fps', false], ['1280x720, 30 fps', true]]);
    expect(budget.transcodes).toBe(1);
    views.slice(0, 2).forEach((view) => view[Symbol.dispose]());
    expect([views[2]?.shown, views[2]?.refused, budget.transcodes]).toEqual(['640x360, 30 fps', false, 1]);
  });

  test('what takes the place of its own picture is nothing new', () => {
    const { door } = house({ maxTranscodes: 1 });
    const view = new View(door);
    view.reconfigure(tile);
    expect([view.shown, view.refused]).toEqual(['640x360, 30 fps', false]);
  });

  test('but what is shared stays, for the others', () => {
    const { budget, door } = house({ maxTranscodes: 1 });
    const [view, other] = [new View(door), new View(door)];
    view.reconfigure(tile);
    expect([view.shown, view.refused, other.shown, budget.transcodes]).toEqual(['1280x720, 30 fps', true, '1280x720, 30 fps', 1]);
  });

  test('recordings count, but a view that runs goes on when one begins', () => {
    const { budget, recordings, door, yard } = house({ maxTranscodes: 1 });
    const running = new View(door, tile, [{ ...h264, bFrames: true }]);
    recordings.running = 1;
    const late = new View(yard);
    running.reconsider('as that may be possible now');
    expect([running.shown, running.refused, late.shown, budget.transcodes]).toEqual(['640x360, 30 fps', false, 'wait', 2]);
    running[Symbol.dispose]();
    expect(late.shown).toBe('wait');
    recordings.running = 0;
    budget.reconsiderRefused();
    expect(late.shown).toBe('1280x720, 30 fps');
  });
});

describe('while the machine is too busy', () => {
  test('a new view gets the smallest picture, and keeps it until nothing is refused any more', () => {
    const { budget, door } = house();
    budget.ladder = ladder({}, because);
    const view = new View(door);
    for (let look = 0; look < 5; look++) {
      budget.ladder = ladder({}, because);
    }
    expect([view.shown, view.refused]).toEqual(['640x360, 10 fps', true]);
    budget.ladder = ladder();
    expect([view.shown, view.refused]).toEqual(['1280x720, 30 fps', false]);
  });

  test('one that runs goes on, and follows each step of the ladder', () => {
    const { budget, door } = house();
    const view = new View(door);
    const steps = [ladder({}, because), ladder({ Door: { maxFps: 10 } }, because), ladder({ Door: { maxFps: 10, maxHeight: 480 } }, because), ladder({ Door: { maxFps: 15 } }, because), ladder({}, because), ladder()];
    const shown = steps.map((step) => {
      budget.ladder = step;
      return view.shown;
    });
    expect(shown).toEqual(['1280x720, 30 fps', '1280x720, 10 fps', '854x480, 10 fps', '1280x720, 15 fps', '1280x720, 30 fps', '1280x720, 30 fps']);
    expect(view.refused).toBe(false);
  });

  test.each<[string, ConstructorParameters<typeof HouseBudget>[0], string | undefined]>([
    ['nothing new is converted', {}, because],
    ['as much is converted as may be', { maxTranscodes: 1 }, undefined],
  ])('those who share a picture follow each step too, though %s', (_what, limits, refusing) => {
    const { budget, door } = house(limits);
    const views = [new View(door), new View(door)];
    const steps = [ladder({ Door: { maxFps: 10 } }, refusing), ladder({ Door: { maxFps: 10, maxHeight: 480 } }, refusing), ladder({ Door: { maxFps: 20 } }, refusing), ladder({}, refusing)];
    const shown = steps.map((step) => {
      budget.ladder = step;
      return [...views.map((view) => view.shown), budget.transcodes];
    });
    expect(shown).toEqual([
      ['1280x720, 10 fps', '1280x720, 10 fps', 1],
      ['854x480, 10 fps', '854x480, 10 fps', 1],
      ['1280x720, 20 fps', '1280x720, 20 fps', 1],
      ['1280x720, 30 fps', '1280x720, 30 fps', 1],
    ]);
  });

  test('only the cameras that a step is about are told, and of them not those that are copied', () => {
    const { budget, door, yard } = house();
    const views = [new View(door), new View(door, iphone, [h264]), new View(yard)];
    budget.ladder = ladder({ Door: { maxFps: 10 } });
    budget.ladder = ladder({ Door: { maxFps: 20 } });
    budget.ladder = ladder();
    expect(views.map(({ whys }) => whys)).toEqual([[`as ${because}`, 'as the machine has time again', 'as the machine has time again'], [], []]);
  });

  test('a copy is preferred to nothing, and leads back to what was asked for', () => {
    const { budget, door } = house();
    budget.memoryRefusal = 'there is no memory for it';
    const view = new View(door, tile, [h264]);
    expect([view.shown, view.refused]).toEqual(['copy', true]);
    budget.memoryRefusal = undefined;
    expect([view.shown, view.refused]).toEqual(['640x360, 30 fps', false]);
  });

  test('what is converted is told by camera, the most that any view asks for, also what was refused', () => {
    const { budget, door, yard } = house({ maxTranscodes: 1 });
    const views = [new View(door, tile, [hevc], 5), new View(door, iphone, [hevc], 9), new View(yard, tile, [h264], 2), new View(yard, iphone, [h264], 3)];
    expect(budget.convertedViews()).toEqual([
      { camera: 'Door', converts: true, sinceMs: 9, fps: 30, height: 720 },
      { camera: 'Yard', converts: false, sinceMs: 2, fps: 30, height: 360 },
    ]);
    views.forEach((view) => view[Symbol.dispose]());
    expect([budget.convertedViews(), budget.transcodes]).toEqual([[], 0]);
  });
});

describe('"maxStreams"', () => {
  test('no more may be prepared or running than that; a place that is given back twice is one place', () => {
    const { budget, door, yard } = house({ maxStreams: 2 });
    const [first] = [door.takePlace(), yard.takePlace()];
    expect(() => door.takePlace()).toThrow(/2 at the same time/);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    budget.takePlace();
    expect(() => yard.takePlace()).toThrow(expect.objectContaining({ code: 'views-limit' }));
  });
});

describe('whoever follows', () => {
  test('a view that fails to does not keep the others from it, and is told', () => {
    const mistakes: unknown[] = [];
    const budget = new HouseBudget({}, () => 0, (error) => mistakes.push(error));
    using failing = new View(budget.camera('Door'));
    failing.reconsider = () => {
      throw new Error('a mistake');
    };
    using other = new View(budget.camera('Yard'));
    budget.ladder = ladder({ Door: { maxFps: 10 }, Yard: { maxFps: 10 } });
    expect([other.shown, mistakes.map(String)]).toEqual(['1280x720, 10 fps', ['Error: a mistake']]);
  });

  test('who has waited for longest is shown first', () => {
    const { budget, door, yard } = house({ maxTranscodes: 1 });
    const first = new View(door);
    using late = new View(yard, iphone, [hevc], 9);
    using early = new View(budget.camera('Shed'), iphone, [hevc], 5);
    first[Symbol.dispose]();
    expect([late.shown, early.shown]).toEqual(['wait', '1280x720, 30 fps']);
  });
});
