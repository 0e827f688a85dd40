import type { CameraConfig } from '../config/options.js';
import type { FfmpegSearch } from '../ffmpeg/ffmpeg-search.js';
import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import { inputNeeds } from '../ffmpeg/input-needs.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import { parseCameraSource } from '../media/camera-source.js';
import type { HeldRing } from '../policy/memory-limit.js';
import type { LiveCodec } from '../policy/live-sound.js';
import { treatAddress, treatSource } from '../policy/camera-quirks.js';
import { codecName } from '../policy/codec-names.js';
import { chooseSpeaker } from '../policy/speaker-choice.js';
import type { SpeakerFormat } from '../policy/talk-format.js';
import { ProblemLog, type Log } from '../problem-log.js';
import type { Problem, ProblemCode } from '../problems.js';
import type { Hardware } from '../ffmpeg/hardware/hardware.js';
import { videoStatus, type CameraStatus } from './camera-status.js';
import { CameraStream } from './camera-stream.js';
import { Decoder } from './decoder.js';
import { describeStream, type StreamDescription } from './describe-stream.js';
import type { Frame } from './frame-pool.js';
import type { Lease } from './lease.js';
import { Renditions } from './renditions.js';
import { statusOf } from './rtsp/refusal.js';
import { fullLoudness, type Loudness } from './sound/loudness.js';
import { SoundFfmpegs } from './sound/sound-ffmpegs.js';
import { SoundRenditions } from './sound/sound-renditions.js';
import type { StartQueue } from './start-queue.js';
import { StillImage } from './still-image.js';
import { Talkback } from './talkback/talkback.js';

/** Leases of who may want the past. */
const recordingHolders: readonly string[] = ['recording', 'recording armed'];

/** What another FFmpeg may put right. */
const mayBeInstalled: readonly ProblemCode[] = ['ffmpeg-missing', 'ffmpeg-too-old', 'ffmpeg-lacks-input'];

export interface CameraOptions {
  readonly config: CameraConfig;
  readonly log: Log;
  readonly ffmpeg: FfmpegSearch;
  readonly hardware: Hardware;
  /** Of the whole house; without it each stream is connected at once. */
  readonly starts?: StartQueue | undefined;
  /** What its own speaker plays, where it is known to have one. */
  readonly speaker?: SpeakerFormat | undefined;
  /** The one that does AAC-ELD; undefined where none does. */
  readonly eldFfmpeg?: Ffmpeg | undefined;
  /** Where sockets may lie for a moment: inside Homebridge's storage folder. */
  readonly socketFolder: string;
}

/** A configured stream, its decoded pictures and what is made of them and of its sound. */
export interface CameraVideo {
  readonly stream: CameraStream;
  readonly decoder: Decoder;
  readonly renditions: Renditions;
  readonly sounds: SoundRenditions;
}

/** One camera of the house: its configured streams, and what is wrong with it. Knows nothing of HomeKit. */
export class Camera implements AsyncDisposable {
  readonly config: CameraConfig;
  readonly problems: ProblemLog;
  readonly main: CameraStream;
  readonly sub: CameraStream | undefined;
  /** What live views hear of it. */
  microphone: Loudness = fullLoudness;
  /** Its speaker; undefined where nobody can talk to it. */
  readonly talkback: Talkback | undefined;
  /** What it looks like while it is not connected, where there is an address for that. */
  readonly stillImage: StillImage | undefined;
  readonly #videos: readonly CameraVideo[];
  readonly #options: CameraOptions;
  readonly #soundFfmpegs: SoundFfmpegs;
  readonly #listeners = new Set<() => void>();
  #warm: Lease[] = [];
  #description: StreamDescription | undefined;

  constructor(options: CameraOptions) {
    const { config, log } = options;
    this.#options = options;
    this.#soundFfmpegs = new SoundFfmpegs(options.ffmpeg, options.eldFfmpeg);
    this.config = config;
    this.problems = new ProblemLog(config.name, log);
    this.main = this.#stream('main', config.source);
    this.sub = config.substream === undefined ? undefined : this.#stream('sub', config.substream);
    this.#videos = this.streams.map((stream) => this.#video(stream));
    this.talkback = this.#openTalkback();
    this.stillImage = config.stillImage === undefined ? undefined : new StillImage(config.stillImage, (problem, cause) => this.problems.tell(problem, cause));
  }

  /** What live sound comes in, in both directions, in the order in which it is offered. */
  get liveCodecs(): readonly LiveCodec[] {
    return this.config.aacEld && this.#options.eldFfmpeg ? ['opus', 'aac-eld'] : ['opus'];
  }

  get streams(): readonly CameraStream[] {
    return this.sub ? [this.main, this.sub] : [this.main];
  }

  /** What it said of its sound when its main stream was connected; undefined where nobody asked, or it does not say. */
  get description(): StreamDescription | undefined {
    return this.#description;
  }

  stream(name: 'main' | 'sub'): CameraStream {
    return name === 'sub' && this.sub ? this.sub : this.main;
  }

  /** A stream's pictures, decoded and encoded anew. */
  video(name: 'main' | 'sub'): CameraVideo {
    const stream = this.stream(name);
    return this.#videos.find((video) => video.stream === stream) ?? missing(name);
  }

  /** The newest decoded picture of a stream, where something is being decoded anyway. Retained by who keeps it. */
  newestFrame(name: 'main' | 'sub'): Frame | undefined {
    return this.video(name).decoder.newest;
  }

  /** What runs now, and what for. */
  status(): CameraStatus {
    const streams = this.#videos.map((video) => videoStatus(video, this.problems));
    return { camera: this.config.name, online: this.online, private: this.barred, streams, talkback: this.talkback?.status() };
  }

  /** Encoded pictures of the camera that are kept. */
  rings(): HeldRing[] {
    return this.streams.map(({ name, packets, holders }) => ({
      id: `${this.config.name} ${name}`,
      bytes: packets.bytes,
      newestGopBytes: packets.newestGopBytes,
      recorded: holders.some((holder) => recordingHolders.includes(holder)),
    }));
  }

  /** Those of its rings keep no past, until they are left out again; but while a recording reads one, that is whole from then on. */
  shorten(rings: ReadonlySet<string>): void {
    for (const { name, packets, holders } of this.streams) {
      packets.shortened = rings.has(`${this.config.name} ${name}`) && !holders.includes('recording');
    }
  }

  /** All that is kept of its pictures in this process, encoded and decoded, in bytes. */
  get heldBytes(): number {
    return this.#videos.reduce((sum, { stream, decoder, renditions }) => sum + stream.packets.bytes + decoder.status().pool.bytes + renditions.heldBytes, 0);
  }

  /** What decodes and encodes. */
  get hardware(): Hardware {
    return this.#options.hardware;
  }

  /** Connects what is to be connected all the time. */
  start(): void {
    this.#rest(false);
    if (this.config.keepWarm && this.#warm.length === 0) {
      this.#warm = this.streams.map((stream) => stream.lease({ holder: 'keepWarm' }));
    }
  }

  /** Lets go of the camera: what is connected all the time is not, until `start`, and streams end with their last lease. */
  pause(): void {
    for (const lease of this.#warm.splice(0)) {
      lease[Symbol.dispose]();
    }
    this.#rest(true);
  }

  /** Lets go of the camera at once and for everyone, until it is taken back: nothing is connected, whoever needs it. */
  set barred(barred: boolean) {
    for (const stream of this.streams) {
      stream.barred = barred;
    }
    if (this.stillImage) {
      this.stillImage.barred = barred;
    }
    this.#changed();
  }

  get barred(): boolean {
    return this.main.barred;
  }

  /** There as far as is known: one that sleeps was there when it was last awake. */
  get online(): boolean {
    const { state, failing, barred } = this.main;
    return !barred && !failing && !(state.kind === 'asleep' && state.afterFailure);
  }

  /** Since when it, or a stream that somebody needs, is not there, and why: as far as is known, see `online`. */
  get outage(): { readonly sinceMs: number; readonly because: string } | undefined {
    const away = this.online ? this.streams.find(({ failing }) => failing) : this.main;
    const outage = away && this.problems.outage(away.name);
    return outage && { sinceMs: outage.sinceMs, because: this.sub ? `${away.name} stream: ${outage.problem.message}` : outage.problem.message };
  }

  /** How far the past in memory reaches where there is no room for all of it. */
  get shortPastMs(): number | undefined {
    const short = this.streams.map(({ packets }) => packets.shortPastMs).filter((ms) => ms !== undefined);
    return short.length === 0 ? undefined : Math.min(...short);
  }

  /** Pictures that were left out since the start, because somebody was too slow for them. */
  get droppedPictures(): number {
    return this.#videos.reduce((sum, { stream, decoder, renditions }) => sum + stream.packets.lost + decoder.status().pool.dropped + renditions.totals.dropped, 0);
  }

  /** Tells when `online` may have changed, until it is disposed. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Whose the FFmpegs of a stream are. What they print is told with the option "debug". */
  owner(stream: 'main' | 'sub'): FfmpegOwner {
    const { config, log } = this.#options;
    return { camera: config.name, stream, onLine: config.debug ? (line) => log.info(`${config.name}: FFmpeg: ${line}`) : undefined };
  }

  /** A line for the person at home; `text` completes "<camera>: ". */
  tell(text: string): void {
    this.#options.log.info(`${this.config.name}: ${text}`);
  }

  /** Where sockets may lie for a moment. */
  get socketFolder(): string {
    return this.#options.socketFolder;
  }

  /** The FFmpeg to use. @throws Problem while there is none. */
  ffmpeg(): Promise<Ffmpeg> {
    return this.#options.ffmpeg.find();
  }

  /** A line for who looks for the reason of something; in the log at once with the option "debug". */
  note(text: string): void {
    const line = `${this.config.name}: ${text}`;
    if (this.config.debug) {
      this.#options.log.info(line);
    } else {
      this.#options.log.debug(line);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#warm = [];
    this.stillImage?.[Symbol.dispose]();
    await this.talkback?.[Symbol.asyncDispose]();
    await Promise.all(this.#videos.flatMap(({ renditions, sounds }) => [renditions[Symbol.asyncDispose](), sounds[Symbol.asyncDispose]()]));
    await Promise.all(this.#videos.map(({ decoder }) => decoder[Symbol.asyncDispose]()));
    await Promise.all(this.streams.map((stream) => stream.close()));
  }

  #changed(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #rest(resting: boolean): void {
    for (const each of this.#videos.flatMap(({ sounds, renditions, decoder, stream }) => [sounds, renditions, decoder, stream])) {
      each.resting = resting;
    }
  }

  #video(stream: CameraStream): CameraVideo {
    const { hardware, socketFolder } = this.#options;
    const tell = (what: string) => (problem: Problem) => void this.problems.tell(problem, `${what} of the ${stream.name} stream`);
    const decoder = new Decoder({ hardware, stream, socketFolder, onProblem: tell('decoder'), onNote: (text) => this.note(`${stream.name} stream, ${text}`), owner: this.owner(stream.name) });
    const owner = this.owner(stream.name);
    const renditions = new Renditions({ hardware, source: stream.packets, decoder, onProblem: tell('encoder'), owner });
    const sounds = new SoundRenditions({ source: stream.audio, ffmpeg: (codec) => this.#soundFfmpegs.live(codec), socketFolder, onProblem: tell('sound'), owner });
    return { stream, decoder, renditions, sounds };
  }

  /** What the user set goes before what the camera has. */
  #openTalkback(): Talkback | undefined {
    const { config, speaker: format } = this.#options;
    const speaker = chooseSpeaker({ ...config, source: treatAddress(config.source) }, format);
    return (
      speaker &&
      new Talkback({
        speaker,
        ffmpeg: (codec) => this.#soundFfmpegs.talk(codec, speaker),
        onProblem: (problem) => this.problems.tell(problem, statusOf(problem)),
        tell: (text) => this.tell(text),
        note: (text) => this.note(text),
        owner: { ...this.owner('main'), stream: undefined },
      })
    );
  }

  async #describe(name: 'main' | 'sub', url: string, signal: AbortSignal): Promise<StreamDescription> {
    const description = await describeStream({ url, signal });
    this.#description = name === 'main' ? description : this.#description;
    return description;
  }

  #stream(name: 'main' | 'sub', url: string): CameraStream {
    const { source, begin, quirks } = treatSource(parseCameraSource(url, this.config.transport));
    const { config, log, ffmpeg, hardware, starts, socketFolder } = this.#options;
    const called = config.substream === undefined ? 'camera' : `${name} stream`;
    const needs = inputNeeds(source);
    let greeted = false;
    const stream: CameraStream = new CameraStream({
      name,
      source,
      turn: config,
      limits: config,
      pollRate: config.pollRate,
      sound: config.audio,
      begin,
      describe: source.kind === 'rtsp' && source.transport !== 'http' ? (signal) => this.#describe(name, source.url, signal) : undefined,
      ffmpeg: () => ffmpeg.forInput(needs),
      ffmpegFor: (more) => ffmpeg.forInput(more),
      canOpen: (other, needed) => ffmpeg.canOpen(other, needed),
      hardware,
      starts,
      socketFolder,
      idleTimeoutMs: config.idleTimeout * 1000,
      onProblem: (problem: Problem) => {
        if (mayBeInstalled.includes(problem.code)) {
          ffmpeg.forget();
        }
        this.problems.report(name, problem);
        this.note(`${called}: ${problem.message}`);
        this.#changed();
      },
      onConnected: () => {
        this.problems.solved(name, `${called} is back`);
        this.#changed();
      },
      onFormat: (format) => {
        const text = `${called} sends ${codecName(format.codec)} ${format.profile} ${format.level}, ${format.width}x${format.height}`;
        if (greeted) {
          this.note(text);
        } else {
          log.info(`${config.name}: connected, ${text}.`);
          greeted = true;
        }
      },
      onSoundProblem: (problem) => this.problems.tell(problem),
      onNote: (text) => this.note(`${called}: ${text}`),
      owner: this.owner(name),
    });
    for (const { says } of quirks) {
      this.note(`${called}: ${says}`);
    }
    return stream;
  }
}

function missing(name: string): never {
  throw new RangeError(`there is no ${name} stream`);
}
