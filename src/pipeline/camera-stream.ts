import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import { soundIn } from '../ffmpeg/input-arguments.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import type { VideoFormat } from '../media/access-unit.js';
import type { CameraSource } from '../media/camera-source.js';
import type { StreamMeasure } from '../media/stream-measure.js';
import { failuresAfter, reconnectDelayMs } from '../policy/backoff.js';
import type { StreamFacts } from '../policy/live-choice.js';
import type { PictureKnowledge } from '../policy/picture-choice.js';
import { isTurned, type PictureTurn } from '../policy/picture-turn.js';
import type { SoundAsk } from '../policy/sound-choice.js';
import { asProblem, type Problem, type ProblemCode } from '../problems.js';
import { RecentCount } from '../recent-count.js';
import type { StreamDescription } from './describe-stream.js';
import { runIngest, type IngestEnd } from './ingest.js';
import { LeaseBook, type Lease, type LeaseRequest } from './lease.js';
import { orAborted } from './or-aborted.js';
import { PacketStream } from './packet-stream.js';
import { RetryWait } from './retry-wait.js';
import { AudioStream } from './sound/audio-stream.js';
import type { IngestHardware } from './source/encoding-trust.js';
import { KnownPicture, type KnownPictureOptions, type TakenPicture } from './source/known-picture.js';
import { NewestJpeg } from './source/newest-jpeg.js';
import { KnownSound } from './sound/known-sound.js';
import type { StartQueue } from './start-queue.js';

/** What a stream is doing. Times in milliseconds of the monotonic clock. */
export type CameraStreamState =
  | { readonly kind: 'asleep'; readonly sinceMs: number; readonly afterFailure: boolean }
  | { readonly kind: 'connecting'; readonly sinceMs: number; readonly again: boolean }
  | { readonly kind: 'live'; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly sinceMs: number; readonly retryAtMs: number; readonly problem: Problem }
  | { readonly kind: 'closed' };

export interface CameraStreamOptions extends Pick<KnownPictureOptions, 'limits' | 'devices' | 'ffmpegFor' | 'canOpen'> {
  readonly name: 'main' | 'sub';
  readonly source: CameraSource;
  readonly turn: PictureTurn;
  /** What is known of its picture from the outset. */
  readonly begin?: Partial<PictureKnowledge> | undefined;
  /** Pictures a second that are fetched, where each has to be fetched by itself. */
  readonly pollRate?: number | undefined;
  /** Whether its sound is wanted, where it has any. */
  readonly sound: boolean;
  /** Asks the camera what sound it has, where it can say so; else that is found out by trying. */
  readonly describe?: ((signal: AbortSignal) => Promise<Pick<StreamDescription, 'microphone' | 'quirk'>>) | undefined;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  /** What encodes a picture that cannot be kept as it comes. */
  readonly hardware: IngestHardware;
  /** Where connections wait for their turn; without it each begins at once. */
  readonly starts?: StartQueue | undefined;
  readonly idleTimeoutMs: number;
  /** Where sockets may lie for a moment. */
  readonly socketFolder: string;
  /** Each failed connection; the listener says it once per cause. */
  readonly onProblem: (problem: Problem) => void;
  /** Connected, with a picture. */
  readonly onConnected: () => void;
  readonly onFormat: (format: VideoFormat) => void;
  /** The camera has sound that cannot be kept; said once. */
  readonly onSoundProblem: (problem: Problem) => void;
  /** A line for who looks for the reason of something. */
  readonly onNote: (text: string) => void;
  readonly owner?: FfmpegOwner | undefined;
}

/** The end of a connection that asked for the sound in this way. */
type ConnectionEnd = IngestEnd & { readonly asked: SoundAsk };

/** Failures that FFmpeg may end in because of the sound, in words that are not known here. */
const mayBeSound: readonly ProblemCode[] = ['stream-unreadable', 'ffmpeg-failed'];

const hourMs = 3_600_000;

/** One configured stream of a camera: connected exactly once, while somebody has a lease, and reconnected as long as they do. */
export class CameraStream {
  readonly name: 'main' | 'sub';
  readonly packets: PacketStream;
  /** What the microphone sends. */
  readonly audio = new AudioStream();
  /** What a camera of JPEGs sends, where that is shown as it is. */
  readonly jpegs = new NewestJpeg();
  /** How often the picture was lost, without anybody having asked for that, and came back. */
  readonly reconnects = new RecentCount(hourMs);
  readonly #options: CameraStreamOptions;
  readonly #leases: LeaseBook;
  #state: CameraStreamState = { kind: 'asleep', sinceMs: -Infinity, afterFailure: false };
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  /** The present connection; ended alone, another follows at once. */
  #connection: { readonly asked: SoundAsk; readonly stop: AbortController } | undefined;
  readonly #sound: KnownSound;
  readonly #picture: KnownPicture;
  /** The wait before the next try. */
  readonly #retry = new RetryWait();
  #connections = 0;
  /** There was a picture, and it went by itself. */
  #lost = false;
  #barred = false;
  #findingOut = false;

  constructor(options: CameraStreamOptions) {
    this.name = options.name;
    this.#options = options;
    this.#sound = new KnownSound({ wanted: options.sound, describe: options.describe, onProblem: options.onSoundProblem, onNote: options.onNote, onMissed: () => this.#askForSound() });
    this.#picture = new KnownPicture({ ...options, onJpeg: isTurned(options.turn) ? undefined : (picture) => this.jpegs.put(picture) });
    this.packets = new PacketStream({ onFormat: options.onFormat, onFlowing: () => this.#connected() });
    this.#leases = new LeaseBook(options.idleTimeoutMs, { onTaken: () => this.#wake(), onChanged: () => this.#askForSound(), onIdle: () => void this.#sleep() });
  }

  get state(): CameraStreamState {
    return this.#state;
  }

  /** Tried in vain, and tried again. */
  get failing(): boolean {
    return this.#state.kind === 'waiting' || (this.#state.kind === 'connecting' && this.#state.again);
  }

  /** Connections opened since the start, for the status. */
  get connections(): number {
    return this.#connections;
  }

  get holders(): readonly string[] {
    return this.#leases.holders;
  }

  /** How often somebody took a lease that was not one in passing. */
  get uses(): number {
    return this.#leases.uses;
  }

  /** Keeps the stream connected until it is disposed, and after that for the idle timeout or as long as the request says. */
  lease(request: LeaseRequest): Lease {
    return this.#leases.take(request);
  }

  /** While set, it disconnects as soon as nobody has a lease, instead of after the idle timeout. */
  set resting(resting: boolean) {
    this.#leases.atOnce = resting;
  }

  /** While set, it is not connected, whoever has a lease, and what was seen is forgotten. */
  set barred(barred: boolean) {
    if (barred === this.#barred) {
      return;
    }
    this.#barred = barred;
    if (barred) {
      void this.#sleep();
    } else if (this.#leases.holders.length > 0) {
      this.#wake();
    }
  }

  get barred(): boolean {
    return this.#barred;
  }

  /** Whether it has sound that can be heard; undefined while that is not known. */
  get hasSound(): boolean | undefined {
    return this.#sound.has;
  }

  /** Asks the camera for that, without connecting the stream. */
  async findOutSound(): Promise<void> {
    if (this.#findingOut || this.#barred || this.#state.kind === 'closed') {
      return;
    }
    this.#findingOut = true;
    await this.#sound.describe(new AbortController().signal);
    this.#findingOut = false;
  }

  /** How the picture is taken from the camera; undefined before the first connection. */
  get taken(): TakenPicture | undefined {
    return this.#picture.taken;
  }

  measure(): StreamMeasure | undefined {
    return this.packets.measure();
  }

  /** What the policies may know: of the present connection, else of the one before. */
  facts(): StreamFacts {
    const { format } = this.packets;
    if (!format) {
      return { name: this.name, failing: this.failing };
    }
    const { codec, profile, width, height, reorders, interlaced } = format;
    const { bFrames = reorders, fps, bitrateKbps } = this.measure() ?? {};
    return { name: this.name, codec, profile, width, height, bFrames, interlaced, openGop: this.packets.openGop, fps, bitrateKbps, failing: this.failing };
  }

  /** Ends the connection for good and waits until FFmpeg is gone. */
  async close(): Promise<void> {
    this.#leases.close();
    this.#sound.close();
    this.#become({ kind: 'closed' });
    await this.#stop();
    this.packets.clear();
    this.audio.clear();
  }

  /** Closed is for good. */
  #become(state: CameraStreamState): void {
    if (this.#state.kind !== 'closed') {
      this.#state = state;
    }
  }

  #wake(): void {
    if (this.#state.kind === 'closed' || this.#barred) {
      return;
    }
    if (this.#leases.waitedFor) {
      this.#retry.hurry();
      this.#options.starts?.hurry();
    }
    if (!this.#running) {
      const stop = new AbortController();
      this.#running = { stop, done: this.#keepConnected(stop.signal) };
    }
    this.#askForSound();
  }

  /** A connection that was to do without sound for a while ends where that is over, and another follows at once. */
  #askForSound(): void {
    if (this.#connection?.asked === 'none' && this.#sound.isMissed && !this.#leases.unbroken) {
      this.#connection.stop.abort();
    }
  }

  async #sleep(): Promise<void> {
    const afterFailure = this.failing;
    await this.#stop();
    if (this.#running || this.#state.kind === 'closed') {
      return; // Woken again meanwhile.
    }
    this.#become({ kind: 'asleep', sinceMs: performance.now(), afterFailure });
    this.packets.clear();
    this.audio.clear();
    if (this.#barred) {
      this.packets.forget();
    }
    if (this.#leases.holders.length > 0) {
      this.#wake();
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    running?.stop.abort();
    await running?.done;
    if (this.#running === running) {
      this.#running = undefined;
    }
  }

  async #keepConnected(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let cut = false;
    while (!signal.aborted) {
      const end = await this.#connect(signal, { again: failures > 0, cut });
      cut = !end.problem && end.healthyForMs > 0;
      if (end.soundTrouble) {
        this.#sound.learn({ kind: 'trouble', trouble: end.soundTrouble });
        continue; // It was ended here, so that the sound is taken otherwise: nothing was lost by itself.
      }
      if (!end.problem) {
        this.#picture.worked(end.healthyForMs);
        continue; // The end was asked for: of all, or of this connection.
      }
      this.#lost ||= end.healthyForMs > 0;
      if (this.#picture.learn(end)) {
        continue;
      }
      if (end.healthyForMs === 0 && mayBeSound.includes(end.problem.code)) {
        this.#sound.learn({ kind: 'failed', asked: end.asked });
      }
      failures = failuresAfter(failures, end.healthyForMs);
      this.#options.onProblem(end.problem);
      await this.#waitBeforeRetry(failures, end.problem, signal);
    }
  }

  /** @param how `again`: the last one failed; `cut`: the last one worked, and was ended so that this one takes its place. */
  async #connect(signal: AbortSignal, { again, cut }: { readonly again: boolean; readonly cut: boolean }): Promise<ConnectionEnd> {
    this.#become({ kind: 'connecting', sinceMs: performance.now(), again });
    const stop = new AbortController();
    const stopThis = (): void => stop.abort();
    signal.addEventListener('abort', stopThis);
    let asked: SoundAsk = 'none';
    try {
      const described = this.#sound.describe(stop.signal);
      const ffmpeg = await orAborted(this.#options.ffmpeg(), signal);
      const begins = ffmpeg && (await this.#turn(cut, stop.signal));
      await described;
      if (!begins || stop.signal.aborted) {
        return { problem: undefined, healthyForMs: 0, asked };
      }
      asked = this.#sound.ask;
      this.#connection = { asked, stop };
      this.#connections += 1;
      const plan = await this.#picture.plan(ffmpeg, stop.signal);
      if (!soundIn(plan.opened.input)) {
        this.#sound.learn({ kind: 'trouble', trouble: 'absent' });
        asked = 'none';
        this.#connection = { asked, stop };
      }
      const end = await runIngest({
        plan,
        sound: asked === 'none' ? undefined : asked,
        packets: this.packets,
        audio: this.audio,
        jpegs: this.jpegs,
        onSoundProblem: this.#options.onSoundProblem,
        socketFolder: this.#options.socketFolder,
        signal: stop.signal,
        owner: this.#options.owner,
      });
      return { ...end, asked };
    } catch (error) {
      if (stop.signal.aborted) {
        return { problem: undefined, healthyForMs: 0, asked }; // What was under way was called off, and failed of that.
      }
      // No FFmpeg, or the system has no process or socket left for one.
      return { problem: asProblem(error, 'ffmpeg-failed'), healthyForMs: 0, asked };
    } finally {
      this.#connection = undefined;
      signal.removeEventListener('abort', stopThis);
      stop.abort();
      this.jpegs.clear();
    }
  }

  /** Decoders and encoders need none: theirs begin with a keyframe of the connection. @returns false where `signal` came first. */
  async #turn(cut: boolean, signal: AbortSignal): Promise<boolean> {
    const { starts } = this.#options;
    return starts ? starts.take(() => cut || this.#leases.waitedFor, signal) : !signal.aborted;
  }

  /** The first keyframe of a connection is there. */
  #connected(): void {
    this.#sound.learn({ kind: 'works', asked: this.#connection?.asked ?? 'none' });
    this.#picture.works();
    if (this.#lost) {
      this.#lost = false;
      this.reconnects.add();
    }
    this.#become({ kind: 'live', sinceMs: performance.now() });
    this.#options.onConnected();
  }

  /** Waits as the policy says; a view that begins to wait meanwhile shortens the wait to what it may be for a view. */
  async #waitBeforeRetry(failures: number, problem: Problem, signal: AbortSignal): Promise<void> {
    const chance = Math.random();
    const delayMs = (): number => reconnectDelayMs({ failures, waitedFor: this.#leases.waitedFor, problem: problem.code, chance });
    const sinceMs = performance.now();
    this.#become({ kind: 'waiting', sinceMs, retryAtMs: sinceMs + delayMs(), problem });
    await this.#retry.wait(delayMs, signal);
  }
}
