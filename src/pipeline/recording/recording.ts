import { setTimeout as sleep } from 'node:timers/promises';
import type { TranscodeRequest } from '../../ffmpeg/arguments.js';
import type { AccessUnit } from '../../media/access-unit.js';
import { ClipWriter } from '../../media/clip-writer.js';
import { FragmentCutter } from '../../media/fragment-cutter.js';
import { chooseRecording, type RecordedStream, type RecordingMode } from '../../policy/recording-choice.js';
import { whyEndRecording } from '../../policy/recording-end.js';
import { Problem } from '../../problems.js';
import type { Camera } from '../camera.js';
import type { PacketReader, PacketStream } from '../packet-stream.js';
import { CopiedPictures, type RecordedPictures } from './recorded-pictures.js';
import { RecordedSound } from './recorded-sound.js';
import { TranscodedPictures } from './transcoded-pictures.js';

/** Until the first fragment is out pictures are looked for often; afterwards a few times a second is enough, and wakes hardly anybody. */
const lookEveryMs = { first: 10, later: 250 } as const;
/** A hub gives up when nothing has come for about 5 s; a little longer, so that its reason is seen too. */
const firstPictureWithinMs = 8_000;
/** Sound is waited for this long at the end of a fragment, then silence takes its place. */
const soundGraceMs = 600;
/** The longest a picture may be shown at the end of a clip, where none follows. */
const lastPictureMs = 1_000;

/** What the hub has selected. */
export interface RecordingRequest extends Omit<TranscodeRequest, 'libavutilMajor'> {
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
  /** Bytes that the hub has not taken yet; undefined where that cannot be seen. */
  readonly unreadBytes: () => number | undefined;
}

/** What has been done so far, for the log. Times in milliseconds. */
export interface RecordingProgress {
  readonly mode: RecordingMode | undefined;
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
  #soundIsLate = false;
  #sentBytes = 0;
  #fragments = 0;
  #startMs: number | undefined;
  #newestMs = 0;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  get progress(): RecordingProgress {
    const startMs = this.#startMs ?? this.#openedMs;
    return {
      mode: this.#mode,
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
    using _lease = camera.main.lease({ holder: 'recording', waitedFor: true, sound: wantsSound });
    using reader = camera.main.packets.readAtLeisure();
    await using pictures = await this.#begin(reader, prebufferMs);
    const first = await this.#firstOf(pictures);
    if (!first) {
      return;
    }
    this.#startMs = first.decodeTimeMs;
    this.#newestMs = first.decodeTimeMs;
    await using sound = wantsSound ? this.#openSound(first.decodeTimeMs) : undefined;
    this.#sound = sound;
    const writer = new ClipWriter({ format: first.format, startMs: first.decodeTimeMs, sound: wantsSound });
    yield this.#packet(writer.initialization());
    const cutter = new FragmentCutter(fragmentMs);
    cutter.push(first);
    for (;;) {
      const unit = pictures.next();
      if (unit) {
        this.#newestMs = unit.decodeTimeMs;
        const group = cutter.push(unit);
        if (group) {
          await this.#waitForSound(sound, cutter.groupStartMs);
          yield this.#packet(writer.fragment(group, cutter.groupStartMs, sound?.take(cutter.groupStartMs)));
          this.#fragments += 1;
        }
        continue;
      }
      if (signal.aborted) {
        return;
      }
      const because = this.#whyEnd(pictures, cutter.gopMs);
      if (because !== undefined) {
        camera.note(`recording ends: ${because}`);
        const { units, endMs } = lastFragment(cutter.end() ?? [first], fragmentMs);
        await this.#waitForSound(sound, endMs);
        yield { ...this.#packet(writer.fragment(units, endMs, sound?.take(endMs))), isLast: true };
        return;
      }
      await this.#look();
    }
  }

  /** Waits for the keyframe to begin with and decides how the pictures come from there. */
  async #begin(reader: PacketReader, prebufferMs: number): Promise<RecordedPictures> {
    const { camera, request, signal } = this.#options;
    const { packets } = camera.main;
    reader.seekBefore(this.#openedMs - prebufferMs);
    let first = reader.next();
    while (!first) {
      this.#checkPatience();
      await this.#look();
      if (signal.aborted) {
        return nothing;
      }
      reader.seekBefore(this.#openedMs - prebufferMs);
      first = reader.next();
    }
    this.#mode = chooseRecording(recordedStream(packets, first));
    camera.note(`recording, ${this.#mode.mode === 'copy' ? 'copied' : 'converted'}: ${this.#mode.because}`);
    if (this.#mode.mode === 'copy') {
      return new CopiedPictures(reader, first);
    }
    const fps = Math.min(packets.measure()?.fps ?? request.maxFps, request.maxFps);
    return new TranscodedPictures({
      ffmpeg: await camera.ffmpeg(),
      reader,
      first,
      // A picture before the bound, as the keyframe is the first picture at or after its time.
      request: { ...request, keyframeSeconds: Math.max(1, Math.floor(request.fragmentMs - 1500 / Math.max(fps, 1)) / 1000) },
      onLine: camera.onLine,
    });
  }

  async #firstOf(pictures: RecordedPictures): Promise<AccessUnit | undefined> {
    for (;;) {
      const unit = pictures.next();
      if (unit || this.#options.signal.aborted) {
        return unit;
      }
      if (pictures.over) {
        throw pictures.over.problem ?? new Problem('recording-no-picture', pictures.over.because);
      }
      this.#checkPatience();
      await this.#look();
    }
  }

  #checkPatience(): void {
    const { camera } = this.#options;
    if (performance.now() - this.#openedMs > firstPictureWithinMs) {
      throw new Problem('recording-no-picture', camera.problems.outage('main')?.problem.message ?? `none within ${firstPictureWithinMs / 1000} s`);
    }
  }

  #openSound(startMs: number): RecordedSound {
    const { camera, request } = this.#options;
    return new RecordedSound({
      audio: camera.main.audio,
      startMs,
      bitrateKbps: request.soundKbps,
      ffmpeg: () => camera.ffmpeg(),
      onProblem: (problem) => camera.problems.tell(problem),
      onLine: camera.onLine,
    });
  }

  /** A microphone that is late once is not waited for again until it has caught up. */
  async #waitForSound(sound: RecordedSound | undefined, untilMs: number): Promise<void> {
    const graceMs = this.#soundIsLate ? 0 : soundGraceMs;
    const askedMs = performance.now();
    while (sound && !sound.has(untilMs)) {
      if (this.#options.signal.aborted || performance.now() - askedMs >= graceMs) {
        this.#soundIsLate = true;
        return;
      }
      await sleep(lookEveryMs.first);
    }
    this.#soundIsLate = false;
  }

  #whyEnd(pictures: RecordedPictures, gopMs: number): string | undefined {
    const { camera, unreadBytes } = this.#options;
    const { over } = pictures;
    if (over) {
      camera.problems.tell(over.problem ?? new Problem('recording-cut-short', over.because));
      return over.because;
    }
    const end = whyEndRecording({
      lengthMs: this.progress.lengthMs,
      sentBytes: this.#sentBytes,
      unreadBytes: unreadBytes(),
      silentMs: performance.now() - Math.max(this.#newestMs, this.#openedMs),
      gopMs,
    });
    if (end) {
      camera.problems.tell(new Problem('recording-cut-short', end.because));
    }
    return end?.because;
  }

  #packet(data: Buffer): ClipPacket {
    this.#sentBytes += data.length;
    return { data, isLast: false };
  }

  async #look(): Promise<void> {
    await sleep(this.#fragments > 0 ? lookEveryMs.later : lookEveryMs.first, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }
}

/** In place of pictures, where the recording was called off before there were any. */
const nothing: RecordedPictures = { next: () => undefined, over: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };

/** What is left of a clip at its end, no longer than a fragment may be. */
function lastFragment(left: readonly AccessUnit[], fragmentMs: number): { readonly units: readonly AccessUnit[]; readonly endMs: number } {
  const startMs = left[0]?.decodeTimeMs ?? 0;
  const units = left.filter((unit) => unit.decodeTimeMs - startMs < fragmentMs);
  const last = units.at(-1)?.decodeTimeMs ?? startMs;
  const following = left[units.length]?.decodeTimeMs ?? last + Math.min(Math.max(last - (units.at(-2)?.decodeTimeMs ?? last), 1), lastPictureMs);
  return { units, endMs: Math.min(following, startMs + fragmentMs) };
}

/** What is known of what this stream sends now. */
export function recordedStream(packets: PacketStream, { format }: AccessUnit): RecordedStream {
  const measure = packets.measure();
  return {
    codec: format.codec,
    profile: format.profile,
    width: format.width,
    height: format.height,
    bFrames: measure?.bFrames ?? format.reorders === true,
    keyframeIntervalMs: measure?.keyframeIntervalMs,
    gopMs: packets.gopMs,
    fps: measure?.fps,
  };
}
