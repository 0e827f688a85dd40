import type { StillRenderer } from '../ffmpeg/still.js';
import type { AccessUnit } from '../media/access-unit.js';
import type { JpegPicture } from '../media/jpeg-picture.js';
import type { Camera } from '../pipeline/camera.js';
import type { Frame } from '../pipeline/frame-pool.js';
import type { Moment } from '../pipeline/moment.js';
import { fitJpeg } from '../policy/jpeg-fit.js';
import { isTurned, type PictureTurn } from '../policy/picture-turn.js';
import { snapshotLimits } from '../policy/snapshot-choice.js';
import { asProblem } from '../problems.js';
import type { NearestMoment } from './event-moments.js';
import { drawCaption } from './snapshot-caption.js';
import { StillCache } from './still-cache.js';

/** As asked by HomeKit, in pixels. */
export interface SnapshotSize {
  readonly width: number;
  readonly height: number;
}

/** What makes the JPEGs. */
export type SnapshotRenderer = Pick<StillRenderer, 'render' | 'renderFrame' | 'renderJpeg' | 'renderMoment' | 'decode'>;

/** A picture of now, or as good as that. */
export type PresentPicture =
  | { readonly kind: 'frame'; readonly stream: 'main' | 'sub'; readonly frame: Frame }
  | { readonly kind: 'keyframe'; readonly keyframe: AccessUnit }
  /** As the camera sent it, to be turned. */
  | { readonly kind: 'jpeg'; readonly picture: JpegPicture; readonly turn: PictureTurn };

/** A picture that says when it was taken. */
export interface OldPicture {
  readonly kind: 'old';
  readonly keyframe: AccessUnit;
  readonly caption: string;
}

/** The JPEGs of one camera: the same picture is not made twice for the same size, and all who ask meanwhile get the same. */
export class SnapshotStills {
  readonly #camera: Pick<Camera, 'newestFrame' | 'ffmpeg' | 'note'>;
  readonly #renderer: SnapshotRenderer;
  readonly #newest = new StillCache();
  readonly #moments = new WeakMap<Moment, StillCache>();
  #last: { readonly jpeg: Buffer; readonly takenMs: number } | undefined;

  constructor(camera: Pick<Camera, 'newestFrame' | 'ffmpeg' | 'note'>, renderer: SnapshotRenderer) {
    this.#camera = camera;
    this.#renderer = renderer;
  }

  /** The newest present one that came out well, for when even FFmpeg fails. */
  get last(): { readonly jpeg: Buffer; readonly takenMs: number } | undefined {
    return this.#last;
  }

  /** @throws Problem snapshot-failed; also when `signal` ends it, which may be that of somebody else who asked first. */
  present(picture: PresentPicture, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    const source = sourceOf(picture);
    return this.#newest.get(source, size, async () => {
      const jpeg = await this.#renderPresent(picture, size, signal);
      this.#last = { jpeg, takenMs: source.timeMs };
      return jpeg;
    });
  }

  /** Without the caption where that cannot be had. @throws as `present` does */
  async old(picture: OldPicture, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    const { keyframe, caption } = picture;
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(snapshotLimits.captionMs)]);
      return await this.#newest.get(keyframe, { ...size, caption }, () => this.#renderOld(picture, size, within));
    } catch (error) {
      this.#camera.note(`the snapshot does not say that it is of ${caption}: ${asProblem(error, 'snapshot-failed').message}`);
      return await this.present({ kind: 'keyframe', keyframe }, size, signal);
    }
  }

  /** The keyframe before it where the picture of the event cannot be had. @throws as `present` does */
  async event({ moment, whole }: NearestMoment, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    const stills = this.#moments.get(moment) ?? new StillCache();
    this.#moments.set(moment, stills);
    try {
      if (whole) {
        const within = AbortSignal.any([signal, AbortSignal.timeout(snapshotLimits.momentMs)]);
        return await stills.get(moment, size, async () => this.#renderer.renderMoment(await this.#camera.ffmpeg(), moment, size, within));
      }
    } catch (error) {
      this.#camera.note(`snapshot of the event: ${asProblem(error, 'snapshot-failed').message}; the keyframe before it takes its place`);
    }
    return await stills.get(moment.keyframe, size, async () => this.#renderer.render(await this.#camera.ffmpeg(), moment.keyframe, size, signal));
  }

  async #renderPresent(picture: PresentPicture, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    if (picture.kind === 'jpeg' && copies(picture, size)) {
      return picture.picture.jpeg;
    }
    const ffmpeg = await this.#camera.ffmpeg();
    switch (picture.kind) {
      case 'frame':
        return this.#renderer.renderFrame(ffmpeg, () => this.#camera.newestFrame(picture.stream), size, signal);
      case 'keyframe':
        return this.#renderer.render(ffmpeg, picture.keyframe, size, signal);
      case 'jpeg':
        return this.#renderer.renderJpeg(ffmpeg, picture.picture, picture.turn, size, signal);
    }
  }

  async #renderOld({ keyframe, caption }: OldPicture, size: SnapshotSize, signal: AbortSignal): Promise<Buffer> {
    const ffmpeg = await this.#camera.ffmpeg();
    const picture = await this.#renderer.decode(ffmpeg, keyframe, size, signal);
    drawCaption(picture, caption);
    return this.#renderer.renderFrame(ffmpeg, () => picture, size, signal);
  }
}

function sourceOf(picture: PresentPicture): Frame | AccessUnit | JpegPicture {
  switch (picture.kind) {
    case 'frame':
      return picture.frame;
    case 'keyframe':
      return picture.keyframe;
    case 'jpeg':
      return picture.picture;
  }
}

function copies({ picture, turn }: Extract<PresentPicture, { kind: 'jpeg' }>, size: SnapshotSize): boolean {
  const { width, height, jpeg } = picture;
  return !isTurned(turn) && fitJpeg({ width, height, bytes: jpeg.length }, size).copied;
}
