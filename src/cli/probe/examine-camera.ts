import { setTimeout as sleep } from 'node:timers/promises';
import type { CameraConfig } from '../../config/options.js';
import type { FfmpegSearch } from '../../ffmpeg/ffmpeg-search.js';
import type { Hardware } from '../../ffmpeg/hardware/hardware.js';
import { declaredFps } from '../../media/declared-rate.js';
import { Camera } from '../../pipeline/camera.js';
import type { CameraStream } from '../../pipeline/camera-stream.js';
import type { PacketReader } from '../../pipeline/packet-reader.js';
import { recordedStream } from '../../pipeline/recording/recorded-stream.js';
import type { Log } from '../../problem-log.js';
import { Problem } from '../../problems.js';
import type { CameraFindings, StreamFindings } from './findings.js';

const lookEveryMs = 100;
/** Sound that has not come so long after the first picture is not waited for. */
const soundWithinMs = 5_000;

/** When enough of a stream was seen. */
export interface Enough {
  /** Keyframe intervals that are to be seen whole; Infinity: all the time is used. */
  readonly keyframeIntervals: number;
  /** From the first picture on, in milliseconds. */
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface Examination {
  readonly config: CameraConfig;
  readonly ffmpeg: FfmpegSearch;
  readonly hardware: Hardware;
  /** Where sockets may lie for a moment. */
  readonly socketFolder: string;
  readonly enough: Enough;
  readonly signal: AbortSignal;
  /** What is being done, in words; told as often as it changes. */
  readonly onProgress: (text: string) => void;
}

/**
 * Connects a camera once, as the plugin does, looks at its streams for a while, and lets it go.
 * @throws Problem where a stream cannot be had. Rejects where `signal` ends it.
 */
export async function examineCamera({ config, ffmpeg, hardware, socketFolder, enough, signal, onProgress }: Examination): Promise<CameraFindings> {
  const warnings: string[] = [];
  const camera = new Camera({ config, log: warningsInto(warnings, config.name), ffmpeg, hardware, socketFolder });
  try {
    onProgress('connecting');
    const watched = camera.streams.map((stream) => new WatchedStream(stream));
    for (;;) {
      await sleep(lookEveryMs, undefined, { signal });
      watched.forEach((each) => each.look());
      if (watched.every((each) => each.isDone(enough))) {
        break;
      }
      onProgress(watched.map((each) => each.progress).join('; '));
    }
    const [main, sub] = watched.map((each) => each.findings());
    if (!main) {
      throw new RangeError('a camera has a main stream');
    }
    return { main, sub, speaker: camera.description?.speaker, warnings };
  } finally {
    await camera[Symbol.asyncDispose]();
  }
}

/** Looks at one stream, beginning at once; its lease ends with the camera. */
class WatchedStream {
  readonly #stream: CameraStream;
  readonly #reader: PacketReader;
  readonly #beganMs = performance.now();
  #firstPictureMs: number | undefined;
  #keyframes = 0;

  constructor(stream: CameraStream) {
    this.#stream = stream;
    // Pictures are not bundled for who reads, so that their times can be believed.
    this.#reader = stream.packets.read(() => undefined);
    stream.lease({ holder: 'probe' });
  }

  /** @throws Problem where the stream cannot be had, or was lost. */
  look(): void {
    const { state, name } = this.#stream;
    if (state.kind === 'waiting') {
      throw name === 'sub' ? new Problem(state.problem.code, [state.problem.detail, 'sub stream'].filter((text) => text !== '').join('; ')) : state.problem;
    }
    for (let next = this.#reader.next(); next; next = this.#reader.next()) {
      this.#firstPictureMs ??= performance.now() - this.#beganMs;
      this.#keyframes += next.keyframe ? 1 : 0;
    }
  }

  get progress(): string {
    const { name, packets } = this.#stream;
    if (this.#firstPictureMs === undefined) {
      return `${name} stream: connecting, ${seconds(performance.now() - this.#beganMs)}`;
    }
    const { fps, bitrateKbps } = packets.measure() ?? {};
    return `${name} stream: measuring, ${seconds(this.#seenMs)}${fps === undefined ? '' : `, ${fps} pictures a second`}${bitrateKbps === undefined ? '' : `, ${bitrateKbps} kbit/s`}`;
  }

  isDone({ keyframeIntervals, leastMs, mostMs }: Enough): boolean {
    const isSoundKnown = this.#stream.audio.format !== undefined || this.#stream.hasSound === false || this.#seenMs > soundWithinMs;
    const isSeen = this.#keyframes > keyframeIntervals && this.#seenMs >= leastMs && isSoundKnown;
    return this.#seenMs >= mostMs || (this.#firstPictureMs !== undefined && isSeen);
  }

  findings(): StreamFindings {
    const { name, packets, audio, taken } = this.#stream;
    const keyframe = packets.lastKeyframe;
    if (!keyframe || !taken) {
      throw new Problem('camera-silent');
    }
    const facts = this.#stream.facts();
    const recorded = recordedStream(packets, keyframe);
    const { bFrames, keyframeIntervalMs, gopMs } = recorded;
    const motion = { name, live: true, bFrames, keyframeIntervalMs, gopMs };
    return { name, firstPictureMs: this.#firstPictureMs ?? 0, format: keyframe.format, declaredFps: declaredFps(keyframe.format), measure: packets.measure(), taken, sound: audio.format, facts, recorded, motion };
  }

  /** Since the first picture. */
  get #seenMs(): number {
    return this.#firstPictureMs === undefined ? 0 : performance.now() - this.#beganMs - this.#firstPictureMs;
  }
}

/** Of what the camera's log would say, the warnings that are not about its connection: that is thrown. */
function warningsInto(warnings: string[], name: string): Log {
  const nothing = (): void => undefined;
  const warn = (line: string): void => void warnings.push(line.startsWith(`${name}: `) ? line.slice(name.length + 2) : line);
  return { info: nothing, debug: nothing, warn, error: warn };
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`;
}
