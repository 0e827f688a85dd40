import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessUnit } from '../../media/access-unit.js';
import { ClipWriter } from '../../media/clip-writer.js';
import { FragmentCutter, lastFragment } from '../../media/fragment-cutter.js';
import { chooseRecording, type RecordingMode } from '../../policy/recording-choice.js';
import { recordingEndLimits, whyEndRecording } from '../../policy/recording-end.js';
import { Problem } from '../../problems.js';
import type { Camera } from '../camera.js';
import type { PacketReader } from '../packet-reader.js';
import { CopiedPictures, type RecordedPictures } from './recorded-pictures.js';
import { RecordedSound } from './recorded-sound.js';
import { recordedStream } from './recorded-stream.js';
import { TranscodedPictures, type RecordedRendition } from './transcoded-pictures.js';

/** Until the first fragment is out pictures are looked for often; afterwards a few times a second is enough, and wakes hardly anybody. */
const lookEveryMs = { first: 10, later: 250 } as const;
/** A hub gives up when nothing has come for about 5 s; a little longer, so that its reason is seen too. */
const firstPictureWithinMs = 8_000;
/** A converted clip begins this much before what was asked for, so that also the first picture of a slow camera is early enough. */
const spareMs = 250;

/** What the hub has selected. */
export interface RecordingRequest extends Omit<RecordedRendition, 'keyframeSeconds' | 'fromSeconds'> {
  readonly prebufferMs: number;
  readonly fragmentMs: number;
  readonly sound: boolean;
  readonly soundKbps: number;
}

/** One packet for the hub: first ftyp and moov, then a moof and an mdat each. */
export interface ClipPacket {
  readonly data: Buffer;
  readonly isLast: boolean;
}

export interface RecordingOptions {
  readonly camera: Camera;
  readonly request: RecordingRequest;
  /** Ends the recording at once, without a last packet. */
  readonly signal: AbortSignal;
  /** Why the recording is to end now, by somebody's decision; undefined while it may go on. */
  readonly whyEnd?: () => string | undefined;
  /** Bytes that the hub has not taken yet; undefined where that cannot be seen. */
  readonly unreadBytes: () => number | undefined;
}

/** What has been done so far, for the log and the status. Times in milliseconds. */
export interface RecordingProgress {
  /** Whether its pictures are copied, and why; undefined until there is one. */
  readonly pictures: Pick<RecordingMode, 'mode' | 'because'> | undefined;
  readonly sound: string;
  readonly sentBytes: number;
  readonly fragments: number;
  /** How far before the request the clip begins. */
  readonly pastMs: number;
  readonly lengthMs: number;
}

/** One clip of a camera for the home hub, from seconds in the past until the hub has enough, or the camera is gone. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #openedMs = performance.now();
  #mode: RecordingMode | undefined;
  #sound: RecordedSound | undefined;
  #sentBytes = 0;
  #fragments = 0;
  #startMs: number | undefined;
  #newestMs = 0;
  /** When a picture came last. One that is converted may itself be from long ago. */
  #heardMs = this.#openedMs;
  /** When the hub had last taken all but what it may leave. */
  #takenMs = this.#openedMs;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  get progress(): RecordingProgress {
    const startMs = this.#startMs ?? this.#openedMs;
    return {
      pictures: this.#mode && { mode: this.#mode.mode, because: this.#mode.because },
      sound: this.#sound?.way ?? 'none',
      sentBytes: this.#sentBytes,
      fragments: this.#fragments,
      pastMs: this.#openedMs - startMs,
      lengthMs: this.#startMs === undefined ? 0 : this.#newestMs - startMs,
    };
  }

  /**
   * The packets, as they become ready. The last one of a clip that ends by itself is marked; nothing more comes after `signal`.
   * @throws Problem where there is nothing to begin with.
   */
  async *packets(): AsyncGenerator<ClipPacket, void, undefined> {
    const { camera, request, signal } = this.#options;
    const { sound: wantsSound, prebufferMs, fragmentMs } = request;
    using _lease = camera.main.lease({ holder: 'recording', waitedFor: true, unbroken: true });
    using reader = camera.main.packets.readAtLeisure();
    await using pictures = await this.#begin(reader, prebufferMs);
    const first = await this.#firstOf(pictures);
    if (!first) {
      return;
    }
    this.#startMs = first.decodeTimeMs;
    this.#newestMs = first.decodeTimeMs;
    this.#heardMs = performance.now();
    await using sound = wantsSound ? this.#openSound(first.decodeTimeMs) : undefined;
    this.#sound = sound;
    const writer = new ClipWriter({ format: first.format, startMs: first.decodeTimeMs, sound: wantsSound });
    yield this.#packet(writer.initialization());
    const cutter = new FragmentCutter(fragmentMs);
    cutter.push(first);
    while (!signal.aborted) {
      const unit = pictures.next();
      if (unit) {
        this.#newestMs = unit.decodeTimeMs;
        this.#heardMs = performance.now();
        const group = cutter.push(unit);
        if (group) {
          const endMs = cutter.groupStartMs;
          yield this.#fragment(writer.fragment(group, endMs, await sound?.take(endMs, signal)));
        }
        continue;
      }
      const because = this.#whyEnd(pictures, cutter.gopMs);
      if (because !== undefined) {
        camera.note(`recording ends: ${because}`);
        const { units, endMs } = lastFragment(cutter.end(), fragmentMs);
        yield { ...this.#fragment(writer.fragment(units, endMs, await sound?.take(endMs, signal))), isLast: true };
        return;
      }
      await this.#look();
    }
  }

  /** Waits for the keyframe to begin with and decides how the pictures come from there. */
  async #begin(reader: PacketReader, prebufferMs: number): Promise<RecordedPictures> {
    const { camera, request, signal } = this.#options;
    const { packets } = camera.main;
    const start = (): AccessUnit | undefined => {
      reader.seekBefore(this.#openedMs - prebufferMs);
      return reader.next();
    };
    const first = await this.#waitFor(start);
    if (!first) {
      return nothing;
    }
    this.#mode = chooseRecording(recordedStream(packets, first));
    camera.note(`recording, ${this.#mode.mode === 'copy' ? 'copied' : 'converted'}: ${this.#mode.because}`);
    if (this.#mode.mode === 'copy') {
      return new CopiedPictures(reader, first);
    }
    if (signal.aborted) {
      return nothing;
    }
    const fps = Math.min(packets.measure()?.fps ?? request.maxFps, request.maxFps);
    return new TranscodedPictures({
      hardware: camera.hardware,
      reader,
      first,
      request: {
        ...request,
        // A picture before the bound, as the keyframe is the first picture at or after its time.
        keyframeSeconds: Math.max(1, Math.floor(request.fragmentMs - 1500 / Math.max(fps, 1)) / 1000),
        fromSeconds: Math.max(0, Math.round(this.#openedMs - prebufferMs - spareMs - first.decodeTimeMs)) / 1000,
      },
      owner: camera.owner('main'),
    });
  }

  #firstOf(pictures: RecordedPictures): Promise<AccessUnit | undefined> {
    return this.#waitFor(() => {
      const unit = pictures.next();
      if (!unit && pictures.over) {
        throw pictures.over.problem ?? new Problem('recording-no-picture', pictures.over.because);
      }
      return unit;
    });
  }

  /** What `look` finds; undefined where the recording was called off before. @throws Problem after some seconds. */
  async #waitFor(look: () => AccessUnit | undefined): Promise<AccessUnit | undefined> {
    const { camera, signal } = this.#options;
    while (!signal.aborted) {
      const found = look();
      if (found) {
        return found;
      }
      if (performance.now() - this.#openedMs > firstPictureWithinMs) {
        throw new Problem('recording-no-picture', camera.problems.outage('main')?.problem.message ?? `none within ${firstPictureWithinMs / 1000} s`);
      }
      await this.#look();
    }
    return undefined;
  }

  #openSound(startMs: number): RecordedSound {
    const { camera, request } = this.#options;
    return new RecordedSound({
      audio: camera.main.audio,
      startMs,
      bitrateKbps: request.soundKbps,
      ffmpeg: () => camera.ffmpeg(),
      socketFolder: camera.socketFolder,
      onProblem: (problem) => camera.problems.tell(problem),
      owner: camera.owner('main'),
    });
  }

  #whyEnd(pictures: RecordedPictures, gopMs: number): string | undefined {
    const { camera, unreadBytes, whyEnd } = this.#options;
    const { over } = pictures;
    const decided = whyEnd?.();
    if (decided !== undefined) {
      return decided;
    }
    if (over) {
      camera.problems.tell(over.problem ?? new Problem('recording-cut-short', over.because), over.because);
      return over.because;
    }
    const unread = unreadBytes();
    const nowMs = performance.now();
    this.#takenMs = (unread ?? 0) > recordingEndLimits.unreadBytes ? this.#takenMs : nowMs;
    const end = whyEndRecording({
      lengthMs: this.progress.lengthMs,
      sentBytes: this.#sentBytes,
      unreadBytes: unread,
      unreadMs: nowMs - this.#takenMs,
      silentMs: nowMs - this.#heardMs,
      converted: this.#mode?.mode === 'transcode',
      gopMs,
    });
    if (end) {
      camera.problems.tell(new Problem('recording-cut-short', end.because), end.cause);
    }
    return end?.because;
  }

  #packet(data: Buffer): ClipPacket {
    this.#sentBytes += data.length;
    return { data, isLast: false };
  }

  #fragment(data: Buffer): ClipPacket {
    this.#fragments += 1;
    return this.#packet(data);
  }

  async #look(): Promise<void> {
    await sleep(this.#fragments > 0 ? lookEveryMs.later : lookEveryMs.first, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }
}

/** In place of pictures, where the recording was called off before there were any. */
const nothing: RecordedPictures = { next: () => undefined, over: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
