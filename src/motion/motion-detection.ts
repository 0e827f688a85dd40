import type { CameraEvents } from '../events/camera-events.js';
import type { Camera } from '../pipeline/camera.js';
import type { Lease } from '../pipeline/lease.js';
import { MotionEpisode } from '../policy/motion-episode.js';
import { AnalysisPaceKeeper, slower } from '../policy/analysis-pace.js';
import { chooseMotionSource, type AnalysisPace, type MotionSource, type MotionStream } from '../policy/motion-source.js';
import type { MotionVerdict } from './detector.js';
import type { MotionCost } from './motion-cost.js';
import type { MotionPool, MotionWatch } from './motion-pool.js';

/** What the camera sends is looked at this often, for where motion is to be looked for. */
const lookEveryMs = 5_000;
/** What the pictures are looked at in: larger ones are scaled down by who decodes. */
const pictureBox = { width: 320, height: 180 } as const;

export interface MotionDetectionOptions {
  readonly camera: Camera;
  readonly events: CameraEvents;
  /** Shared by all cameras. */
  readonly pool: Pick<MotionPool, 'watch'>;
}

/** What looking for motion does and costs. All of this can be written as JSON. */
export interface MotionStatus {
  readonly on: boolean;
  readonly moving: boolean;
  /** Where the pictures come from, and why. */
  readonly source: string | undefined;
  /** 'learning', 'watching' or 'relearning'; undefined before the first picture. */
  readonly state: MotionVerdict['state'] | undefined;
  /** Beyond decoding; undefined while it is off. */
  readonly cost: MotionCost | undefined;
}

interface Running {
  readonly source: MotionSource;
  readonly frames: Lease;
  readonly watch: MotionWatch;
}

/** Looks for motion in a camera's decoded pictures, while it is on, and reports it. */
export class MotionDetection implements Disposable {
  readonly #options: MotionDetectionOptions;
  readonly #episode: MotionEpisode;
  #pace = new AnalysisPaceKeeper();
  /** What the machine's load leaves it. */
  #housePace: AnalysisPace = 'full';
  /** How late the pictures since the last look were looked at, at least: the first of all is of the past anyway. */
  #lateMs = Infinity;
  #running: Running | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Since when the sub stream has not been there. */
  #subAwaySinceMs: number | undefined;
  #state: MotionVerdict['state'] | undefined;
  #advised = false;

  constructor(options: MotionDetectionOptions) {
    this.#options = options;
    this.#episode = new MotionEpisode(options.camera.config.motionMinDuration * 1_000);
  }

  /** Starts or stops it; `because` completes "motion detection is on: ". */
  run(on: boolean, because: string): void {
    if (on === (this.#running !== undefined)) {
      return;
    }
    this.#options.camera.note(`motion detection is ${on ? 'on' : 'off'}: ${because}`);
    if (on) {
      this.#pace = new AnalysisPaceKeeper();
      this.#subAwaySinceMs = undefined;
      this.#follow();
      this.#timer = setInterval(() => this.#look(), lookEveryMs);
      this.#timer.unref();
    } else {
      this.#stop();
    }
  }

  get on(): boolean {
    return this.#running !== undefined;
  }

  /** No more than this, whether it keeps up or not. */
  set housePace(pace: AnalysisPace) {
    if (pace !== this.#housePace) {
      this.#housePace = pace;
      if (this.#running) {
        this.#follow();
      }
    }
  }

  status(): MotionStatus {
    const running = this.#running;
    return {
      on: running !== undefined,
      moving: this.#options.events.moving,
      source: running && describe(running.source),
      state: this.#state,
      cost: running?.watch.cost,
    };
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #look(): void {
    this.#pace.after(Number.isFinite(this.#lateMs) ? this.#lateMs : undefined, performance.now());
    this.#lateMs = Infinity;
    this.#follow();
  }

  /** Takes what is to be looked at now in place of what was before. */
  #follow(): void {
    const source = this.#choose();
    const before = this.#running;
    if (before?.source.stream === source.stream && before.source.fps === source.fps) {
      return;
    }
    const { camera } = this.#options;
    camera.note(`motion is looked for in the ${describe(source)}`);
    this.#advise(source);
    const watch = before?.source.stream === source.stream ? before.watch : this.#watch();
    const frames = camera.video(source.stream).decoder.lease(
      { holder: 'motion', ...pictureBox, maxFps: source.fps, keyframesOnly: source.fps === undefined },
      { onFrame: (frame) => void watch.look(frame) },
    );
    this.#running = { source, frames, watch };
    before?.frames[Symbol.dispose]();
    if (before && before.watch !== watch) {
      before.watch[Symbol.dispose]();
    }
  }

  #choose(): MotionSource {
    const { streams, sub } = this.#options.camera;
    const nowMs = performance.now();
    // While the main stream is looked at, nobody asks for the sub stream: it counts as away until motion detection begins anew.
    const isAway = sub?.failing === true || (this.#subAwaySinceMs !== undefined && sub?.state.kind !== 'live');
    this.#subAwaySinceMs = isAway ? (this.#subAwaySinceMs ?? nowMs) : undefined;
    const facts = streams.map(({ name, state, packets }): MotionStream => {
      const measure = packets.measure();
      const bFrames = measure?.bFrames ?? packets.format?.reorders === true;
      return { name, live: state.kind === 'live', bFrames, keyframeIntervalMs: measure?.keyframeIntervalMs, gopMs: packets.gopMs };
    });
    return chooseMotionSource(facts, slower(this.#pace.pace, this.#housePace), this.#running?.source, this.#subAwaySinceMs === undefined ? 0 : nowMs - this.#subAwaySinceMs);
  }

  #watch(): MotionWatch {
    const { camera, pool, events } = this.#options;
    const { motionSensitivity, motionZones } = camera.config;
    return pool.watch({ sensitivity: motionSensitivity, zones: motionZones }, (verdict) => {
      this.#lateMs = Math.min(this.#lateMs, performance.now() - verdict.timeMs);
      if (verdict.state !== this.#state) {
        this.#state = verdict.state;
        camera.note(`motion detection is ${verdict.state}: ${verdict.because}`);
      }
      if (this.#episode.after(verdict) && this.#running) {
        if (!events.moving) {
          camera.note(`motion: ${verdict.because}`);
        }
        events.motion('pictures', verdict.timeMs);
      }
    });
  }

  /** Said once: what would make it cheap. */
  #advise({ advice }: MotionSource): void {
    if (advice !== undefined && !this.#advised) {
      this.#advised = true;
      this.#options.camera.tell(`${advice}.`);
    }
  }

  #stop(): void {
    clearInterval(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    this.#state = undefined;
    running?.frames[Symbol.dispose]();
    running?.watch[Symbol.dispose]();
    this.#options.events.motionEnded('pictures');
  }
}

/** 'sub stream, 5 pictures a second: the sub stream is small' */
function describe({ stream, fps, because }: MotionSource): string {
  return `${stream} stream, ${fps === undefined ? 'keyframes only' : `${fps} pictures a second`}: ${because}`;
}
