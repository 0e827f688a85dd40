import type { Readable } from 'node:stream';
import { diagnoseIngest, diagnosePicture, diagnoseSound, inHardwaresWords } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import { ingestArguments } from '../ffmpeg/ingest-arguments.js';
import { inputSecrets } from '../ffmpeg/input-secrets.js';
import { endsInSilence } from '../ffmpeg/input-arguments.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import { FormatError } from '../media/format-error.js';
import { readJpegPicture } from '../media/jpeg-picture.js';
import { JpegSplitter } from '../media/jpeg-splitter.js';
import { reconnect } from '../policy/backoff.js';
import type { PictureTrouble } from '../policy/picture-choice.js';
import { isTurned } from '../policy/picture-turn.js';
import type { SoundForm, SoundTrouble } from '../policy/sound-choice.js';
import { asProblem, Problem, type ProblemCode } from '../problems.js';
import { BundledOutput, pictureRestMs, soundRestMs } from './bundled-output.js';
import { AudioAssembler } from './sound/audio-assembler.js';
import type { AudioStream } from './sound/audio-stream.js';
import type { PacketStream } from './packet-stream.js';
import type { ConnectionPlan } from './source/known-picture.js';
import type { NewestJpeg } from './source/newest-jpeg.js';
import { UnitAssembler } from './unit-assembler.js';

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
export async function runIngest({ plan, sound: asked, packets, audio, jpegs, onSoundProblem, socketFolder, signal, owner }: IngestOptions): Promise<IngestEnd> {
  const assembler = new UnitAssembler(packets, plan.manner.times);
  const sound = new AudioAssembler(audio, (streamMs) => assembler.toProcessMs(streamMs));
  const startedMs = performance.now();
  let heardMs = startedMs;
  let hasSound = false;
  let problem: Problem | undefined;
  let pictureTrouble: PictureTrouble | undefined;
  const giveUp = (because: Problem): void => {
    problem ??= because;
    stop();
  };
  const take = (bytes: Buffer): void => {
    heardMs = performance.now();
    tell('stream-unreadable', giveUp, () => assembler.push(bytes, heardMs));
    pictureTrouble ??= assembler.unfit ? 'codec' : undefined;
    if (assembler.clockSet || assembler.wrongRate) {
      pictureTrouble ??= assembler.wrongRate ? 'times' : undefined;
      giveUp(new Problem('camera-clock-set'));
    }
  };
  const takeSound = (bytes: Buffer): void => {
    hasSound = true;
    tell('camera-sound-unknown', onSoundProblem, () => sound.push(bytes, performance.now()));
    if (sound.unfit) {
      stop(); // What was seen by then is little: its first bytes say so.
    }
  };
  using output = await BundledOutput.open(socketFolder, take, (read) => (packets.readers > 0 || !assembler.settled ? 0 : pictureRestMs(read)));
  using soundOutput = asked && (await BundledOutput.open(socketFolder, takeSound, () => (audio.readers > 0 ? 0 : soundRestMs)));
  const { ffmpeg, opened, picture, manner, hardware } = plan;
  const passesJpegs = !asked && !opened.feed && picture.mode === 'encode' && picture.seen.codec === 'mjpeg' && !isTurned(picture.turn);
  const args = ingestArguments({ input: opened.input, picture, ...manner, sound: asked, jpegs: passesJpegs });
  const secondOutput = soundOutput ? (soundOutput.socket ?? 'pipe') : passesJpegs ? 'pipe' : undefined;
  const run = new FfmpegProcess({ path: ffmpeg.path, args, role: picture.mode === 'encode' ? 'ingest-encode' : 'ingest', hardware, secrets: inputSecrets(opened.input), output: output.socket, secondOutput, owner });
  const stop = (): void => {
    assembler.close();
    void run.stop();
  };
  output.readPipe(run.stdout);
  soundOutput?.readPipe(run.second);
  if (passesJpegs) {
    readJpegs(run.second, jpegs);
  }
  packets.onRead = () => output.hurry();
  audio.onRead = () => soundOutput?.hurry();
  const feeding = new AbortController();
  opened.feed?.(run.stdin, feeding.signal).catch((error: unknown) => giveUp(asProblem(error, 'camera-closed')));
  const watchdog = setInterval(() => {
    const missing = whatIsMissing({
      silentMs: performance.now() - heardMs,
      connectedMs: performance.now() - startedMs,
      works: assembler.healthyForMs > 0,
      flowing: packets.flowing,
      comes: endsInSilence(opened.input) && !hasSound,
      firstPictureWithinMs: plan.firstPictureWithinMs ?? reconnect.firstPictureWithinMs,
    });
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
  assembler.close();
  packets.interrupt();
  audio.interrupt();
  const { healthyForMs } = assembler;
  if (signal.aborted) {
    return { problem: undefined, healthyForMs };
  }
  const worked = healthyForMs > 0;
  const because = diagnoseIngest(end, worked, problem);
  // One that was given up had all the time there is.
  const trouble = pictureTrouble ?? (worked || problem ? undefined : diagnosePicture(end));
  return {
    problem: (await opened.explain?.(because)) ?? because,
    healthyForMs,
    pictureTrouble: trouble,
    // FFmpeg says the same of both: nothing is known of the sound until the picture can be taken.
    soundTrouble: trouble ? undefined : sound.unfit ? 'unfit' : asked && diagnoseSound(end),
    inHardwaresWords: hardware !== undefined && inHardwaresWords(end),
  };
}

/** Two come a second. */
const jpegGoodForMs = 1_000;

/** What is no JPEG is left out: the picture itself goes another way. */
function readJpegs(output: Readable, jpegs: NewestJpeg): void {
  const splitter = new JpegSplitter();
  const leaveOut = (): void => undefined;
  output.on('data', (bytes: Buffer) => {
    tell('stream-unreadable', leaveOut, () => splitter.push(bytes).forEach((jpeg) => jpegs.put({ ...readJpegPicture(jpeg, performance.now()), goodForMs: jpegGoodForMs })));
  });
}

/** Tells what is not as FFmpeg should write it. */
function tell(code: ProblemCode, onProblem: (problem: Problem) => void, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FormatError)) {
      throw error;
    }
    onProblem(new Problem(code, error.message, { cause: error }));
  }
}

interface AwaitedPicture {
  /** Without anything from FFmpeg, which passes on nothing before a keyframe. */
  readonly silentMs: number;
  readonly connectedMs: number;
  /** A picture has come. */
  readonly works: boolean;
  /** And one that a viewer can begin with. */
  readonly flowing: boolean;
  /** While FFmpeg lives, something comes to it, and that is the picture. */
  readonly comes: boolean;
  readonly firstPictureWithinMs: number;
}

function whatIsMissing(picture: AwaitedPicture): Problem | undefined {
  const { firstPictureWithinMs } = picture;
  const limitMs = picture.works ? reconnect.deadAfterMs : firstPictureWithinMs;
  if (picture.silentMs > limitMs) {
    return picture.comes && !picture.works ? noKeyframe(limitMs) : new Problem('camera-silent', `nothing for ${limitMs / 1000} s`);
  }
  const lacksKeyframe = !picture.flowing && picture.connectedMs > firstPictureWithinMs;
  return lacksKeyframe ? noKeyframe(firstPictureWithinMs) : undefined;
}

function noKeyframe(limitMs: number): Problem {
  return new Problem('camera-no-keyframe', `none in ${limitMs / 1000} s`);
}
