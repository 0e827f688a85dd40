import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { liveSoundArguments } from '../../ffmpeg/sound-arguments.js';
import type { AudioFormat, AudioPacket } from '../../media/audio-packet.js';
import { restartDelayMs } from '../../policy/backoff.js';
import { liveSoundKey, type LiveCodec, type LiveSoundSettings } from '../../policy/live-sound.js';
import { staleSoundMs } from '../../policy/sound-pace.js';
import { asProblem, Problem } from '../../problems.js';
import { AudioStream, type AudioReader } from './audio-stream.js';
import { oncePerTurn } from './once-per-turn.js';
import { SoundEncoder } from './sound-encoder.js';

/** It begins so far in the past: the newest sound of the camera may be that old, and the encoder has something to begin with. */
const headStartMs = 300;
/** A small processor needs its time to start. */
const answersWithinMs = 5_000;
/** An encoder that worked for so long fails for the first time. */
const healthyMs = 10_000;
const ringLimits = { pastMs: 2_000, bytes: 256 * 1024 } as const;

export interface SoundRenditionOptions {
  readonly settings: LiveSoundSettings;
  /** What the camera's microphone sends. */
  readonly source: AudioStream;
  /** One that encodes it. */
  readonly ffmpeg: (codec: LiveCodec) => Promise<Ffmpeg>;
  /** Where its output socket may lie for a moment. */
  readonly socketFolder: string;
  readonly onProblem: (problem: Problem) => void;
  readonly owner?: FfmpegOwner | undefined;
}

export interface SoundRenditionStatus {
  /** 'Opus 16000 Hz, 24 kbit/s, 20 ms' */
  readonly rendition: string;
  readonly starts: number;
  readonly failures: number;
}

/**
 * The sound of a camera in Opus or AAC-ELD, with the times that it has. Runs until it is disposed: through a microphone that begins late or says
 * nothing for a while, another format after a reboot, and failures of its own FFmpeg. While nothing comes nothing is computed.
 */
export class SoundRendition implements AsyncDisposable {
  /** A packet of it is one Opus packet with one frame, or one raw frame of AAC-ELD. */
  readonly sound = new AudioStream(ringLimits);
  readonly #options: SoundRenditionOptions;
  readonly #format: AudioFormat;
  readonly #moveSoon = oncePerTurn(() => this.#move());
  #reader: AudioReader;
  #encoder: SoundEncoder | undefined;
  /** Of what the encoder gets. */
  #encoded: AudioFormat | undefined;
  /** An encoder is being started, or waits until it may be started again. */
  #busy = false;
  #starts = 0;
  #failures = 0;
  #failuresInRow = 0;
  #startedMs = -Infinity;
  /** Since when it has something that it has given nothing for. */
  #owedSinceMs: number | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: SoundRenditionOptions) {
    this.#options = options;
    this.#format = { codec: options.settings.codec, sampleRate: options.settings.sampleRate, channels: 1, config: new Uint8Array(), sampleEntry: new Uint8Array() };
    this.#reader = this.#readPresent();
    this.#move();
  }

  status(): SoundRenditionStatus {
    return { rendition: liveSoundKey(this.#options.settings), starts: this.#starts, failures: this.#failures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    this.#reader[Symbol.dispose]();
    this.#seeOff();
    await Promise.allSettled(this.#ending);
  }

  #readPresent(): AudioReader {
    return this.#options.source.read(performance.now() - headStartMs, this.#moveSoon);
  }

  /** Moves on what has come since. */
  #move(): void {
    if (this.#closed || this.#busy) {
      return;
    }
    if (this.#encoder && this.#owedSinceMs !== undefined && performance.now() - this.#owedSinceMs > answersWithinMs) {
      this.#failed(this.#encoder, new Problem('live-sound-failed', `FFmpeg gave nothing for ${answersWithinMs / 1000} s`));
      return;
    }
    if (this.#encoder?.takes === false) {
      return;
    }
    const packets: AudioPacket[] = [];
    for (let packet = this.#next(); packet; packet = this.#next()) {
      if (!this.#encoder || !isSame(this.#encoded, packet.format)) {
        this.#encoder?.write(packets);
        void this.#begin(packet);
        return;
      }
      packets.push(packet);
    }
    this.#encoder?.write(packets);
    this.#owedSinceMs ??= packets.length > 0 ? performance.now() : undefined;
  }

  #next(): AudioPacket | undefined {
    const packet = this.#reader.next();
    if (!packet || packet.timeMs > performance.now() - staleSoundMs) {
      return packet;
    }
    this.#reader[Symbol.dispose]();
    this.#reader = this.#readPresent();
    return this.#reader.next();
  }

  async #begin(first: AudioPacket): Promise<void> {
    const { settings, ffmpeg, socketFolder, owner } = this.#options;
    this.#busy = true;
    this.#seeOff();
    try {
      const found = await ffmpeg(settings.codec);
      if (this.#hasEnded()) {
        return;
      }
      const encoder: SoundEncoder = await SoundEncoder.start({
        ffmpeg: found,
        socketFolder,
        args: liveSoundArguments(settings),
        first,
        onFrame: (data, timeMs) => this.#publish(encoder, data, timeMs),
        onProblem: (problem) => this.#failed(encoder, problem),
        code: 'live-sound-failed',
        owner,
      });
      this.#starts += 1;
      this.#startedMs = performance.now();
      if (this.#hasEnded()) {
        await encoder[Symbol.asyncDispose]();
        return;
      }
      this.#encoder = encoder;
      this.#encoded = first.format;
      encoder.write([first]);
      this.#busy = false;
      this.#move();
    } catch (error) {
      this.#failed(undefined, asProblem(error, 'live-sound-failed'));
    }
  }

  /** It may have ended while something was awaited. */
  #hasEnded(): boolean {
    return this.#closed;
  }

  #publish(encoder: SoundEncoder, data: Uint8Array, timeMs: number): void {
    if (encoder === this.#encoder) {
      this.#owedSinceMs = undefined;
      this.sound.publish({ format: this.#format, data, timeMs, durationMs: this.#options.settings.frameMs });
    }
  }

  #failed(encoder: SoundEncoder | undefined, problem: Problem): void {
    if (this.#closed || encoder !== this.#encoder) {
      return;
    }
    this.#failures += 1;
    this.#failuresInRow = performance.now() - this.#startedMs > healthyMs ? 1 : this.#failuresInRow + 1;
    this.#options.onProblem(problem);
    this.#busy = true;
    this.#seeOff();
    this.#restartTimer = setTimeout(() => {
      this.#busy = false;
      this.#move();
    }, restartDelayMs(this.#failuresInRow));
  }

  #seeOff(): void {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    this.#encoded = undefined;
    this.#owedSinceMs = undefined;
    if (encoder) {
      const ended = encoder[Symbol.asyncDispose]().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }
}

/** Each connection makes a format of its own; the same microphone goes on in the same encoder. */
function isSame(a: AudioFormat | undefined, b: AudioFormat): boolean {
  return a === b || (a?.codec === b.codec && Buffer.compare(a.sampleEntry, b.sampleEntry) === 0);
}
