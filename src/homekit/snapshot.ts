import type { StillRenderer } from '../ffmpeg/still.js';
import type { AccessUnit } from '../media/access-unit.js';
import type { Camera } from '../pipeline/camera.js';
import type { Frame } from '../pipeline/frame-pool.js';
import type { CameraStream, CameraStreamState } from '../pipeline/camera-stream.js';
import type { Moment } from '../pipeline/moment.js';
import type { NearestMoment } from './event-moments.js';
import { afterWaiting, chooseSnapshot, sleepsOnPurpose, snapshotLimits, type SnapshotQuestion, type SnapshotStream } from '../policy/snapshot-choice.js';
import { asProblem, problemTable } from '../problems.js';
import { drawPlaceholder } from './placeholder/placeholder.js';
import { StillCache } from './still-cache.js';

/** As asked by HomeKit, in pixels. */
export interface SnapshotSize {
  readonly width: number;
  readonly height: number;
}

/** Where the picture of an answer comes from, before it is made to size. */
type Picture = { readonly kind: 'frame'; readonly stream: 'main' | 'sub'; readonly frame: Frame } | { readonly kind: 'keyframe'; readonly keyframe: AccessUnit } | { readonly kind: 'placeholder' };

/** What a snapshot needs of a camera. */
export type SnapshotCamera = Pick<Camera, 'config' | 'streams' | 'stream' | 'newestFrame' | 'ffmpeg' | 'problems' | 'note'>;

/** What makes the JPEGs. */
export type SnapshotRenderer = Pick<StillRenderer, 'render' | 'renderFrame' | 'renderMoment'>;

/**
 * Still pictures of one camera. All who ask at the same time share one search for the picture; each size is made once
 * from it; the same keyframe is never decoded twice for the same size, and what is decoded anyway is not decoded again. Answers
 * within 4.5 s.
 */
export class SnapshotService {
  readonly #camera: SnapshotCamera;
  readonly #renderer: SnapshotRenderer;
  #stills = new StillCache();
  #momentStills = new WeakMap<Moment, StillCache>();
  #search: Promise<Picture> | undefined;
  /** The newest JPEG that came out well, for when even FFmpeg fails. */
  #lastJpeg: { readonly jpeg: Buffer; readonly takenMs: number } | undefined;
  #lastPlaceholder: { readonly jpeg: Buffer; readonly drawnMs: number } | undefined;

  /** @param renderer shared by all cameras. */
  constructor(camera: SnapshotCamera, renderer: SnapshotRenderer) {
    this.#camera = camera;
    this.#renderer = renderer;
  }

  /**
   * A JPEG, at most as large as asked and in the camera's own shape. Rejects only where not even a placeholder could be made.
   * @param moment of an event that the picture is asked for; without one it is of now.
   */
  async take(size: SnapshotSize, moment?: NearestMoment): Promise<Buffer> {
    const deadline = new AbortController();
    const late = Promise.withResolvers<Buffer>();
    const timers = [
      // Should it get late, what takes the picture's place is at hand.
      setTimeout(() => void this.#placeholder(size).catch(() => undefined), snapshotLimits.prepareSubstituteMs),
      setTimeout(() => {
        deadline.abort();
        this.#substitute(size).then(late.resolve, late.reject);
      }, snapshotLimits.answerWithinMs - snapshotLimits.substituteMs),
    ];
    try {
      return await Promise.race([moment ? this.#answerMoment(moment, size, deadline.signal) : this.#answer(size, deadline.signal), late.promise]);
    } finally {
      timers.forEach(clearTimeout);
    }
  }

  /** In place of a picture, whatever the camera shows. `line` says why. */
  drawn({ width, height }: SnapshotSize, line: string): Promise<Buffer> {
    return drawPlaceholder({ width, height, title: this.#camera.config.name, lines: [line] });
  }

  async #answerMoment({ moment, whole }: NearestMoment, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    const { stream, timeMs, keyframe } = moment;
    this.#camera.note(`snapshot ${size.width}x${size.height}: ${stream} stream, as it was ${Math.round(performance.now() - timeMs)} ms ago, when it happened`);
    const stills = this.#momentStills.get(moment) ?? new StillCache();
    this.#momentStills.set(moment, stills);
    try {
      if (whole) {
        const within = AbortSignal.any([signal, AbortSignal.timeout(snapshotLimits.momentMs)]);
        return await stills.get(moment, size, async () => this.#renderer.renderMoment(await this.#camera.ffmpeg(), moment, size, within));
      }
    } catch (error) {
      this.#camera.note(`snapshot of the event: ${asProblem(error, 'snapshot-failed').message}; the keyframe before it takes its place`);
    }
    try {
      return await stills.get(keyframe, size, async () => this.#renderer.render(await this.#camera.ffmpeg(), keyframe, size, signal));
    } catch {
      return this.#answer(size, signal);
    }
  }

  /** Nothing of what the camera showed until now is to be seen any more. */
  forget(): void {
    this.#stills = new StillCache();
    this.#momentStills = new WeakMap();
    this.#lastJpeg = undefined;
  }

  /** @param again whether a picture that somebody else had asked for was given up, as that one's time was over. */
  async #answer(size: SnapshotSize, signal: AbortSignal, again = false): Promise<Buffer> {
    const picture = await this.#find(size);
    if (picture.kind === 'placeholder') {
      return this.#placeholder(size);
    }
    try {
      return await this.#stills.get(picture.kind === 'frame' ? picture.frame : picture.keyframe, size, () => this.#render(picture, size, signal));
    } catch (error) {
      if (!again && !signal.aborted) {
        return this.#answer(size, signal, true);
      }
      this.#camera.problems.tell(asProblem(error, 'snapshot-failed'));
      return this.#substitute(size);
    }
  }

  async #render(picture: Exclude<Picture, { kind: 'placeholder' }>, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    if (picture.kind === 'frame') {
      const newest = (): Frame | undefined => this.#camera.newestFrame(picture.stream);
      return this.#keep(picture.frame.timeMs, await this.#renderer.renderFrame(await this.#camera.ffmpeg(), newest, size, signal));
    }
    const { keyframe } = picture;
    return this.#keep(keyframe.timeMs, await this.#renderer.render(await this.#camera.ffmpeg(), keyframe, size, signal));
  }

  #keep(takenMs: number, jpeg: Buffer): Buffer {
    this.#lastJpeg = { jpeg, takenMs };
    return jpeg;
  }

  /** What is decoded anyway, else one running search, shared. */
  async #find(size: SnapshotSize): Promise<Picture> {
    const choice = chooseSnapshot(this.#question(size));
    const frame = choice.from === 'frame' ? this.#camera.newestFrame(choice.stream) : undefined;
    if (choice.from === 'frame' && frame) {
      this.#camera.note(`snapshot ${size.width}x${size.height}: ${choice.because}`);
      return { kind: 'frame', stream: choice.stream, frame };
    }
    this.#search ??= this.#searchPicture(size).finally(() => (this.#search = undefined));
    return this.#search;
  }

  async #searchPicture(size: SnapshotSize): Promise<Picture> {
    const question = this.#question(size, 'without frames');
    const choice = chooseSnapshot(question);
    this.#camera.note(`snapshot ${size.width}x${size.height}: ${choice.because}`);
    if (choice.from === 'lastGood') {
      return this.#lastGood();
    }
    const stream = this.#camera.stream(choice.stream);
    const keyframe = stream.packets.liveKeyframe ?? (choice.from === 'wait' ? await waitForKeyframe(stream, choice.longestMs) : undefined);
    if (keyframe) {
      return { kind: 'keyframe', keyframe };
    }
    return afterWaiting(this.#lastGoodMs(), sleepsOnPurpose(question)) === 'lastGood' ? this.#lastGood() : { kind: 'placeholder' };
  }

  #question({ width, height }: SnapshotSize, frames: 'with frames' | 'without frames' = 'with frames'): SnapshotQuestion {
    const { streams, config } = this.#camera;
    return {
      width,
      height,
      streams: streams.map((stream) => asSnapshotStream(stream, frames === 'with frames' ? this.#camera.newestFrame(stream.name) : undefined)),
      lastGoodMs: this.#lastGoodMs(),
      asleepForMs: this.#asleepForMs(),
      idleTimeoutMs: config.idleTimeout * 1000,
    };
  }

  #lastGood(): Picture {
    const newest = this.#lastKeyframe();
    return newest ? { kind: 'keyframe', keyframe: newest } : { kind: 'placeholder' };
  }

  #lastGoodMs(): number | undefined {
    const newest = this.#lastKeyframe();
    return newest && performance.now() - newest.timeMs;
  }

  #lastKeyframe(): AccessUnit | undefined {
    const keyframes = this.#camera.streams.map((stream) => stream.packets.lastKeyframe).filter((unit) => unit !== undefined);
    return keyframes.sort((a, b) => b.timeMs - a.timeMs)[0];
  }

  /** How long all of the camera's streams have been asleep; undefined while one is awake. */
  #asleepForMs(): number | undefined {
    const since = this.#camera.streams.flatMap(({ state }) => (state.kind === 'asleep' ? [state.sinceMs] : []));
    return since.length === this.#camera.streams.length ? performance.now() - Math.max(...since) : undefined;
  }

  /** When there is no time left, or FFmpeg failed: a picture that is still true, else the placeholder. */
  async #substitute(size: SnapshotSize): Promise<Buffer> {
    const nowMs = performance.now();
    const [picture, drawn] = [this.#lastJpeg, this.#lastPlaceholder];
    if (picture && nowMs - picture.takenMs <= snapshotLimits.lastGoodMs) {
      return picture.jpeg;
    }
    return drawn && nowMs - drawn.drawnMs <= snapshotLimits.answerWithinMs ? drawn.jpeg : this.#placeholder(size);
  }

  async #placeholder({ width, height }: SnapshotSize): Promise<Buffer> {
    const placeholder = await this.drawn({ width, height }, this.#whatIsWrong());
    this.#lastPlaceholder = { jpeg: placeholder, drawnMs: performance.now() };
    return placeholder;
  }

  #whatIsWrong(): string {
    const outage = this.#camera.streams.map(({ name }) => this.#camera.problems.outage(name)).find((each) => each !== undefined);
    return outage ? `${problemTable[outage.problem.code].picture} since ${timeOfDay(outage.sinceMs)}` : 'Waiting for the camera';
  }
}

const snapshotStates = { live: 'live', asleep: 'asleep', connecting: 'starting', waiting: 'failing', closed: 'asleep' } as const satisfies Record<CameraStreamState['kind'], SnapshotStream['state']>;

function asSnapshotStream(stream: CameraStream, frame: Frame | undefined): SnapshotStream {
  return {
    name: stream.name,
    state: stream.failing ? 'failing' : snapshotStates[stream.state.kind],
    width: stream.packets.format?.width,
    height: stream.packets.format?.height,
    frame: frame && { width: frame.width, ageMs: performance.now() - frame.timeMs },
    hasKeyframe: stream.packets.liveKeyframe !== undefined,
    lastFailed: stream.state.kind === 'asleep' && stream.state.afterFailure,
  };
}

/** '10:42', of a moment on the process clock. */
function timeOfDay(processMs: number): string {
  const at = new Date(performance.timeOrigin + processMs);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

/** Wakes the stream and waits for its first keyframe; undefined when the time is up. */
async function waitForKeyframe(stream: CameraStream, ms: number): Promise<AccessUnit | undefined> {
  using _lease = stream.lease({ holder: 'snapshot', waitedFor: true });
  const waited = Promise.withResolvers<AccessUnit | undefined>();
  using reader = stream.packets.read(() => {
    const unit = reader.next();
    if (unit) {
      waited.resolve(unit);
    }
  });
  reader.seekToNewestKeyframe();
  const timer = setTimeout(() => waited.resolve(undefined), ms);
  try {
    return await waited.promise;
  } finally {
    clearTimeout(timer);
  }
}
