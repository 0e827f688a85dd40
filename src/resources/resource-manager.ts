import { priorityRefusal } from '../ffmpeg/priority.js';
import { LoadLadder, thresholdsFor, type LadderLimits, type LadderThresholds } from '../policy/load-ladder.js';
import { MemoryLimit } from '../policy/memory-limit.js';
import { ProblemLog, type Log } from '../problem-log.js';
import { Problem } from '../problems.js';
import type { HouseBudget } from './house-budget.js';
import { ladderLine } from './ladder-lines.js';
import type { ManagedCamera } from './managed-camera.js';
import { measure, nothingMeasured, type Measurement, type Meters } from './measurement.js';
import { resourceStatus, type ResourceStatus } from './resource-status.js';

/** Everything is measured this often. */
const measureEveryMs = 2_000;

/** The options that decide. */
export interface ResourceLimits {
  readonly cpuTarget: number;
  /** In MiB; undefined: no limit. */
  readonly maxMemory?: number | undefined;
  readonly limits: LadderOptions;
}

/** Percentages that are not given follow from `cpuTarget`. */
type LadderOptions = { readonly [Name in keyof LadderThresholds]?: number | undefined } & {
  readonly backPoints: number;
  /** In seconds, like the next. */
  readonly backAfter: number;
  readonly measuredOver: number;
};

export interface ResourceManagerOptions {
  readonly limits: ResourceLimits;
  readonly budget: HouseBudget;
  /** Those that are set up by now. */
  readonly cameras: () => readonly ManagedCamera[];
  /** The manager's own from now on. */
  readonly meters: Meters;
  readonly log: Log;
  readonly now?: () => number;
}

/** Measures every two seconds what everything takes, and has it give way where that is too much. */
export class ResourceManager implements Disposable {
  readonly #options: ResourceManagerOptions;
  readonly #ladder: LoadLadder;
  readonly #memory: MemoryLimit;
  readonly #problems: ProblemLog;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #measured: Measurement = nothingMeasured;
  #measuring = false;
  #shortened: ReadonlySet<string> = new Set();
  #limitedSinceMs: number | undefined;

  constructor(options: ResourceManagerOptions) {
    const { limits, meters, log, now = () => performance.now() } = options;
    this.#options = options;
    this.#now = now;
    this.#ladder = new LoadLadder(ladderLimits(limits));
    this.#memory = new MemoryLimit(limits.maxMemory);
    this.#problems = new ProblemLog('Camera Hub', log, now);
    meters.machine.sample();
    meters.own.sample();
    this.#timer = setInterval(() => void this.look(), measureEveryMs).unref();
  }

  /** Since when something has been limited because of the load, process clock; undefined while nothing is. */
  get limitedSinceMs(): number | undefined {
    return this.#limitedSinceMs;
  }

  /** @param cameras to tell of, where not of all. */
  status(cameras: readonly ManagedCamera[] = this.#options.cameras()): ResourceStatus {
    const { budget } = this.#options;
    return resourceStatus({
      measured: this.#measured,
      loadPercent: this.#ladder.loadAt(this.#now()),
      transcodes: budget.transcodes,
      steps: this.#ladder.steps,
      cameras,
      shortened: this.#shortened,
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#options.meters.gpus[Symbol.dispose]();
  }

  /** Measures and decides, as it does every two seconds. Never rejects. */
  async look(): Promise<void> {
    if (this.#measuring) {
      return; // On a machine as slow as this, the next time.
    }
    const { meters, budget, log } = this.#options;
    this.#measuring = true;
    try {
      this.#measured = await measure(meters);
      this.#followLoad();
      this.#followMemory();
      this.#tellPriority();
    } catch (error) {
      log.debug(`Camera Hub: what everything takes could not be measured: ${String(error)}`);
    } finally {
      this.#measuring = false;
    }
    budget.reconsiderRefused(); // Also where nothing can be measured: a recording may have ended.
  }

  #followLoad(): void {
    const { machine } = this.#measured;
    const { budget, cameras, log } = this.#options;
    if (!machine) {
      return;
    }
    const atMs = this.#now();
    const change = this.#ladder.after({ percent: machine.percent, atMs, analyses: cameras().some(({ analyses }) => analyses), views: budget.convertedViews() });
    if (change) {
      log.info(ladderLine(change));
    }
    const { state, steps } = this.#ladder;
    this.#limitedSinceMs = steps.length === 0 ? undefined : (this.#limitedSinceMs ?? atMs);
    budget.ladder = state;
    for (const camera of cameras()) {
      camera.analysisPace = state.analysis;
    }
  }

  #followMemory(): void {
    const { budget, cameras, limits, log } = this.#options;
    if (limits.maxMemory === undefined) {
      return;
    }
    const all = cameras();
    const ofFfmpegs = this.#measured.ffmpegs.reduce((sum, { cost }) => sum + (cost?.memoryBytes ?? 0), 0);
    const sample = { atMs: this.#now(), usedBytes: ofFfmpegs + all.reduce((sum, { heldBytes }) => sum + heldBytes, 0), rings: all.flatMap((camera) => camera.rings()) };
    const before = this.#shortened;
    this.#shortened = this.#memory.after(sample);
    all.forEach((camera) => camera.shorten(this.#shortened));
    if (this.#shortened.size !== before.size) {
      log.info(memoryLine(this.#shortened.size, sample.rings.length, limits.maxMemory));
    }
    const exceeded = this.#memory.isExceeded(sample);
    budget.memoryRefusal = exceeded ? 'there is no memory for it ("maxMemory")' : undefined;
    if (exceeded) {
      this.#problems.report('memory', new Problem('memory-short', `${Math.round(sample.usedBytes / 2 ** 20)} MiB`));
    } else {
      this.#problems.solved('memory', 'the pictures of all cameras fit into "maxMemory" again');
    }
  }

  #tellPriority(): void {
    const refusal = priorityRefusal();
    if (refusal !== undefined) {
      this.#problems.report('priority', new Problem('priority-refused', refusal));
    }
  }
}

function memoryLine(shortened: number, rings: number, limitMiB: number): string {
  return shortened === 0
    ? 'There is memory for the past of all cameras again.'
    : `The pictures of all cameras are to take no more than ${limitMiB} MiB ("maxMemory"): ${shortened} of ${rings} camera streams keep no past for now, so that their recordings begin without one.`;
}

function ladderLimits({ cpuTarget, limits: { backPoints, backAfter, measuredOver, ...thresholds } }: ResourceLimits): LadderLimits {
  return { ...thresholdsFor(cpuTarget, thresholds), backPoints, backAfterMs: backAfter * 1_000, measuredOverMs: measuredOver * 1_000 };
}
