import type { IngestSource } from '../ffmpeg/arguments.js';
import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import type { VideoFormat } from '../media/access-unit.js';
import type { StreamMeasure } from '../media/stream-measure.js';
import { failuresAfter, reconnectDelayMs } from '../policy/backoff.js';
import type { StreamFacts } from '../policy/live-choice.js';
import { firstSoundAsk, soundAfter, type SoundAsk } from '../policy/sound-choice.js';
import { asProblem, Problem, type ProblemCode } from '../problems.js';
import { AudioStream } from './audio-stream.js';
import { runIngest, type IngestEnd } from './ingest.js';
import { LeaseBook, type Lease, type LeaseRequest } from './lease.js';
import { PacketStream } from './packet-stream.js';

/** What a stream is doing. Times in milliseconds of the monotonic clock. */
export type CameraStreamState =
  | { readonly kind: 'asleep'; readonly sinceMs: number; readonly afterFailure: boolean }
  | { readonly kind: 'connecting'; readonly sinceMs: number; readonly again: boolean }
  | { readonly kind: 'live'; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly sinceMs: number; readonly retryAtMs: number; readonly problem: Problem }
  | { readonly kind: 'closed' };

export interface CameraStreamOptions {
  readonly name: 'main' | 'sub';
  readonly source: IngestSource;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly idleTimeoutMs: number;
  /** Where sockets may lie for a moment. */
  readonly socketFolder: string;
  /** Each failed connection; the listener says it once per cause. */
  readonly onProblem: (problem: Problem) => void;
  /** Connected, with a picture. */
  readonly onConnected: () => void;
  readonly onFormat: (format: VideoFormat) => void;
  readonly onShortRing: (reachesMs: number) => void;
  /** The camera has sound that cannot be kept; said once. */
  readonly onSoundProblem: (problem: Problem) => void;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A camera that had no sound to keep is asked again with the first connection after this. */
const soundAgainMs = 3_600_000;
/** Where sound may have been why a connection failed, it is asked for again after this. */
const suspectAgainMs = 60_000;
/** Failures that FFmpeg may end in because of the sound, in words that are not known here. */
const mayBeSound: readonly ProblemCode[] = ['stream-unreadable', 'ffmpeg-failed'];

/** One configured stream of a camera: connected exactly once, while somebody has a lease, and reconnected as long as they do. */
export class CameraStream {
  readonly name: 'main' | 'sub';
  readonly packets: PacketStream;
  /** What the microphone sends, kept while somebody has a lease with sound. */
  readonly audio = new AudioStream();
  readonly #options: CameraStreamOptions;
  readonly #leases: LeaseBook;
  #state: CameraStreamState = { kind: 'asleep', sinceMs: -Infinity, afterFailure: false };
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  /** The present connection; ended alone, another follows at once. */
  #connection: { readonly ask: SoundAsk; readonly stop: AbortController } | undefined;
  /** What the camera's sound was found to need. */
  #sound: { readonly ask: SoundAsk; readonly sinceMs: number } = { ask: firstSoundAsk, sinceMs: 0 };
  /** The last connection failed for a reason unknown while it asked for sound: whether that was it shows without. */
  #soundSuspected = false;
  #soundSuspicions = 0;
  #soundTimer: NodeJS.Timeout | undefined;
  /** Ends the wait before the next try. */
  #hurry: (() => void) | undefined;
  #connections = 0;

  constructor(options: CameraStreamOptions) {
    this.name = options.name;
    this.#options = options;
    this.packets = new PacketStream({ onShortRing: options.onShortRing, onFormat: options.onFormat, onFlowing: () => this.#connected() });
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

  /** Keeps the stream connected until it is disposed, and for the idle timeout after that. */
  lease(request: LeaseRequest): Lease {
    return this.#leases.take(request);
  }

  /** While set, it disconnects as soon as nobody has a lease, instead of after the idle timeout. */
  set resting(resting: boolean) {
    this.#leases.atOnce = resting;
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
    const bFrames = this.measure()?.bFrames ?? format.reorders;
    return { name: this.name, codec: format.codec, width: format.width, height: format.height, bFrames, failing: this.failing };
  }

  /** Ends the connection for good and waits until FFmpeg is gone. */
  async close(): Promise<void> {
    this.#leases.close();
    clearTimeout(this.#soundTimer);
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
    if (this.#state.kind === 'closed') {
      return;
    }
    if (this.#leases.waitedFor) {
      this.#hurry?.();
    }
    if (!this.#running) {
      const stop = new AbortController();
      this.#running = { stop, done: this.#keepConnected(stop.signal) };
    }
    this.#askForSound();
  }

  /** A connection without sound ends where sound is needed by now, and another follows at once. */
  #askForSound(): void {
    if (this.#connection?.ask === 'none' && this.#wantedSound !== 'none' && !this.#leases.unbroken && !this.#soundSuspected) {
      this.#connection.stop.abort();
    }
  }

  get #wantedSound(): SoundAsk {
    return this.#leases.sound ? this.#sound.ask : 'none';
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
    while (!signal.aborted) {
      const ask = this.#nextSoundAsk();
      const end = await this.#connect(signal, failures > 0, ask);
      if (end.soundTrouble) {
        this.#learnSound(ask, end.soundTrouble);
        continue;
      }
      if (!end.problem) {
        continue; // The end was asked for: of all, or of this connection.
      }
      if (end.healthyForMs === 0) {
        this.#soundSuspected = ask !== 'none' && mayBeSound.includes(end.problem.code);
      }
      failures = failuresAfter(failures, end.healthyForMs);
      this.#options.onProblem(end.problem);
      await this.#waitBeforeRetry(failures, end.problem, signal);
    }
  }

  /** A microphone may be switched on later: what was learned is tried again after a while. */
  #nextSoundAsk(): SoundAsk {
    if (this.#sound.ask === 'none' && performance.now() - this.#sound.sinceMs > soundAgainMs) {
      this.#sound = { ask: firstSoundAsk, sinceMs: performance.now() };
    }
    return this.#soundSuspected ? 'none' : this.#wantedSound;
  }

  /** It works without sound: that was the reason, or chance. Sound is asked for once more; after the second time it is believed. */
  #suspectSound(): void {
    this.#soundSuspicions += 1;
    if (this.#soundSuspicions > 1) {
      this.#soundSuspected = false;
      this.#learnSound('mp4', 'unfit');
      return;
    }
    clearTimeout(this.#soundTimer);
    this.#soundTimer = setTimeout(() => {
      this.#soundSuspected = false;
      this.#askForSound();
    }, suspectAgainMs);
    this.#soundTimer.unref();
  }

  /** The next connection asks for the sound in another way. */
  #learnSound(asked: SoundAsk, trouble: NonNullable<IngestEnd['soundTrouble']>): void {
    const { ask, because } = soundAfter({ asked, trouble });
    this.#sound = { ask, sinceMs: performance.now() };
    if (ask === 'none' && trouble === 'unfit') {
      this.#options.onSoundProblem(new Problem('camera-sound-unknown', because));
    }
  }

  async #connect(signal: AbortSignal, again: boolean, ask: SoundAsk): Promise<IngestEnd> {
    this.#become({ kind: 'connecting', sinceMs: performance.now(), again });
    const stop = new AbortController();
    this.#connection = { ask, stop };
    const stopThis = (): void => stop.abort();
    signal.addEventListener('abort', stopThis);
    try {
      const ffmpeg = await orAborted(this.#options.ffmpeg(), signal);
      if (!ffmpeg) {
        return { problem: undefined, healthyForMs: 0 };
      }
      this.#connections += 1;
      return await runIngest({
        ffmpeg,
        source: { ...this.#options.source, sound: ask === 'none' ? undefined : ask },
        packets: this.packets,
        audio: this.audio,
        onSoundProblem: this.#options.onSoundProblem,
        socketFolder: this.#options.socketFolder,
        signal: stop.signal,
        onLine: this.#options.onLine,
      });
    } catch (error) {
      // No FFmpeg, or the system has no process or socket left for one.
      return { problem: asProblem(error, 'ffmpeg-failed'), healthyForMs: 0 };
    } finally {
      this.#connection = undefined;
      signal.removeEventListener('abort', stopThis);
    }
  }

  /** The first keyframe of a connection is there. */
  #connected(): void {
    if (this.#soundSuspected) {
      this.#suspectSound();
    }
    this.#become({ kind: 'live', sinceMs: performance.now() });
    this.#options.onConnected();
  }

  /** Waits as the policy says; a view that begins to wait meanwhile shortens the wait to what it may be for a view. */
  async #waitBeforeRetry(failures: number, problem: Problem, signal: AbortSignal): Promise<void> {
    const chance = Math.random();
    const startMs = performance.now();
    const delayMs = (): number => reconnectDelayMs({ failures, waitedFor: this.#leases.waitedFor, chance });
    this.#become({ kind: 'waiting', sinceMs: startMs, retryAtMs: startMs + delayMs(), problem });
    const over = Promise.withResolvers<undefined>();
    const finish = (): void => over.resolve(undefined);
    let timer = setTimeout(finish, delayMs());
    this.#hurry = () => {
      clearTimeout(timer);
      timer = setTimeout(finish, Math.max(0, startMs + delayMs() - performance.now()));
    };
    signal.addEventListener('abort', finish);
    if (signal.aborted) {
      finish();
    }
    await over.promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', finish);
    this.#hurry = undefined;
  }
}

/** What the promise brings, or undefined as soon as `signal` says so. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const finish = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', finish);
  if (signal.aborted) {
    finish();
  }
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', finish);
  }
}
