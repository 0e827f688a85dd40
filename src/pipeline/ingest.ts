import { diagnoseIngest, diagnosePicture, diagnoseSound, inHardwaresWords } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import { ingestArguments } from '../ffmpeg/ingest-arguments.js';
import { inputSecrets } from '../ffmpeg/input-secrets.js';
import { endsInSilence } from '../ffmpeg/input-arguments.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import type { PictureTrouble } from '../policy/picture-choice.js';
import { isTurned } from '../policy/picture-turn.js';
import type { SoundForm, SoundTrouble } from '../policy/sound-choice.js';
import { asProblem, type Problem } from '../problems.js';
import { BundledOutput, pictureRestMs, soundRestMs } from './bundled-output.js';
import { IncomingPicture } from './incoming-picture.js';
import { AudioAssembler } from './sound/audio-assembler.js';
import type { AudioStream } from './sound/audio-stream.js';
import type { PacketStream } from './packet-stream.js';
import type { ConnectionPlan } from './source/known-picture.js';
import type { NewestJpeg } from './source/newest-jpeg.js';
import { keepPassedJpegs } from './source/passed-jpegs.js';
import { tellFormatError } from './tell-format-error.js';

const watchEveryMs = 1_000;

export interface IngestOptions {
  readonly plan: ConnectionPlan;
  /** How the sound is asked for; absent: it is not. */
  readonly sound?: SoundForm | undefined;
  readonly packets: PacketStream;
  /** Takes the sound, where that is asked for. */
  readonly audio: AudioStream;
  /** Takes the JPEGs of a camera that FFmpeg reads them from. */
  readonly jpegs: NewestJpeg;
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
  /** Set where it failed because the picture has to be taken otherwise. */
  readonly pictureTrouble?: PictureTrouble | undefined;
  /** Set where graphics hardware says that it has failed. */
  readonly inHardwaresWords?: boolean | undefined;
}

/** One connection to a camera, from opening to its end; its pictures go into `packets`, its sound into `audio`. */
export async function runIngest(options: IngestOptions): Promise<IngestEnd> {
  const { plan, sound: asked, packets, audio, signal } = options;
  const { opened, hardware } = plan;
  let problem: Problem | undefined;
  const giveUp = (because: Problem): void => {
    problem ??= because;
    stop();
  };
  const picture = new IncomingPicture({ packets, times: plan.manner.times, firstWithinMs: plan.firstPictureWithinMs, onUnusable: giveUp });
  const sound = new AudioAssembler(audio, (streamMs) => picture.toProcessMs(streamMs));
  const takeSound = (bytes: Buffer): void => {
    tellFormatError('camera-sound-unknown', options.onSoundProblem, () => sound.push(bytes, performance.now()));
    if (sound.unfit) {
      stop(); // What was seen by then is little: its first bytes say so.
    }
  };
  using output = await BundledOutput.open(options.socketFolder, (bytes) => picture.push(bytes), (read) => (packets.readers > 0 || !picture.settled ? 0 : pictureRestMs(read)));
  using soundOutput = asked && (await BundledOutput.open(options.socketFolder, takeSound, () => (audio.readers > 0 ? 0 : soundRestMs)));
  const run = startIngest(options, output, soundOutput);
  const stop = (): void => {
    picture.close();
    void run.stop();
  };
  packets.onRead = () => output.hurry();
  audio.onRead = () => soundOutput?.hurry();
  const feeding = new AbortController();
  opened.feed?.(run.stdin, feeding.signal).catch((error: unknown) => giveUp(asProblem(error, 'camera-closed')));
  const watchdog = setInterval(() => {
    const missing = picture.missing(endsInSilence(opened.input) && !sound.heard);
    if (missing) {
      giveUp(missing);
    }
  }, watchEveryMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) {
    stop();
  }
  const end = await run.ended;
  feeding.abort();
  clearInterval(watchdog);
  signal.removeEventListener('abort', stop);
  packets.onRead = () => undefined;
  audio.onRead = () => undefined;
  picture.close();
  packets.interrupt();
  audio.interrupt();
  const { healthyForMs } = picture;
  if (signal.aborted) {
    return { problem: undefined, healthyForMs };
  }
  const worked = healthyForMs > 0;
  const because = diagnoseIngest(end, worked, problem);
  // One that was given up had all the time there is.
  const trouble = picture.trouble ?? (worked || problem ? undefined : diagnosePicture(end));
  return {
    problem: (await opened.explain?.(because)) ?? because,
    healthyForMs,
    pictureTrouble: trouble,
    // FFmpeg says the same of both: nothing is known of the sound until the picture can be taken.
    soundTrouble: trouble ? undefined : sound.unfit ? 'unfit' : asked && diagnoseSound(end),
    inHardwaresWords: hardware !== undefined && inHardwaresWords(end),
  };
}

/** Starts the FFmpeg of a connection, whose picture and sound, where there is some, these take. */
function startIngest({ plan, sound, jpegs, owner }: IngestOptions, output: BundledOutput, soundOutput: BundledOutput | undefined): FfmpegProcess {
  const { ffmpeg, opened, picture, manner, hardware } = plan;
  const passesJpegs = !sound && !opened.feed && picture.mode === 'encode' && picture.seen.codec === 'mjpeg' && !isTurned(picture.turn);
  const run = new FfmpegProcess({
    path: ffmpeg.path,
    args: ingestArguments({ input: opened.input, picture, ...manner, sound, jpegs: passesJpegs }),
    role: picture.mode === 'encode' ? 'ingest-encode' : 'ingest',
    hardware,
    secrets: inputSecrets(opened.input),
    output: output.socket,
    secondOutput: soundOutput ? (soundOutput.socket ?? 'pipe') : passesJpegs ? 'pipe' : undefined,
    owner,
  });
  output.readPipe(run.stdout);
  soundOutput?.readPipe(run.second);
  if (passesJpegs) {
    keepPassedJpegs(run.second, jpegs);
  }
  return run;
}
