import type { AnalysisPace } from './motion-source.js';

/** What gives way when the machine is too busy, in which order, and when it is given back. Pure; the caller brings time and load. */

/** From where on what gives way, in percent of all that this process may use of the machine. Rising. */
export interface LadderThresholds {
  /** Motion is looked for half as often, then in keyframes only. */
  readonly analysisAbove: number;
  /** Five pictures a second are taken off converted views. */
  readonly frameRateAbove: number;
  /** Converted views become one step smaller. */
  readonly sizeAbove: number;
  /** Nothing new is converted. */
  readonly refuseAbove: number;
}

export interface LadderLimits extends LadderThresholds {
  /** A step is taken back when the load is so many points lower than where it is taken... */
  readonly backPoints: number;
  /** ...for so long. */
  readonly backAfterMs: number;
  /** The load is an average over so long; what a step has brought shows after it. */
  readonly measuredOverMs: number;
}

export const ladderSteps = {
  fps: { by: 5, least: 10 },
  /** Lines of a picture. */
  heights: [1080, 720, 480, 360],
  /** A step that has to be taken again within so many times what it takes to come back and be measured stays twice as long the next time, up to this. */
  relapseWithin: 2,
  backAtMostMs: 10 * 60_000,
} as const;

/** Where views begin to give way, in percent, and how far from there the other steps are. */
const aroundTarget = { analysisAbove: -20, frameRateAbove: 0, sizeAbove: 5, refuseAbove: 10 } as const satisfies LadderThresholds;

const rising = ['analysisAbove', 'frameRateAbove', 'sizeAbove', 'refuseAbove'] as const satisfies readonly (keyof LadderThresholds)[];

/** The thresholds that keep the machine near `cpuTarget` percent. What is given wins, and the others keep in order with it. */
export function thresholdsFor(cpuTarget: number, given: { readonly [Name in keyof LadderThresholds]?: number | undefined } = {}): LadderThresholds {
  const at = (name: keyof LadderThresholds): number => {
    const index = rising.indexOf(name);
    const least = Math.max(1, ...rising.slice(0, index).map((below) => given[below] ?? 1));
    const most = Math.min(99, ...rising.slice(index + 1).map((above) => given[above] ?? 99));
    return given[name] ?? Math.min(Math.max(cpuTarget + aroundTarget[name], least), most);
  };
  return { analysisAbove: at('analysisAbove'), frameRateAbove: at('frameRateAbove'), sizeAbove: at('sizeAbove'), refuseAbove: at('refuseAbove') };
}

/** What the live views of one camera would have converted if nothing were limited: the most that any of them asks for. */
export interface ConvertedViews {
  readonly camera: string;
  /** Whether anything is; else they get copies or nothing, and what was taken from them holds. */
  readonly converts: boolean;
  /** When the newest of them began. */
  readonly sinceMs: number;
  readonly fps: number;
  readonly height: number;
}

export interface LoadSample {
  /** Of all that this process may use, since the sample before. */
  readonly percent: number;
  readonly atMs: number;
  /** Whether motion is looked for anywhere. */
  readonly analyses: boolean;
  readonly views: readonly ConvertedViews[];
}

/** Something that gives way. What it is brought to stands in it. Recordings are converted as the home hub asks for them: there is no step for them. */
export type LadderStep =
  | { readonly kind: 'analysis'; readonly pace: Exclude<AnalysisPace, 'full'> }
  | { readonly kind: 'frameRate'; readonly camera: string; readonly fps: number }
  | { readonly kind: 'size'; readonly camera: string; readonly height: number }
  | { readonly kind: 'refuse' };

export interface LadderChange {
  readonly kind: 'taken' | 'takenBack';
  readonly step: LadderStep;
  readonly because: string;
}

/** What is limited now. */
export interface LadderState {
  readonly analysis: AnalysisPace;
  /** Why nothing new is converted; undefined where it may be. */
  readonly refusing: string | undefined;
  /** By camera. */
  readonly views: ReadonlyMap<string, { readonly maxFps?: number; readonly maxHeight?: number; readonly because: string }>;
}

interface Taken {
  readonly step: LadderStep;
  readonly because: string;
  /** The load has to be low for so long before it is taken back. */
  readonly backAfterMs: number;
}

/** Least harmful first: so they are taken. Taken back in the opposite order. */
const kinds = ['analysis', 'refuse', 'frameRate', 'size'] as const satisfies readonly LadderStep['kind'][];
const thresholdOf = { analysis: 'analysisAbove', refuse: 'refuseAbove', frameRate: 'frameRateAbove', size: 'sizeAbove' } as const satisfies Record<LadderStep['kind'], keyof LadderThresholds>;

export class LoadLadder {
  readonly #limits: LadderLimits;
  /** In the order in which they were taken. */
  #taken: Taken[] = [];
  #samples: { readonly atMs: number; readonly percent: number }[] = [];
  #lastTakenMs = -Infinity;
  /** When a step was taken or taken back; before that, when the load was measured first. */
  #lastChangeMs: number | undefined;
  /** Since when the load has been low enough to take back a step of a kind. */
  readonly #lowSinceMs = new Map<LadderStep['kind'], number>();
  /** What was taken back, and when. */
  readonly #back = new Map<string, { readonly atMs: number; readonly backAfterMs: number }>();

  constructor(limits: LadderLimits) {
    this.#limits = limits;
  }

  /** The load over the last seconds, in percent; undefined until it is known. */
  loadAt(nowMs: number): number | undefined {
    const fromMs = Math.max(nowMs - this.#limits.measuredOverMs, this.#lastChangeMs ?? -Infinity);
    const recent = this.#samples.filter(({ atMs }) => atMs > fromMs);
    return recent.length === 0 ? undefined : recent.reduce((sum, { percent }) => sum + percent, 0) / recent.length;
  }

  /** What is limited, in the order in which it was taken. */
  get steps(): readonly { readonly step: LadderStep; readonly because: string }[] {
    return this.#taken;
  }

  get state(): LadderState {
    const last = <Kind extends LadderStep['kind']>(kind: Kind, of: (step: LadderStep) => boolean = () => true): (Taken & { step: Extract<LadderStep, { kind: Kind }> }) | undefined =>
      this.#taken.findLast((taken): taken is Taken & { step: Extract<LadderStep, { kind: Kind }> } => taken.step.kind === kind && of(taken.step));
    const cameras = new Set(this.#taken.flatMap(({ step }) => ('camera' in step ? [step.camera] : [])));
    const views = [...cameras].map((camera) => {
      const ofCamera = (step: LadderStep): boolean => 'camera' in step && step.camera === camera;
      const [rate, size] = [last('frameRate', ofCamera), last('size', ofCamera)];
      const because = (size ?? rate)?.because ?? '';
      return [camera, { ...(rate && { maxFps: rate.step.fps }), ...(size && { maxHeight: size.step.height }), because }] as const;
    });
    return { analysis: last('analysis')?.step.pace ?? 'full', refusing: last('refuse')?.because, views: new Map(views) };
  }

  /** Takes a sample, and at most one step. */
  after(sample: LoadSample): LadderChange | undefined {
    const { atMs } = sample;
    this.#lastChangeMs ??= atMs;
    this.#samples = [...this.#samples.filter((each) => atMs - each.atMs < this.#limits.measuredOverMs), { atMs, percent: sample.percent }];
    this.#forgetEnded(sample);
    const load = this.loadAt(atMs) ?? sample.percent;
    this.#noteLow(load, atMs);
    // What was done last shows in the load after a while.
    const measured = atMs - this.#lastChangeMs >= this.#limits.measuredOverMs;
    return (measured ? this.#stepDown(load, sample) : undefined) ?? this.#stepBack(load, atMs);
  }

  /** What nobody watches any more is limited no more; without a word, as nobody sees it. */
  #forgetEnded({ views, analyses }: LoadSample): void {
    this.#taken = this.#taken.filter(({ step }) => ('camera' in step ? views.some(({ camera }) => camera === step.camera) : step.kind !== 'analysis' || analyses));
  }

  #noteLow(load: number, nowMs: number): void {
    for (const kind of kinds) {
      if (load >= this.#backBelow(kind)) {
        this.#lowSinceMs.delete(kind);
      } else if (!this.#lowSinceMs.has(kind)) {
        this.#lowSinceMs.set(kind, nowMs);
      }
    }
  }

  /** A threshold that is near 0 is to be undercut too. */
  #backBelow(kind: LadderStep['kind']): number {
    const threshold = this.#limits[thresholdOf[kind]];
    return Math.max(threshold - this.#limits.backPoints, threshold / 2);
  }

  #stepDown(load: number, sample: LoadSample): LadderChange | undefined {
    const step = kinds
      .filter((kind) => load > this.#limits[thresholdOf[kind]])
      .map((kind) => this.#nextStep(kind, sample))
      .find((next) => next !== undefined);
    if (!step) {
      return undefined;
    }
    const because = `the machine was ${Math.round(load)} % busy for ${Math.round(this.#limits.measuredOverMs / 1000)} s`;
    this.#taken.push({ step, because, backAfterMs: this.#backAfterMs(step, sample.atMs) });
    this.#lastTakenMs = sample.atMs;
    this.#lastChangeMs = sample.atMs;
    return { kind: 'taken', step, because };
  }

  #nextStep(kind: LadderStep['kind'], { analyses, views }: LoadSample): LadderStep | undefined {
    const { state } = this;
    const newestFirst = views.filter(({ converts }) => converts).toSorted((a, b) => b.sinceMs - a.sinceMs);
    switch (kind) {
      case 'analysis':
        return !analyses || state.analysis === 'keyframes' ? undefined : { kind, pace: state.analysis === 'full' ? 'half' : 'keyframes' };
      case 'refuse':
        return state.refusing === undefined ? { kind } : undefined;
      case 'frameRate':
        return firstOf(newestFirst, ({ camera, fps }) => {
          const now = Math.min(fps, state.views.get(camera)?.maxFps ?? Infinity);
          return now > ladderSteps.fps.least ? { kind, camera, fps: Math.max(ladderSteps.fps.least, Math.ceil(now / ladderSteps.fps.by - 1) * ladderSteps.fps.by) } : undefined;
        });
      case 'size':
        return firstOf(newestFirst, ({ camera, height }) => {
          const now = Math.min(height, state.views.get(camera)?.maxHeight ?? Infinity);
          const next = ladderSteps.heights.find((each) => each < now);
          return next === undefined ? undefined : { kind, camera, height: next };
        });
    }
  }

  #stepBack(load: number, nowMs: number): LadderChange | undefined {
    if (nowMs - (this.#lastChangeMs ?? nowMs) < this.#limits.backAfterMs) {
      return undefined;
    }
    // The most harmful first, and of the same kind what was taken last.
    const harmFirst = this.#taken.toReversed().toSorted((a, b) => kinds.indexOf(b.step.kind) - kinds.indexOf(a.step.kind));
    const back = harmFirst.find(({ step, backAfterMs }) => nowMs - Math.max(this.#lastTakenMs, this.#lowSinceMs.get(step.kind) ?? Infinity) >= backAfterMs);
    if (!back) {
      return undefined;
    }
    this.#taken = this.#taken.filter((each) => each !== back);
    this.#back.set(keyOf(back.step), { atMs: nowMs, backAfterMs: back.backAfterMs });
    this.#lastChangeMs = nowMs;
    return { kind: 'takenBack', step: back.step, because: `the machine is ${Math.round(load)} % busy` };
  }

  /** A step that comes and goes is not worth its trouble: it stays longer each time. */
  #backAfterMs(step: LadderStep, nowMs: number): number {
    const before = this.#back.get(keyOf(step));
    const { backAfterMs, measuredOverMs } = this.#limits;
    const relapsed = before !== undefined && nowMs - before.atMs < (backAfterMs + measuredOverMs) * ladderSteps.relapseWithin;
    return relapsed ? Math.min(before.backAfterMs * 2, Math.max(ladderSteps.backAtMostMs, this.#limits.backAfterMs)) : this.#limits.backAfterMs;
  }
}

/** The same for steps of a kind that are about the same. */
function keyOf(step: LadderStep): string {
  return `${step.kind} ${'camera' in step ? step.camera : ''}`;
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  return items.map(find).find((found) => found !== undefined);
}
