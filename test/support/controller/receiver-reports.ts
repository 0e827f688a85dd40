import { performance } from 'node:perf_hooks';
import { SrtcpSession } from 'werift-rtp';
import { fullIntraRequest, pictureLossIndication, receiverReport, type ReportBlock } from './rtcp.js';
import { weriftConfig, type RtpCapture, type SrtpKeys } from './rtp-capture.js';

/** Where reports go, and as whom. */
export interface ReportTarget {
  readonly address: string;
  readonly port: number;
  /** The keys of this direction. */
  readonly keys: SrtpKeys;
  /** The viewer's own SSRC. */
  readonly ssrc: number;
  /** The sender's SSRC as announced, for requests before its first packet. */
  readonly mediaSsrc: number;
}

/** Sends SRTCP receiver reports and requests for pictures from the socket that receives, as iOS does. */
export class ReceiverReports {
  /** Reported instead of what is really lost, 0 to 1; `undefined` tells the truth. */
  fakeLossFraction: number | undefined;
  /** How many reports were sent. */
  sent = 0;
  private readonly srtcp: SrtcpSession;
  private timer: NodeJS.Timeout | undefined;
  private before = { expected: 0, received: 0, ssrc: 0 };
  private fakeLost = 0;
  private firCommand = 0;

  constructor(private readonly capture: RtpCapture, private readonly target: ReportTarget) {
    this.srtcp = new SrtcpSession(weriftConfig(target.keys));
  }

  /** Reports every `everyMs` from now on; 0 sends none. */
  start(everyMs: number): void {
    this.stop();
    if (everyMs > 0) {
      this.timer = setInterval(() => this.sendReport(), everyMs);
      this.timer.unref();
    }
  }

  /** Falls silent, as a viewer that is gone; what comes is still received. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  sendReport(): void {
    this.send(receiverReport(this.target.ssrc, this.block()));
    this.sent += 1;
  }

  /** Picture loss indication: "send a keyframe, I lost something". */
  sendPli(): void {
    this.send(receiverReport(this.target.ssrc, this.block()), pictureLossIndication(this.target.ssrc, this.mediaSsrc()));
  }

  /** Full intra request: "send a keyframe, I need to start". */
  sendFir(): void {
    this.firCommand += 1;
    this.send(receiverReport(this.target.ssrc, this.block()), fullIntraRequest(this.target.ssrc, this.mediaSsrc(), this.firCommand));
  }

  private mediaSsrc(): number {
    return this.capture.currentSource()?.ssrc ?? this.target.mediaSsrc;
  }

  private block(): ReportBlock | undefined {
    const source = this.capture.currentSource();
    if (!source) {
      return undefined;
    }
    const { ssrc, tracker, jitter } = source;
    const since = this.before.ssrc === ssrc ? this.before : { expected: 0, received: 0 };
    const expected = tracker.expected - since.expected;
    const lost = Math.max(0, expected - (tracker.received - since.received));
    this.before = { expected: tracker.expected, received: tracker.received, ssrc };
    this.fakeLost += Math.round(expected * (this.fakeLossFraction ?? 0));
    const report = this.capture.senderReports().findLast((one) => one.ssrc === ssrc);
    return {
      ssrc,
      fractionLost: this.fakeLossFraction ?? (expected > 0 ? lost / expected : 0),
      cumulativeLost: tracker.lost + this.fakeLost,
      highestSequence: tracker.highest,
      jitter,
      lastSenderReport: report?.ntpMiddle ?? 0,
      delaySinceLastMs: report ? performance.now() - report.arrivalMs : 0,
    };
  }

  private send(...packets: Buffer[]): void {
    const encrypted = this.srtcp.encrypt(Buffer.concat(packets));
    this.capture.socket.send(encrypted, this.target.port, this.target.address);
  }
}
