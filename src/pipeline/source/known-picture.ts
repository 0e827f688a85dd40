import type { IngestPicture } from '../../ffmpeg/ingest-arguments.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import { inputNeeds, type InputNeed } from '../../ffmpeg/input-needs.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import type { CameraSource } from '../../media/camera-source.js';
import { failedAtOnce, hardwareLimitMs } from '../../policy/encoding-trust.js';
import { ingestEncoding } from '../../policy/ingest-encoding.js';
import { noSuchTransport, otherTransport } from '../../policy/camera-quirks.js';
import { choosePicture, firstPictureKnowledge, pictureAfter, type PictureKnowledge, type SeenPicture } from '../../policy/picture-choice.js';
import type { PictureTurn } from '../../policy/picture-turn.js';
import type { RenditionSettings } from '../../policy/rendition-choice.js';
import type { IngestEnd } from '../ingest.js';
import { EncodingTrust, type IngestHardware, type SourceOpener } from './encoding-trust.js';
import { lookAt } from './look.js';
import type { HeldJpeg } from './newest-jpeg.js';
import { openSource } from './open-source.js';
import type { OpenedSource, SourceTools } from './opened-source.js';

export interface KnownPictureOptions extends Pick<SourceTools, 'limits' | 'devices' | 'pollRate' | 'onJpeg'> {
  readonly source: CameraSource;
  readonly turn: PictureTurn;
  /** What is known from the outset. */
  readonly begin?: Partial<PictureKnowledge> | undefined;
  /** What encodes at the ingest, where that is necessary. */
  readonly hardware: IngestHardware;
  /** A line for who looks for the reason of something. */
  readonly onNote: (text: string) => void;
  readonly owner?: FfmpegOwner | undefined;
  /** The FFmpeg for what only its opening has shown to be needed; the one of `plan` unless told otherwise. */
  readonly ffmpegFor?: ((needs: readonly InputNeed[]) => Promise<Ffmpeg>) | undefined;
  /** Whether an FFmpeg can open an input that needs this; every one can unless told otherwise. */
  readonly canOpen?: ((ffmpeg: Ffmpeg, needs: readonly InputNeed[]) => Promise<boolean>) | undefined;
}

/** How a connection is to be made. */
export interface ConnectionPlan {
  readonly ffmpeg: Ffmpeg;
  readonly opened: OpenedSource;
  readonly picture: IngestPicture;
  readonly manner: { readonly patient: boolean; readonly times: 'camera' | 'arrival' };
  /** The name of the graphics hardware that encodes; undefined where nothing does. */
  readonly hardware: string | undefined;
  /** How long its first picture is waited for, where that is not as usual. */
  readonly firstPictureWithinMs?: number | undefined;
}

/** How the newest connection takes the picture, and why. */
export interface TakenPicture {
  readonly mode: 'copy' | 'encode';
  readonly because: string;
  /** What the source sends, where that had to be known. */
  readonly seen?: SeenPicture | undefined;
  /** What it is encoded as; absent where it is copied. */
  readonly settings?: RenditionSettings | undefined;
}

/** What is known of a source's picture, and so how a connection takes it. */
export class KnownPicture {
  readonly #options: KnownPictureOptions;
  #knowledge: PictureKnowledge;
  readonly #trust: EncodingTrust;
  /** How the newest connection was opened, while it is not known to have failed. */
  #opened: OpenedSource | undefined;
  #said: string | undefined;
  #taken: TakenPicture | undefined;

  constructor(options: KnownPictureOptions) {
    this.#options = options;
    this.#knowledge = { ...firstPictureKnowledge, ...options.begin };
    this.#trust = new EncodingTrust(options.hardware);
  }

  /** Undefined before the first connection. */
  get taken(): TakenPicture | undefined {
    return this.#taken;
  }

  /**
   * Opens the source, and looks at what it sends where that has to be known.
   * @throws Problem where that fails: so has the connection.
   */
  async plan(found: Ffmpeg, signal: AbortSignal): Promise<ConnectionPlan> {
    const { source, turn, limits, devices, owner, pollRate, onJpeg, ffmpegFor } = this.#options;
    this.#trust.begin(signal);
    this.#knowledge = pictureAfter(this.#knowledge, { kind: 'connecting', atMs: performance.now() });
    const { patient, times, refusesTransport } = this.#knowledge;
    const pass = (picture: HeldJpeg): void => {
      if (!signal.aborted) {
        onJpeg?.(picture);
      }
    };
    const transported = refusesTransport && source.kind === 'rtsp' ? { ...source, transport: otherTransport(source.transport) } : source;
    const opened = await openSource(transported, { ffmpeg: found, signal, limits, devices, before: this.#opened, pollRate, onJpeg: pass });
    this.#opened = opened;
    const ffmpeg = opened.needs && ffmpegFor ? await ffmpegFor(opened.needs) : found;
    const manner = { patient, times };
    let choice = choosePicture({ ...this.#knowledge, ...(opened.picture && { seen: opened.picture }) }, turn);
    const looks = choice.mode === 'look';
    if (looks) {
      const { picture } = await lookAt({ ffmpeg, opened, signal, owner, ...manner });
      this.#knowledge = pictureAfter(this.#knowledge, { kind: 'seen', picture });
      choice = choosePicture(this.#knowledge, turn);
    }
    if (choice.mode !== 'encode') {
      this.#taken = { mode: 'copy', because: choice.because };
      return { ffmpeg, opened, picture: { mode: 'copy', input: this.#knowledge.seen?.input }, manner, hardware: undefined };
    }
    const needs = [...inputNeeds(source), ...(opened.needs ?? [])];
    const canOpen = async (other: Ffmpeg): Promise<boolean> => other.path === ffmpeg.path || (await this.#options.canOpen?.(other, needs)) !== false;
    return { opened, manner, ...(await this.#encoding(choice.seen, { because: choice.because, answers: looks || opened.picture !== undefined, opener: { ffmpeg, canOpen } })) };
  }

  /** The present connection has its first picture. */
  works(): void {
    this.#trust.works();
  }

  /** The connection was ended, as nobody needs it or another takes its place. */
  worked(forMs: number): void {
    if (forMs > 0) {
      this.#knowledge = pictureAfter(this.#knowledge, { kind: 'worked', forMs, stoodStill: false });
    }
  }

  /**
   * The connection ended by itself.
   * @returns whether the next one takes it otherwise, and so need not wait.
   */
  learn(end: Pick<IngestEnd, 'pictureTrouble' | 'problem' | 'healthyForMs' | 'inHardwaresWords'>): boolean {
    const { pictureTrouble: trouble, problem, healthyForMs } = end;
    const before = this.#knowledge;
    this.#opened = undefined;
    if (trouble) {
      this.#knowledge = pictureAfter(this.#knowledge, { kind: 'trouble', trouble });
    }
    if (healthyForMs > 0) {
      this.#knowledge = pictureAfter(this.#knowledge, { kind: 'worked', forMs: healthyForMs, stoodStill: problem?.code === 'camera-clock-set' });
    }
    if (this.#knowledge.times !== before.times) {
      this.#options.onNote('the times of its pictures are of no use; those at which they come take their place');
    }
    if (problem && failedAtOnce({ problem: problem.code, healthyForMs })) {
      this.#knowledge = pictureAfter(this.#knowledge, { kind: 'failed' });
    }
    if (this.#trust.ended(end)) {
      return true;
    }
    const { uncopyable, patient, times, refusesTransport } = this.#knowledge;
    if (refusesTransport && !before.refusesTransport) {
      this.#options.onNote(noSuchTransport.says);
    }
    return uncopyable !== before.uncopyable || patient !== before.patient || times !== before.times || refusesTransport !== before.refusesTransport;
  }

  async #encoding(seen: SeenPicture, { because, answers, opener }: { readonly because: string; readonly answers: boolean; readonly opener: SourceOpener }): Promise<Omit<ConnectionPlan, 'opened' | 'manner'>> {
    const { turn, onNote } = this.#options;
    const settings = ingestEncoding(seen, turn);
    const { decode, encode, hardware } = await this.#trust.choose(seen, settings, opener);
    this.#taken = { mode: 'encode', because, seen, settings };
    const says = `encoded once for all as ${settings.width}x${settings.height}, at most ${settings.fps} fps, ${settings.bitrateKbps} kbit/s (${because}; ${encode.preset.label}, ${encode.because})`;
    if (says !== this.#said) {
      this.#said = says;
      onNote(says);
    }
    const firstPictureWithinMs = hardware === undefined ? undefined : hardwareLimitMs(seen.codec, answers);
    return { ffmpeg: encode.ffmpeg, picture: { mode: 'encode', decode, encode, seen, turn, settings }, hardware, firstPictureWithinMs };
  }
}
