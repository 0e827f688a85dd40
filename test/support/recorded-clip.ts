import { readMarks } from './camera/marks.js';
import type { SimulatedCamera } from './camera/rtsp-camera.js';
import { decodeClip, inspectClip, soundAgainstPicture, type ClipFacts, type ClipPicture, type DecodedClip, type FlashAndBeep } from './clip.js';
import type { Controller } from './controller/controller.js';
import type { RecordingReceiver } from './controller/recording-receiver.js';
import type { RunningHomebridge } from './homebridge/homebridge.js';
import type { ProcessFacts } from './homebridge/process-tree.js';
import { ffmpegPath } from './house.js';
import { until } from './until.js';

/** A camera's times are exact to a picture, ours to a tick of 90 kHz. */
const tickSeconds = 1.5 / 90_000;
/** What HomeKit selects (4 s), and 10 ms for cameras that round their times. */
const longestFragmentSeconds = 4.01;
/** How long the camera's beep lasts. */
const beepMs = 100;

/** Waits until the camera has sent to one and the same connection for so long: a recording begins with a keyframe 4 s before. */
export async function sendingFor(camera: SimulatedCamera, ms: number): Promise<void> {
  let session: number | undefined;
  let sinceMs = Infinity;
  const lasts = (): boolean => {
    const { now, total } = camera.statistics().playing.main;
    if (now !== 1) {
      session = undefined;
    } else if (session !== total) {
      session = total;
      sinceMs = performance.now();
    }
    return session !== undefined && performance.now() - sinceMs >= ms;
  };
  await until(`sending for ${ms} ms`, lasts, ms + 30_000);
}

/** Every FFmpeg of a Homebridge that is started between the making of this and `stop`; one lives for longer than between two looks. */
export class FfmpegWatch implements Disposable {
  readonly #before: ReadonlySet<number>;
  readonly #started = new Map<number, ProcessFacts>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly homebridge: RunningHomebridge) {
    this.#before = new Set(homebridge.ffmpegs().map(({ pid }) => pid));
    this.#timer = setInterval(() => this.look(), 50);
  }

  /** All that were started so far, also those that have ended. */
  get started(): readonly ProcessFacts[] {
    this.look();
    return [...this.#started.values()];
  }

  /** Those of them that live. */
  get living(): readonly ProcessFacts[] {
    return this.look();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  private look(): readonly ProcessFacts[] {
    const found = this.homebridge.ffmpegs().filter(({ pid }) => !this.#before.has(pid));
    // Just forked it still has the arguments of its parent: the latest are the right ones.
    found.forEach((one) => this.#started.set(one.pid, one));
    return found;
  }
}

/** How to look at a clip. */
export interface CheckOptions {
  /** Pictures a second that the clip has; the camera's unless told. */
  readonly fps?: number;
  /** Width to height of the camera's picture, where it stands upright between two bars. */
  readonly uprightAspect?: number;
}

/** What was found in a clip. */
export interface CheckedClip {
  /** Everything that no clip may have, a line each. */
  readonly faults: readonly string[];
  readonly facts: ClipFacts;
  readonly decoded: DecodedClip;
  /** Of the picture track: 'avc1 1920x1080'. */
  readonly format: string;
  readonly flashes: readonly FlashAndBeep[];
  /** From asking to the first byte. */
  readonly firstDataMs: number;
  /** From asking to the last byte of the first fragment. */
  readonly firstFragmentMs: number;
  /** How long before the answer to the request the first picture was filmed. */
  readonly pastMs: number;
  /** From the end of each fragment that was not past yet, as it was filmed, to its last byte. */
  readonly fragmentsLateMs: readonly number[];
}

/** Asks for a recording; throws where it is refused. */
export async function openClip(camera: SimulatedCamera, controller: Controller): Promise<OpenClip> {
  const recording = await controller.openRecording();
  if (recording.status !== 0) {
    await recording[Symbol.asyncDispose]();
    throw new Error(`The recording was refused with ${recording.status}.`);
  }
  return new OpenClip(camera, recording);
}

/** Records this many fragments and closes as a hub that has enough. */
export async function recordClip(camera: SimulatedCamera, controller: Controller, { fragments = 2, ...options }: CheckOptions & { readonly fragments?: number } = {}): Promise<CheckedClip> {
  await using clip = await openClip(camera, controller);
  await clip.recording.fragments(fragments, 30_000);
  clip.recording.close();
  return await clip.check(options);
}

/** A running recording. */
export class OpenClip implements AsyncDisposable {
  /** When each picture of the camera's loop was filmed last, before the recording. */
  private readonly filmedMs: readonly (number | undefined)[];

  /** Use `openClip`. */
  constructor(private readonly camera: SimulatedCamera, readonly recording: RecordingReceiver) {
    const { fps, seconds } = camera.footage().settings;
    this.filmedMs = Array.from({ length: fps * seconds }, (_, counter) => camera.sentAt(counter));
  }

  /** Reads and decodes what has come so far. */
  async check({ fps = this.camera.footage().settings.fps, uprightAspect }: CheckOptions = {}): Promise<CheckedClip> {
    const { packets, openedMs, answeredMs } = this.recording;
    const facts = inspectClip(packets.map(({ data }) => data));
    const decoded = await decode(this.recording.clip(), uprightAspect);
    const flashes = soundAgainstPicture(decoded);
    const video = facts.tracks.find(({ kind }) => kind === 'video');
    const filmedMs = this.filmedMs[decoded.pictures[0]?.marks?.counter ?? -1] ?? NaN;
    const lateMs = facts.fragments.map(({ endSeconds }, index) => ({ endMs: filmedMs + endSeconds * 1000, completeMs: packets[index + 1]?.completeMs ?? NaN }));
    return {
      faults: [...structureFaults(facts), ...decoded.errors.split('\n').filter((line) => line !== ''), ...this.pictureFaults(facts, decoded.pictures, fps), ...soundFaults(decoded, flashes)],
      facts,
      decoded,
      format: `${video?.codec ?? 'none'} ${video?.width ?? 0}x${video?.height ?? 0}`,
      flashes,
      firstDataMs: (packets[0]?.firstByteMs ?? NaN) - openedMs,
      firstFragmentMs: (packets[1]?.completeMs ?? NaN) - openedMs,
      pastMs: answeredMs - filmedMs,
      fragmentsLateMs: lateMs.filter(({ endMs }) => !(endMs <= answeredMs)).map(({ endMs, completeMs }) => completeMs - endMs),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recording[Symbol.asyncDispose]();
  }

  /** Each picture is shown when it was filmed, counted from the first one, and none is missing. */
  private pictureFaults({ fragments }: ClipFacts, pictures: readonly ClipPicture[], fps: number): string[] {
    const { settings } = this.camera.footage();
    const loop = settings.fps * settings.seconds;
    const [first] = pictures;
    const begin = first?.marks?.counter;
    if (!first || begin === undefined) {
      return ['The first picture cannot be read.'];
    }
    const marked = pictures.flatMap(({ timeSeconds, marks }) => (marks ? [{ timeSeconds, counter: marks.counter }] : []));
    const wrong = marked.filter(({ timeSeconds, counter }) => {
      const pictures = (timeSeconds - first.timeSeconds) * settings.fps - (counter - begin);
      return Math.abs(pictures - loop * Math.round(pictures / loop)) > 0.6;
    });
    const expected = Math.round(((fragments.at(-1)?.endSeconds ?? 0) - (fragments[0]?.startSeconds ?? 0)) * fps);
    return [
      ...wrong.slice(0, 3).map(({ timeSeconds, counter }) => `Picture ${counter} is shown at ${timeSeconds.toFixed(3)} s, the first (${begin}) at ${first.timeSeconds.toFixed(3)} s (one of ${wrong.length}).`),
      // Compression may hide the marks of a few.
      ...(marked.length < pictures.length * 0.95 ? [`Only ${marked.length} of ${pictures.length} pictures can be read.`] : []),
      ...(Math.abs(pictures.length - expected) > 1 ? [`There are ${pictures.length} pictures instead of ${expected}.`] : []),
    ];
  }
}

/** With the marks of the middle alone, where there are bars at both sides. */
async function decode(clip: Buffer, uprightAspect: number | undefined): Promise<DecodedClip> {
  if (uprightAspect === undefined) {
    return decodeClip(clip, { ffmpegPath });
  }
  const luma = { width: 640, height: 360 };
  const decoded = await decodeClip(clip, { ffmpegPath, luma });
  const width = Math.round(luma.height * uprightAspect);
  const left = Math.round((luma.width - width) / 2);
  return { ...decoded, pictures: decoded.pictures.map((picture) => ({ ...picture, marks: readMarks(picture.luma.subarray(left), width, luma.height, luma.width) })) };
}

function structureFaults({ tracks, fragments }: ClipFacts): string[] {
  return fragments.flatMap((fragment, index) => {
    const picture = fragment.runs.find(({ kind }) => kind === 'video');
    const faults: [boolean, string][] = [
      [fragment.sequenceNumber !== index + 1, `has number ${fragment.sequenceNumber}`],
      [picture?.startsWithIdr !== true || !picture.startsWithSync, 'does not begin with an IDR'],
      [fragment.endSeconds - fragment.startSeconds > longestFragmentSeconds, `is ${fragment.endSeconds - fragment.startSeconds} s long`],
      [index === 0 && fragment.startSeconds !== 0, `starts at ${fragment.startSeconds} s`],
      [fragment.runs.length !== tracks.length, `has ${fragment.runs.length} of ${tracks.length} tracks`],
      ...fragment.runs.map(({ trackId, kind, startSeconds }): [boolean, string] => {
        const before = fragments[index - 1]?.runs.find((run) => run.trackId === trackId);
        const gap = before === undefined ? 0 : startSeconds - before.endSeconds;
        return [Math.abs(gap) > tickSeconds, `follows on the ${kind} before it after ${gap} s`];
      }),
      ...fragment.runs.map(({ kind, startSeconds, endSeconds }): [boolean, string] => {
        const apart = Math.max(Math.abs(startSeconds - fragment.startSeconds), Math.abs(endSeconds - fragment.endSeconds));
        return [apart > 0.05, `has ${kind} that begins or ends ${apart} s off the picture`];
      }),
    ];
    return faults.filter(([is]) => is).map(([, text]) => `Fragment ${index + 1} ${text}.`);
  });
}

/** Every beep there is belongs to a flash; whether each flash needs one depends on the microphone, which may begin within a beep. */
function soundFaults({ sound }: DecodedClip, flashes: readonly FlashAndBeep[]): string[] {
  const gaps = (sound?.gaps ?? []).map(({ atSeconds, seconds }) => `At ${atSeconds} s the sound has a gap of ${seconds} s.`);
  const apart = flashes.filter(({ soundLateMs = 0 }, index) => {
    const begins = index > 0 && flashes[index - 1]?.beepSeconds === undefined && soundLateMs > 0 && soundLateMs < beepMs;
    return Math.abs(soundLateMs) >= 50 && !begins;
  });
  return [...gaps, ...apart.map(({ flashSeconds, soundLateMs = NaN }) => `At ${flashSeconds.toFixed(2)} s the sound is ${soundLateMs.toFixed(0)} ms late.`)];
}
