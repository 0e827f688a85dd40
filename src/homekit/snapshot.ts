import type { StillRenderer } from '../ffmpeg/still.js';
import type { AccessUnit } from '../media/access-unit.js';
import type { Camera } from '../pipeline/camera.js';
import type { CameraStream, CameraStreamState } from '../pipeline/camera-stream.js';
import { afterWaiting, chooseSnapshot, snapshotLimits, type SnapshotStream } from '../policy/snapshot-choice.js';
import { asProblem, problemTable, type Problem } from '../problems.js';
import { drawPlaceholder } from './placeholder/placeholder.js';

/** As asked by HomeKit, in pixels. */
export interface SnapshotSize {
  readonly width: number;
  readonly height: number;
}

/** Where the picture of an answer comes from, before it is made to size. */
type Picture = { readonly kind: 'keyframe'; readonly keyframe: AccessUnit } | { readonly kind: 'placeholder'; readonly reason: string };

/** JPEGs of the same keyframe that are kept: Home asks for a few sizes again and again. */
const keptSizes = 4;

/**
 * Still pictures of one camera. All who ask at the same time share one search for the picture; each size is made once
 * from it; the same keyframe is never decoded twice for the same size. Answers within 4.5 s, always with a picture.
 */
export class SnapshotService {
  readonly #camera: Camera;
  readonly #renderer: StillRenderer;
  readonly #now: () => Date;
  #search: Promise<Picture> | undefined;
  #rendered: { readonly keyframe: AccessUnit; readonly jpegs: Map<string, Promise<Buffer>> } | undefined;
  /** The newest JPEG that came out well, for when even FFmpeg fails. */
  #lastJpeg: { readonly jpeg: Buffer; readonly madeMs: number } | undefined;

  /** @param renderer shared by all cameras. */
  constructor(camera: Camera, renderer: StillRenderer, now: () => Date = () => new Date()) {
    this.#camera = camera;
    this.#renderer = renderer;
    this.#now = now;
  }

  /** A JPEG, at most as large as asked and in the camera's own shape; never rejects. */
  async take(size: SnapshotSize): Promise<Buffer> {
    const deadline = AbortSignal.timeout(snapshotLimits.answerWithinMs);
    const picture = await this.#find(size);
    if (picture.kind === 'placeholder') {
      return this.#placeholder(size, picture.reason);
    }
    try {
      return await this.#render(picture.keyframe, size, deadline);
    } catch (error) {
      const problem = asProblem(error, 'snapshot-failed');
      this.#camera.problems.report(problem);
      return this.#lastJpeg && performance.now() - this.#lastJpeg.madeMs <= snapshotLimits.lastGoodMs
        ? this.#lastJpeg.jpeg
        : this.#placeholder(size, problemTable[problem.code].picture);
    }
  }

  /** One running search, shared. */
  #find(size: SnapshotSize): Promise<Picture> {
    this.#search ??= this.#searchPicture(size).finally(() => (this.#search = undefined));
    return this.#search;
  }

  async #searchPicture(size: SnapshotSize): Promise<Picture> {
    const choice = chooseSnapshot({
      width: size.width,
      streams: this.#camera.streams.map(asSnapshotStream),
      lastGoodMs: this.#lastGoodMs(),
      asleepForMs: this.#asleepForMs(),
      idleTimeoutMs: this.#camera.config.idleTimeout * 1000,
    });
    this.#camera.note(`snapshot ${size.width}x${size.height}: ${choice.because}`);
    if (choice.from === 'lastGood') {
      return this.#lastGood() ?? this.#nothing();
    }
    const stream = this.#camera.stream(choice.stream);
    const keyframe = stream.packets.liveKeyframe;
    if (keyframe) {
      return { kind: 'keyframe', keyframe };
    }
    const asleep = this.#asleepForMs() !== undefined;
    const fresh = await waitForKeyframe(stream, choice.from === 'wait' ? choice.longestMs : 0);
    if (fresh) {
      return { kind: 'keyframe', keyframe: fresh };
    }
    return (afterWaiting(this.#lastGoodMs(), asleep) === 'lastGood' ? this.#lastGood() : undefined) ?? this.#nothing();
  }

  #render(keyframe: AccessUnit, size: SnapshotSize, deadline: AbortSignal): Promise<Buffer> {
    if (this.#rendered?.keyframe !== keyframe) {
      this.#rendered = { keyframe, jpegs: new Map() };
    }
    const { jpegs } = this.#rendered;
    const key = `${size.width}x${size.height}`;
    const known = jpegs.get(key);
    if (known) {
      return known;
    }
    const oldest = jpegs.size >= keptSizes ? jpegs.keys().next().value : undefined;
    if (oldest !== undefined) {
      jpegs.delete(oldest);
    }
    const jpeg = this.#decode(keyframe, size, deadline);
    jpegs.set(key, jpeg);
    jpeg.catch(() => jpegs.delete(key));
    return jpeg;
  }

  async #decode(keyframe: AccessUnit, size: SnapshotSize, deadline: AbortSignal): Promise<Buffer> {
    const jpeg = await this.#renderer.render(await this.#camera.ffmpeg(), keyframe, size, deadline);
    this.#lastJpeg = { jpeg, madeMs: performance.now() };
    return jpeg;
  }

  #lastGood(): Picture | undefined {
    const newest = this.#lastKeyframes()[0];
    return newest && { kind: 'keyframe', keyframe: newest };
  }

  #lastGoodMs(): number | undefined {
    const newest = this.#lastKeyframes()[0];
    return newest && performance.now() - newest.timeMs;
  }

  /** Newest first. */
  #lastKeyframes(): AccessUnit[] {
    const keyframes = this.#camera.streams.map((stream) => stream.packets.lastKeyframe).filter((unit) => unit !== undefined);
    return keyframes.sort((a, b) => b.timeMs - a.timeMs);
  }

  /** How long all of the camera's streams have been asleep; undefined while one is awake. */
  #asleepForMs(): number | undefined {
    const since = this.#camera.streams.map((stream) => (stream.state.kind === 'asleep' ? stream.state.sinceMs : undefined));
    const known = since.filter((ms) => ms !== undefined);
    return known.length === since.length ? performance.now() - Math.max(...known) : undefined;
  }

  #nothing(): Picture {
    const current = this.#camera.problems.current;
    return { kind: 'placeholder', reason: current ? `${problemTable[current.problem.code].picture} since ${this.#clock(current)}` : 'Waiting for the camera' };
  }

  /** Wall clock time of day at which a problem began. */
  #clock({ sinceMs }: { problem: Problem; sinceMs: number }): string {
    const at = new Date(this.#now().getTime() - (performance.now() - sinceMs));
    return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
  }

  #placeholder({ width, height }: SnapshotSize, reason: string): Promise<Buffer> {
    return drawPlaceholder({ width, height, title: this.#camera.config.name, lines: [reason] });
  }
}

const snapshotStates = { live: 'live', asleep: 'asleep', connecting: 'starting', waiting: 'failing', closed: 'asleep' } as const satisfies Record<CameraStreamState['kind'], SnapshotStream['state']>;

function asSnapshotStream(stream: CameraStream): SnapshotStream {
  const { kind } = stream.state;
  return {
    name: stream.name,
    state: snapshotStates[kind],
    width: stream.facts().width,
    hasKeyframe: stream.packets.liveKeyframe !== undefined,
  };
}

/** Wakes the stream and waits for its first keyframe; undefined when the time is up. */
async function waitForKeyframe(stream: CameraStream, ms: number): Promise<AccessUnit | undefined> {
  using _lease = stream.lease({ holder: 'snapshot', waitedFor: true });
  let wake: () => void = () => undefined;
  using reader = stream.packets.read(() => wake());
  reader.seekToNewestKeyframe();
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  const keyframe = new Promise<AccessUnit | undefined>((resolve) => (wake = () => resolve(reader.next())));
  try {
    return await Promise.race([keyframe, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
