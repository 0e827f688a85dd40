import type { PrepareStreamRequest, StartStreamRequest } from 'homebridge';
import type { ViewerFeedback } from '../../media/rtcp.js';
import type { SrtpKeys } from '../../media/srtp.js';
import type { SoundRequest } from '../../policy/live-sound.js';
import type { Camera } from '../../pipeline/camera.js';
import type { CameraBudget } from '../../resources/house-budget.js';
import { secondsSince } from '../../seconds-since.js';
import { MovingView, type ShownStatus } from './moving-view.js';
import { LiveSound, type LiveSoundStatus } from './live-sound.js';
import { LiveTalk } from './live-talk.js';
import { RtpTransport } from './rtp-transport.js';
import { soundRequest } from './sound-request.js';
import { liveRequest, type VideoChange } from './video-request.js';
import { VideoSender } from './video-sender.js';
import { withZone } from './viewer-address.js';

/** A prepared view that never starts, and a viewer that says nothing (no RTCP), are given up after this. */
const silenceMs = 30_000;
const watchEveryMs = 1_000;
/** Asked intervals are kept within this: reports cost little, and a viewer without them cannot keep time. */
const reportMs = { least: 500, most: 5_000 } as const;

/** What is going on in the session. */
type State =
  | { readonly kind: 'prepared'; readonly sinceMs: number }
  | { readonly kind: 'streaming'; readonly view: View }
  | { readonly kind: 'ended' };

/** A view that was started. */
interface View {
  readonly shown: MovingView;
  readonly sender: VideoSender;
  reportTimer: NodeJS.Timeout;
  /** Undefined where none is offered, or none that is known here is asked for. */
  sound: SoundView | undefined;
  /** Undefined where nobody can talk to the camera. */
  talk: LiveTalk | undefined;
  /** When the viewer said something last. */
  heardMs: number;
}

interface SoundView {
  readonly sound: LiveSound;
  readonly reportTimer: NodeJS.Timeout;
}

/** One viewer. */
export interface LiveViewStatus {
  /** Where it is. */
  readonly viewer: string;
  readonly state: State['kind'];
  /** Since it was prepared. */
  readonly forSeconds: number;
  /** Undefined until it is started. */
  readonly shown: ShownStatus | undefined;
  /** Undefined where it hears nothing. */
  readonly sound: LiveSoundStatus | undefined;
  readonly packets: number;
  /** Pictures that it did not get. */
  readonly dropped: number;
}

/** Our end of an RTP session, as it is announced. */
export type RtpEnd = Pick<RtpTransport, 'port' | 'ssrc'>;

export interface LiveSessionOptions {
  readonly camera: Camera;
  readonly budget: CameraBudget;
  readonly request: PrepareStreamRequest;
  /** The session gave up by itself; HomeKit's slot is to be freed. */
  readonly onGivenUp: (because: string) => void;
}

/** One viewer: from the prepared port to the end. Camera reboots, format changes and encoder failures pass inside. */
export class LiveSession implements AsyncDisposable {
  readonly #camera: Camera;
  readonly #budget: CameraBudget;
  /** Among the views of the house. */
  readonly #place: Disposable;
  readonly #viewer: string;
  readonly #onGivenUp: (because: string) => void;
  readonly #transport: RtpTransport;
  readonly #audio: RtpTransport | undefined;
  readonly #audioKeys: SrtpKeys;
  readonly #watchTimer: NodeJS.Timeout;
  readonly #preparedMs = performance.now();
  #state: State = { kind: 'prepared', sinceMs: performance.now() };

  /** Opens the port that is announced to the viewer. @throws Problem where no more may watch. */
  static async prepare(options: LiveSessionOptions): Promise<LiveSession> {
    const { request, budget } = options;
    const place = budget.takePlace();
    let transport: RtpTransport | undefined;
    try {
      transport = await openTransport(request, request.video);
      return new LiveSession(options, transport, await openAudio(options), place);
    } catch (error) {
      place[Symbol.dispose]();
      await transport?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor({ camera, budget, request, onGivenUp }: LiveSessionOptions, transport: RtpTransport, audio: RtpTransport | undefined, place: Disposable) {
    this.#camera = camera;
    this.#budget = budget;
    this.#place = place;
    this.#viewer = request.targetAddress;
    this.#onGivenUp = onGivenUp;
    this.#transport = transport;
    this.#audio = audio;
    this.#audioKeys = keysOf(request.audio);
    transport.onFeedback = (feedback) => this.#hear(feedback);
    if (audio) {
      audio.onFeedback = () => this.#heard();
    }
    this.#watchTimer = setInterval(() => this.#watch(), watchEveryMs);
  }

  get video(): RtpEnd {
    return this.#transport;
  }

  /** HomeKit wants one named in any case; at that of the pictures sound is passed over. */
  get audio(): RtpEnd {
    return this.#audio ?? this.#transport;
  }

  status(): LiveViewStatus {
    const { shown, sound } = this.#view ?? {};
    return {
      viewer: this.#viewer,
      state: this.#state.kind,
      forSeconds: secondsSince(this.#preparedMs),
      shown: shown?.status(),
      sound: sound?.sound.status(),
      packets: this.#transport.statistics.packets,
      dropped: this.dropped,
    };
  }

  /** Pictures that the viewer did not get: it was too slow for them, or they could not be sent. */
  get dropped(): number {
    const { sender, shown } = this.#view ?? {};
    return this.#transport.statistics.failedSlabs + (sender?.skipped ?? 0) + (shown?.lost ?? 0);
  }

  /** Begins to send; where the camera is not there yet, its picture follows when it comes. Returns at once. */
  start({ video, audio }: Pick<StartStreamRequest, 'video' | 'audio'>): void {
    if (this.#state.kind !== 'prepared') {
      return;
    }
    const nowMs = performance.now();
    const sender = new VideoSender({ transport: this.#transport, payloadType: video.pt, mtu: video.mtu, startMs: nowMs });
    const shown = new MovingView({
      camera: this.#camera,
      budget: this.#budget,
      request: liveRequest(video, audio),
      viewer: this.#viewer,
      send: (unit, plannedMs) => sender.send(unit, plannedMs),
    });
    const reportTimer = reportEvery(video.rtcp_interval, sender);
    const view: View = { shown, sender, reportTimer, sound: undefined, talk: undefined, heardMs: nowMs };
    this.#state = { kind: 'streaming', view };
    shown.start();
    sender.report(nowMs);
    const request = soundRequest(audio, this.#camera.liveCodecs);
    if (request && this.#audio) {
      this.#startSound(view, this.#audio, request, audio);
    }
  }

  /** In both directions, where the camera has them. */
  #startSound(view: View, transport: RtpTransport, request: SoundRequest, { pt: payloadType, rtcp_interval }: StartStreamRequest['audio']): void {
    const { config, talkback } = this.#camera;
    if (config.audio) {
      const sound = new LiveSound({ camera: this.#camera, request, transport, payloadType, shown: () => view.shown.stream });
      view.sound = { sound, reportTimer: reportEvery(rtcp_interval, sound) };
    }
    if (talkback) {
      const talk = new LiveTalk({ talkback, talker: { name: this.#viewer, codec: request.codec, sampleRate: request.sampleRate }, keys: this.#audioKeys, payloadType });
      transport.onRtp = (packet) => talk.receive(packet);
      view.talk = talk;
    }
  }

  get #view(): View | undefined {
    return this.#state.kind === 'streaming' ? this.#state.view : undefined;
  }

  /** The viewer wants another size or bitrate; the session stays. */
  reconfigure(change: VideoChange): void {
    if (this.#state.kind !== 'streaming') {
      return;
    }
    const { view } = this.#state;
    clearInterval(view.reportTimer);
    view.reportTimer = reportEvery(change.rtcp_interval, view.sender);
    view.shown.reconfigure({ width: change.width, height: change.height, fps: change.fps, bitrateKbps: change.max_bit_rate });
  }

  /** Ends the view and gives everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const view = this.#view;
    this.#state = { kind: 'ended' };
    clearInterval(this.#watchTimer);
    clearInterval(view?.reportTimer);
    clearInterval(view?.sound?.reportTimer);
    view?.shown[Symbol.dispose]();
    view?.sound?.sound[Symbol.dispose]();
    view?.talk?.[Symbol.dispose]();
    this.#place[Symbol.dispose]();
    const { packets, failedSlabs } = this.#transport.statistics;
    const heard = this.#audio?.statistics.packets ?? 0;
    await Promise.all([this.#transport[Symbol.asyncDispose](), this.#audio?.[Symbol.asyncDispose]()]);
    if (view) {
      this.#camera.note(`live view for ${this.#viewer} ended after ${packets} packets and ${heard} of sound; of its pictures ${failedSlabs} could not be sent, ${view.sender.skipped + view.shown.lost} were left out`);
    }
  }

  #hear(feedback: ViewerFeedback): void {
    if (this.#state.kind !== 'streaming') {
      return;
    }
    const { view } = this.#state;
    this.#heard();
    const report = feedback.reports.find(({ ssrc }) => ssrc === this.#transport.ssrc);
    if (report) {
      view.shown.hear(report.lossFraction);
    }
    if (feedback.wantsKeyframe) {
      view.shown.repeatFromKeyframe();
    }
  }

  /** The viewer is there. */
  #heard(): void {
    if (this.#state.kind === 'streaming') {
      this.#state.view.heardMs = performance.now();
    }
  }

  #watch(): void {
    const nowMs = performance.now();
    if (this.#state.kind === 'streaming') {
      this.#state.view.shown.leaveFailing();
    }
    const because =
      this.#state.kind === 'prepared' && nowMs - this.#state.sinceMs > silenceMs
        ? 'it was prepared and never started'
        : this.#state.kind === 'streaming' && nowMs - this.#state.view.heardMs > silenceMs
          ? 'the viewer said nothing'
          : undefined;
    if (because !== undefined) {
      clearInterval(this.#watchTimer);
      this.#onGivenUp(`${because} for ${silenceMs / 1000} s`);
    }
  }
}

/** Undefined where no sound is offered, or none can be sent: the picture is shown all the same. */
async function openAudio({ camera, request }: LiveSessionOptions): Promise<RtpTransport | undefined> {
  if (!camera.config.audio && !camera.talkback) {
    return undefined;
  }
  try {
    return await openTransport(request, request.audio);
  } catch (error) {
    camera.note(`live view for ${request.targetAddress} is without sound: ${String(error)}`);
    return undefined;
  }
}

function openTransport({ addressVersion, targetAddress, sourceAddress }: PrepareStreamRequest, { port, ...keys }: PrepareStreamRequest['video']): Promise<RtpTransport> {
  return RtpTransport.open({
    family: addressVersion,
    keys: keysOf(keys),
    target: { address: withZone(targetAddress, sourceAddress), port },
  });
}

/** The same for both directions. */
function keysOf({ srtp_key, srtp_salt }: Pick<PrepareStreamRequest['video'], 'srtp_key' | 'srtp_salt'>): SrtpKeys {
  return { masterKey: srtp_key, masterSalt: srtp_salt };
}

function reportEvery(seconds: number, sender: { report(nowMs: number): void }): NodeJS.Timeout {
  const everyMs = seconds > 0 ? Math.min(Math.max(seconds * 1000, reportMs.least), reportMs.most) : reportMs.most;
  return setInterval(() => sender.report(performance.now()), everyMs);
}
