import type { AccessUnit } from '../media/access-unit.js';
import type { Camera } from '../pipeline/camera.js';
import type { Frame } from '../pipeline/frame-pool.js';
import type { CameraStream, CameraStreamState } from '../pipeline/camera-stream.js';
import type { HeldJpeg } from '../pipeline/source/newest-jpeg.js';
import type { NearestMoment } from './event-moments.js';
import { unturned } from '../policy/picture-turn.js';
import { captionFor, timeOfDay } from '../policy/picture-caption.js';
import { afterWaiting, chooseSnapshot, sleepsOnPurpose, snapshotLimits, type SnapshotChoice, type SnapshotQuestion, type SnapshotStream } from '../policy/snapshot-choice.js';
import { asProblem, problemTable } from '../problems.js';
import { CameraWaker } from './camera-waker.js';
import { FirstKeyframe } from './first-keyframe.js';
import { drawPlaceholder } from './placeholder/placeholder.js';
import { SnapshotStills, type OldPicture, type PresentPicture, type SnapshotRenderer, type SnapshotSize } from './snapshot-stills.js';

/** Where the picture of an answer comes from, before it is made to size. */
type Picture = PresentPicture | OldPicture | { readonly kind: 'placeholder' };

/** What a snapshot needs of a camera. */
export type SnapshotCamera = Pick<Camera, 'config' | 'streams' | 'stream' | 'newestFrame' | 'stillImage' | 'ffmpeg' | 'problems' | 'note'>;

/**
 * Still pictures of one camera. All who ask at the same time share one search for the picture; each size is made once
 * from it; the same keyframe is never decoded twice for the same size, and what is decoded anyway is not decoded again. Answers
 * within 4.5 s. A picture of a camera that sleeps says when it was taken, unless that was just now.
 */
export class SnapshotService {
  readonly #camera: SnapshotCamera;
  readonly #renderer: SnapshotRenderer;
  readonly #waker: CameraWaker;
  #stills: SnapshotStills;
  #search: Promise<Picture> | undefined;
  #lastPlaceholder: { readonly jpeg: Buffer; readonly drawnMs: number } | undefined;

  /** @param renderer shared by all cameras. */
  constructor(camera: SnapshotCamera, renderer: SnapshotRenderer) {
    this.#camera = camera;
    this.#renderer = renderer;
    this.#waker = new CameraWaker(camera);
    this.#stills = new SnapshotStills(camera, renderer);
  }

  /**
   * A JPEG in the camera's own shape, at most as large as asked; one that the camera sent itself may be somewhat larger (`fitJpeg`). Rejects only where not even a placeholder could be made.
   * @param moment of an event that the picture is asked for; without one it is of now.
   */
  async take(size: SnapshotSize, moment?: NearestMoment): Promise<Buffer> {
    this.#waker.asked();
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

  async #answerMoment(nearest: NearestMoment, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    const { stream, timeMs } = nearest.moment;
    this.#camera.note(`snapshot ${size.width}x${size.height}: ${stream} stream, as it was ${Math.round(performance.now() - timeMs)} ms ago, when it happened`);
    try {
      return await this.#stills.event(nearest, size, signal);
    } catch {
      return this.#answer(size, signal);
    }
  }

  /** Nothing of what the camera showed until now is to be seen any more, nor what is being made of it. */
  forget(): void {
    this.#stills = new SnapshotStills(this.#camera, this.#renderer);
  }

  /** @param again whether a picture that somebody else had asked for was given up, as that one's time was over. */
  async #answer(size: SnapshotSize, signal: AbortSignal, again = false): Promise<Buffer> {
    const picture = await this.#find(size);
    if (picture.kind === 'placeholder') {
      return this.#placeholder(size);
    }
    try {
      return picture.kind === 'old' ? await this.#stills.old(picture, size, signal) : await this.#stills.present(picture, size, signal);
    } catch (error) {
      if (!again && !signal.aborted) {
        return this.#answer(size, signal, true);
      }
      this.#camera.problems.tell(asProblem(error, 'snapshot-failed'));
      return this.#substitute(size);
    }
  }

  /** What is at hand, else one running search, shared: it may have begun before there was anything. */
  async #find(size: SnapshotSize): Promise<Picture> {
    const choice = chooseSnapshot(this.#question(size));
    const atHand = this.#atHand(choice);
    if (atHand) {
      this.#camera.note(`snapshot ${size.width}x${size.height}: ${choice.because}`);
      return atHand;
    }
    this.#search ??= this.#searchPicture(size).finally(() => (this.#search = undefined));
    return this.#search;
  }

  #atHand(choice: SnapshotChoice): Picture | undefined {
    const keyframe = choice.from === 'keyframe' ? this.#camera.stream(choice.stream).packets.liveKeyframe : undefined;
    if (keyframe) {
      return { kind: 'keyframe', keyframe };
    }
    const frame = choice.from === 'frame' ? this.#camera.newestFrame(choice.stream) : undefined;
    if (choice.from === 'frame' && frame) {
      return { kind: 'frame', stream: choice.stream, frame };
    }
    const picture = choice.from === 'jpeg' ? this.#camera.stream(choice.stream).jpegs.held : undefined;
    return picture && { kind: 'jpeg', picture, turn: unturned };
  }

  /** @param sinceMs when the search began. */
  async #searchPicture(size: SnapshotSize, sinceMs = performance.now()): Promise<Picture> {
    const question = this.#question(size, 'to be made');
    const choice = chooseSnapshot(question);
    this.#camera.note(`snapshot ${size.width}x${size.height}: ${choice.because}`);
    if (choice.from === 'lastGood') {
      return this.#lastGood();
    }
    if (choice.from === 'stillImage') {
      return (await this.#stillImage()) ?? this.#searchPicture(size, sinceMs);
    }
    const inVain = (): Picture => (afterWaiting(this.#lastGoodMs(), sleepsOnPurpose(question)) === 'lastGood' ? this.#lastGood() : { kind: 'placeholder' });
    const stream = this.#camera.stream(choice.stream);
    const keyframe = stream.packets.liveKeyframe ?? (choice.from === 'wait' ? await this.#wake(stream, choice.longestMs, sinceMs, () => this.#prepare(inVain(), size)) : undefined);
    return keyframe ? { kind: 'keyframe', keyframe } : inVain();
  }

  /** The camera's own picture instead, where it is connected meanwhile. Undefined where neither can be had. */
  async #stillImage(): Promise<Picture | undefined> {
    using first = new FirstKeyframe(this.#camera.streams);
    const fetched = this.#camera.stillImage?.fetch().then((picture): Picture | undefined => picture && { kind: 'jpeg', picture, turn: this.#camera.config });
    return await Promise.race([fetched, first.keyframe.then((keyframe): Picture => ({ kind: 'keyframe', keyframe }))]);
  }

  /** @param sinceMs when the search began. @param prepare what takes the picture's place, should it get late. */
  async #wake(stream: CameraStream, longestMs: number, sinceMs: number, prepare: () => void): Promise<AccessUnit | undefined> {
    const passedMs = performance.now() - sinceMs;
    const timer = setTimeout(prepare, Math.max(0, snapshotLimits.prepareSubstituteMs - passedMs));
    try {
      return await this.#waker.firstKeyframe(stream, Math.min(longestMs, snapshotLimits.waitForCameraMs - passedMs));
    } finally {
      clearTimeout(timer);
    }
  }

  /** A caption takes longer than is left after waiting for a camera in vain. */
  #prepare(picture: Picture, size: SnapshotSize): void {
    if (picture.kind === 'old') {
      this.#stills.old(picture, size, AbortSignal.timeout(snapshotLimits.captionMs)).catch(() => undefined);
    }
  }

  /** @param which `at hand`: pictures that need not be searched for count too. */
  #question({ width, height }: SnapshotSize, which: 'at hand' | 'to be made' = 'at hand'): SnapshotQuestion {
    const { streams, config, stillImage } = this.#camera;
    return {
      width,
      height,
      streams: streams.map((stream) => asSnapshotStream(stream, which === 'at hand' ? { frame: this.#camera.newestFrame(stream.name), jpeg: stream.jpegs.held } : {})),
      lastGoodMs: this.#lastGoodMs(),
      asleepForMs: this.#asleepForMs(),
      idleTimeoutMs: config.idleTimeout * 1000,
      stillImage: stillImage?.usable === true,
    };
  }

  #lastGood(): Picture {
    const keyframe = this.#lastKeyframe();
    if (!keyframe) {
      return { kind: 'placeholder' };
    }
    const caption = captionFor(dateOf(keyframe.timeMs), new Date());
    return caption === undefined ? { kind: 'keyframe', keyframe } : { kind: 'old', keyframe, caption };
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
    const [picture, drawn] = [this.#stills.last, this.#lastPlaceholder];
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
    return outage ? `${problemTable[outage.problem.code].picture} since ${timeOfDay(dateOf(outage.sinceMs))}` : 'Waiting for the camera';
  }
}

const snapshotStates = { live: 'live', asleep: 'asleep', connecting: 'starting', waiting: 'failing', closed: 'asleep' } as const satisfies Record<CameraStreamState['kind'], SnapshotStream['state']>;

interface AtHand {
  readonly frame?: Frame | undefined;
  readonly jpeg?: HeldJpeg | undefined;
}

function asSnapshotStream(stream: CameraStream, { frame, jpeg }: AtHand): SnapshotStream {
  return {
    name: stream.name,
    state: stream.failing ? 'failing' : snapshotStates[stream.state.kind],
    width: stream.packets.format?.width,
    height: stream.packets.format?.height,
    frame: frame && { width: frame.width, ageMs: performance.now() - frame.timeMs },
    jpeg: jpeg && { width: jpeg.width, height: jpeg.height, bytes: jpeg.jpeg.length, ageMs: performance.now() - jpeg.timeMs, goodForMs: jpeg.goodForMs },
    hasKeyframe: stream.packets.liveKeyframe !== undefined,
    lastFailed: stream.state.kind === 'asleep' && stream.state.afterFailure,
  };
}

/** Of a moment on the process clock. From the present: the wall clock may have been set since the process began. */
function dateOf(processMs: number): Date {
  return new Date(Date.now() - (performance.now() - processMs));
}
