import type { PrepareStreamRequest, StartStreamRequest } from 'homebridge';
import type { AccessUnit, VideoFormat } from '../../media/access-unit.js';
import type { ViewerFeedback } from '../../media/rtcp.js';
import type { Camera } from '../../pipeline/camera.js';
import type { CameraStream } from '../../pipeline/camera-stream.js';
import type { Lease } from '../../pipeline/lease.js';
import type { PacketStream } from '../../pipeline/packet-stream.js';
import { Transcoder } from '../../pipeline/transcoder.js';
import { chooseMode, chooseStream } from '../../policy/live-choice.js';
import { RtpTransport } from './rtp-transport.js';
import { withZone } from './viewer-address.js';
import { levelName, profileName } from './video-request.js';
import { ViewFeed } from './view-feed.js';

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
  readonly request: StartStreamRequest['video'];
  readonly reportTimer: NodeJS.Timeout;
  /** Where its pictures come from; may change while none has come yet. */
  stream: CameraStream;
  lease: Lease;
  heardMs: number;
}

export interface LiveSessionOptions {
  readonly camera: Camera;
  readonly request: PrepareStreamRequest;
  /** The session gave up by itself; HomeKit's slot is to be freed. */
  readonly onGivenUp: (because: string) => void;
}

/** One viewer: from the prepared port to the end. Camera reboots, format changes and encoder failures pass inside. */
export class LiveSession implements AsyncDisposable {
  readonly #camera: Camera;
  readonly #viewer: string;
  readonly #onGivenUp: (because: string) => void;
  readonly #transport: RtpTransport;
  readonly #watchTimer: NodeJS.Timeout;
  #state: State = { kind: 'prepared', sinceMs: performance.now() };
  #feed: ViewFeed | undefined;
  #transcoder: Transcoder | undefined;
  /** The camera's format that was last found fit to be copied, and whether its pictures were seen out of order by then. */
  #copied: { readonly format: VideoFormat; readonly reordered: boolean } | undefined;
  #lastTimeMs = -Infinity;

  /** Opens the port that is announced to the viewer. */
  static async prepare(options: LiveSessionOptions): Promise<LiveSession> {
    const { request } = options;
    const transport = await RtpTransport.open({
      family: request.addressVersion,
      keys: { masterKey: request.video.srtp_key, masterSalt: request.video.srtp_salt },
      target: { address: withZone(request.targetAddress, request.sourceAddress), port: request.video.port },
    });
    return new LiveSession(options, transport);
  }

  private constructor({ camera, request, onGivenUp }: LiveSessionOptions, transport: RtpTransport) {
    this.#camera = camera;
    this.#viewer = request.targetAddress;
    this.#onGivenUp = onGivenUp;
    this.#transport = transport;
    transport.onFeedback = (feedback) => this.#hear(feedback);
    this.#watchTimer = setInterval(() => this.#watch(), watchEveryMs);
  }

  get port(): number {
    return this.#transport.port;
  }

  get ssrc(): number {
    return this.#transport.ssrc;
  }

  /** Begins to send; where the camera is not there yet, its picture follows when it comes. Returns at once. */
  start(request: StartStreamRequest['video']): void {
    if (this.#state.kind !== 'prepared') {
      return;
    }
    const nowMs = performance.now();
    const { stream, because } = this.#chooseStream(request);
    const reportEveryMs = Math.min(Math.max(request.rtcp_interval * 1000, reportMs.least), reportMs.most);
    this.#transport.start({ payloadType: request.pt, mtu: request.mtu, startMs: nowMs });
    const view: View = {
      request,
      stream,
      lease: stream.lease({ holder: 'live view', waitedFor: true }),
      reportTimer: setInterval(() => this.#transport.report(performance.now()), reportEveryMs),
      heardMs: nowMs,
    };
    this.#state = { kind: 'streaming', view };
    this.#camera.note(`live view for ${this.#viewer} (${request.width}x${request.height}, ${request.fps} fps, ${request.max_bit_rate} kbit/s): ${because}`);
    this.#followCamera(view);
    this.#transport.report(nowMs);
  }

  /** Ends the view and gives everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { view } = this.#state.kind === 'streaming' ? this.#state : { view: undefined };
    this.#state = { kind: 'ended' };
    clearInterval(this.#watchTimer);
    clearInterval(view?.reportTimer);
    this.#feed?.[Symbol.dispose]();
    view?.lease[Symbol.dispose]();
    const { packets, failedUnits, skippedUnits } = this.#transport.statistics;
    await Promise.all([this.#transport[Symbol.asyncDispose](), this.#transcoder?.[Symbol.asyncDispose]()]);
    if (view) {
      this.#camera.note(`live view for ${this.#viewer} ended after ${packets} packets; of its pictures ${failedUnits} could not be sent, ${skippedUnits + (this.#feed?.lost ?? 0)} were left out`);
    }
  }

  #chooseStream(request: StartStreamRequest['video']): { stream: CameraStream; because: string } {
    const { stream, because } = chooseStream(
      request,
      this.#camera.streams.map((each) => each.facts()),
    );
    return { stream: this.#camera.stream(stream.name), because };
  }

  /** From now on the view shows this stream, as far as `admit` lets it; RTP time goes on. */
  #follow(packets: PacketStream, admit: (unit: AccessUnit) => boolean): void {
    const { schedule } = this.#feed ?? {};
    this.#feed?.[Symbol.dispose]();
    this.#feed = new ViewFeed({ packets, admit, send: (unit, plannedMs) => this.#transport.send(unit, plannedMs) }, performance.now(), schedule);
    this.#feed.start();
  }

  /** Feeds the view from the camera's own stream. */
  #followCamera(view: View): void {
    this.#follow(view.stream.packets, (unit) => this.#admit(unit, view));
  }

  /** A view that waits in vain for one stream gets the other, where that one is not known to fail too. */
  #moveFromFailing(view: View): void {
    if (!view.stream.failing || this.#lastTimeMs > -Infinity) {
      return;
    }
    const { stream, because } = this.#chooseStream(view.request);
    if (stream !== view.stream) {
      const before = view.lease;
      view.stream = stream;
      view.lease = stream.lease({ holder: 'live view', waitedFor: true });
      before[Symbol.dispose]();
      this.#camera.note(`live view for ${this.#viewer} moves: ${because}`);
      this.#followCamera(view);
    }
  }

  /** Looks at each picture of the camera's own stream before it is copied; one that must not be copied starts the transcoder. */
  #admit(unit: AccessUnit, view: View): boolean {
    const reordered = !unit.keyframe && unit.timeMs < this.#lastTimeMs;
    this.#lastTimeMs = unit.timeMs;
    if (unit.format === this.#copied?.format && (!reordered || this.#copied.reordered)) {
      return true;
    }
    const facts = view.stream.facts();
    const { mode, because } = chooseMode({ ...facts, codec: unit.format.codec, bFrames: reordered || facts.bFrames }, this.#camera.config.liveVideo);
    this.#camera.note(`${view.stream.name} stream, ${mode === 'copy' ? 'copied' : 'transcoded'}: ${because}`);
    if (mode === 'copy') {
      this.#copied = { format: unit.format, reordered };
      return true;
    }
    this.#transcode(view);
    return false;
  }

  /** From now on the view is fed by an encoder of its own. */
  #transcode(view: View): void {
    const { request } = view;
    this.#transcoder = new Transcoder({
      ffmpeg: () => this.#camera.ffmpeg(),
      source: view.stream.packets,
      request: { width: request.width, height: request.height, maxFps: request.fps, bitrateKbps: request.max_bit_rate, profile: profileName(request.profile), level: levelName(request.level) },
      onProblem: (problem) => this.#camera.problems.tell(problem),
      onLine: this.#camera.onLine,
    });
    this.#follow(this.#transcoder.packets, () => true);
  }

  #hear(feedback: ViewerFeedback): void {
    if (this.#state.kind !== 'streaming') {
      return;
    }
    this.#state.view.heardMs = performance.now();
    if (feedback.wantsKeyframe) {
      this.#feed?.repeatFromKeyframe(performance.now());
    }
  }

  #watch(): void {
    const nowMs = performance.now();
    if (this.#state.kind === 'streaming') {
      this.#moveFromFailing(this.#state.view);
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
