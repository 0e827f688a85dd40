import type { PrepareStreamRequest, StartStreamRequest } from 'homebridge';
import type { ViewerFeedback } from '../../media/rtcp.js';
import type { Camera } from '../../pipeline/camera.js';
import type { CameraBudget } from '../../resources/house-budget.js';
import { secondsSince } from '../../seconds-since.js';
import { MovingView, type ShownStatus } from './moving-view.js';
import { RtpTransport } from './rtp-transport.js';
import { liveRequest, type VideoChange } from './video-request.js';
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
  reportTimer: NodeJS.Timeout;
  heardMs: number;
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
  readonly packets: number;
  /** Pictures that it did not get. */
  readonly dropped: number;
}

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
  readonly #watchTimer: NodeJS.Timeout;
  readonly #preparedMs = performance.now();
  #state: State = { kind: 'prepared', sinceMs: performance.now() };

  /** Opens the port that is announced to the viewer. @throws Problem where no more may watch. */
  static async prepare(options: LiveSessionOptions): Promise<LiveSession> {
    const { request, budget } = options;
    const place = budget.takePlace();
    try {
      const transport = await RtpTransport.open({
        family: request.addressVersion,
        keys: { masterKey: request.video.srtp_key, masterSalt: request.video.srtp_salt },
        target: { address: withZone(request.targetAddress, request.sourceAddress), port: request.video.port },
      });
      return new LiveSession(options, transport, place);
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
  }

  private constructor({ camera, budget, request, onGivenUp }: LiveSessionOptions, transport: RtpTransport, place: Disposable) {
    this.#camera = camera;
    this.#budget = budget;
    this.#place = place;
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

  status(): LiveViewStatus {
    const shown = this.#state.kind === 'streaming' ? this.#state.view.shown.status() : undefined;
    return { viewer: this.#viewer, state: this.#state.kind, forSeconds: secondsSince(this.#preparedMs), shown, packets: this.#transport.statistics.packets, dropped: this.dropped };
  }

  /** Pictures that the viewer did not get: it was too slow for them, or they could not be sent. */
  get dropped(): number {
    const { failedUnits, skippedUnits } = this.#transport.statistics;
    return failedUnits + skippedUnits + (this.#state.kind === 'streaming' ? this.#state.view.shown.lost : 0);
  }

  /** Begins to send; where the camera is not there yet, its picture follows when it comes. Returns at once. */
  start({ video, audio }: Pick<StartStreamRequest, 'video' | 'audio'>): void {
    if (this.#state.kind !== 'prepared') {
      return;
    }
    const nowMs = performance.now();
    this.#transport.start({ payloadType: video.pt, mtu: video.mtu, startMs: nowMs });
    const shown = new MovingView({
      camera: this.#camera,
      budget: this.#budget,
      request: liveRequest(video, audio),
      viewer: this.#viewer,
      send: (unit, plannedMs) => this.#transport.send(unit, plannedMs),
    });
    this.#state = { kind: 'streaming', view: { shown, reportTimer: this.#reportEvery(video.rtcp_interval), heardMs: nowMs } };
    shown.start();
    this.#transport.report(nowMs);
  }

  /** The viewer wants another size or bitrate; the session stays. */
  reconfigure(change: VideoChange): void {
    if (this.#state.kind !== 'streaming') {
      return;
    }
    const { view } = this.#state;
    clearInterval(view.reportTimer);
    view.reportTimer = this.#reportEvery(change.rtcp_interval);
    view.shown.reconfigure({ width: change.width, height: change.height, fps: change.fps, bitrateKbps: change.max_bit_rate });
  }

  /** Ends the view and gives everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { view } = this.#state.kind === 'streaming' ? this.#state : { view: undefined };
    this.#state = { kind: 'ended' };
    clearInterval(this.#watchTimer);
    clearInterval(view?.reportTimer);
    view?.shown[Symbol.dispose]();
    this.#place[Symbol.dispose]();
    const { packets, failedUnits, skippedUnits } = this.#transport.statistics;
    await this.#transport[Symbol.asyncDispose]();
    if (view) {
      this.#camera.note(`live view for ${this.#viewer} ended after ${packets} packets; of its pictures ${failedUnits} could not be sent, ${skippedUnits + view.shown.lost} were left out`);
    }
  }

  #reportEvery(seconds: number): NodeJS.Timeout {
    return setInterval(() => this.#transport.report(performance.now()), Math.min(Math.max(seconds * 1000, reportMs.least), reportMs.most));
  }

  #hear(feedback: ViewerFeedback): void {
    if (this.#state.kind !== 'streaming') {
      return;
    }
    const { view } = this.#state;
    view.heardMs = performance.now();
    const report = feedback.reports.find(({ ssrc }) => ssrc === this.#transport.ssrc);
    if (report) {
      view.shown.hear(report.lossFraction);
    }
    if (feedback.wantsKeyframe) {
      view.shown.repeatFromKeyframe();
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
