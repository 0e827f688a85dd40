import { ingestArguments, type IngestRequest } from '../ffmpeg/arguments.js';
import { diagnoseIngest, diagnoseSound } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import { openOutputSocket } from '../ffmpeg/output-socket.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import { FormatError } from '../media/format-error.js';
import { reconnect } from '../policy/backoff.js';
import type { SoundTrouble } from '../policy/sound-choice.js';
import { Problem } from '../problems.js';
import { AudioAssembler } from './sound/audio-assembler.js';
import type { AudioStream } from './sound/audio-stream.js';
import type { PacketStream } from './packet-stream.js';
import { UnitAssembler } from './unit-assembler.js';

/**
 * While nobody reads along, packets are taken from the socket in bundles: a fifth of the wake-ups. A bundle is to stay well
 * below what the socket holds, so that FFmpeg never waits: fast streams are read more often.
 */
const bundle = { longestMs: 150, bytes: 64 * 1024 } as const;
/** Elsewhere a local socket holds 8 KiB (macOS), and FFmpeg would wait for us. */
const socketHoldsBundle = process.platform === 'linux';
/** Sound that nobody reads is taken so often: a tenth of the wake-ups, and some KB that wait. */
const soundBundleMs = 250;
const watchEveryMs = 1_000;

export interface IngestOptions {
  readonly ffmpeg: Ffmpeg;
  readonly source: IngestRequest;
  readonly packets: PacketStream;
  /** Takes the sound, where the source asks for it. */
  readonly audio: AudioStream;
  /** The sound cannot be read, and is left out for as long as the connection lasts. */
  readonly onSoundProblem: (problem: Problem) => void;
  /** Where FFmpeg's output socket may lie for a moment. */
  readonly socketFolder: string;
  /** Ends the connection. */
  readonly signal: AbortSignal;
  readonly owner?: FfmpegOwner | undefined;
}

export interface IngestEnd {
  /** Undefined where the end was asked for. */
  readonly problem: Problem | undefined;
  /** From the first to the last picture. */
  readonly healthyForMs: number;
  /** Set where the connection failed because of the sound alone. */
  readonly soundTrouble?: SoundTrouble | undefined;
}

/** One connection to a camera, from opening to its end; its pictures go into `packets`, its sound into `audio`. */
export async function runIngest({ ffmpeg, source, packets, audio, onSoundProblem, socketFolder, signal, owner }: IngestOptions): Promise<IngestEnd> {
  const assembler = new UnitAssembler(packets);
  const startedMs = performance.now();
  let heardMs = startedMs;
  let problem: Problem | undefined;
  const giveUp = (because: Problem): void => {
    problem ??= because;
    stop();
  };
  const take = (bytes: Buffer): void => {
    heardMs = performance.now();
    try {
      assembler.push(bytes, heardMs);
    } catch (error) {
      if (!(error instanceof FormatError)) {
        throw error;
      }
      giveUp(new Problem('stream-unreadable', error.message, { cause: error }));
    }
    if (assembler.clockSet) {
      giveUp(new Problem('camera-clock-set'));
    }
  };
  let bundleTimer: NodeJS.Timeout | undefined;
  let resumedMs = startedMs;
  const output = await openOutputSocket(socketFolder, (bytes) => {
    take(bytes);
    if (!socketHoldsBundle || packets.readers > 0 || !assembler.settled || bytes.length > bundle.bytes * 2) {
      resumedMs = heardMs;
      return true;
    }
    const bytesPerMs = bytes.length / Math.max(heardMs - resumedMs, 1);
    resumedMs = heardMs;
    bundleTimer = setTimeout(() => output?.ours.resume(), Math.min(bundle.longestMs, bundle.bytes / bytesPerMs));
    return false;
  });
  const sound = new AudioAssembler(audio, (streamMs) => assembler.toProcessMs(streamMs));
  const takeSound = (bytes: Buffer): void => {
    try {
      sound.push(bytes, performance.now());
    } catch (error) {
      if (!(error instanceof FormatError)) {
        throw error;
      }
      onSoundProblem(new Problem('camera-sound-unknown', error.message, { cause: error }));
    }
    if (sound.clockSet) {
      giveUp(new Problem('camera-clock-set'));
    }
  };
  let soundTimer: NodeJS.Timeout | undefined;
  const soundOutput = source.sound && (await openOutputSocket(socketFolder, (bytes) => {
    takeSound(bytes);
    if (!socketHoldsBundle || audio.readers > 0) {
      return true;
    }
    soundTimer = setTimeout(() => soundOutput?.ours.resume(), soundBundleMs);
    return false;
  })); // prettier-ignore
  const secondOutput = source.sound && (soundOutput ?? 'pipe');
  const run = new FfmpegProcess({ path: ffmpeg.path, args: ingestArguments(source), role: 'ingest', output, secondOutput, owner });
  const stop = (): void => {
    assembler.close();
    void run.stop();
  };
  if (!output) {
    run.stdout.on('data', take);
  }
  if (!soundOutput) {
    run.second.on('data', takeSound);
  }
  packets.onRead = () => output?.ours.resume();
  audio.onRead = () => soundOutput?.ours.resume();
  const watchdog = setInterval(() => {
    const limitMs = assembler.healthyForMs > 0 ? reconnect.deadAfterMs : reconnect.firstPictureWithinMs;
    if (performance.now() - heardMs > limitMs) {
      giveUp(new Problem('camera-silent', `nothing for ${limitMs / 1000} s`));
    } else if (!packets.flowing && performance.now() - startedMs > reconnect.firstPictureWithinMs) {
      giveUp(new Problem('camera-no-keyframe', `none in ${reconnect.firstPictureWithinMs / 1000} s`));
    }
  }, watchEveryMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) {
    stop();
  }
  const end = await run.ended;
  clearInterval(watchdog);
  clearTimeout(bundleTimer);
  clearTimeout(soundTimer);
  signal.removeEventListener('abort', stop);
  packets.onRead = () => undefined;
  audio.onRead = () => undefined;
  assembler.close();
  packets.interrupt();
  audio.interrupt();
  const { healthyForMs } = assembler;
  if (signal.aborted) {
    return { problem: undefined, healthyForMs };
  }
  const soundTrouble = source.sound && healthyForMs === 0 ? diagnoseSound(end) : undefined;
  return { problem: problem ?? diagnoseIngest(end, healthyForMs > 0), healthyForMs, soundTrouble };
}
