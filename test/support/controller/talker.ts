import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift-rtp';
import { senderReport } from '../camera/rtcp-report.js';
import { encodeEld } from '../sound/encode-eld.js';
import { encodeOpus, type SpokenPacket, type SpokenTone } from '../sound/encode-opus.js';
import { weriftConfig, type SrtpKeys } from './rtp-capture.js';
import { audioPayloadType, type AudioCodecName } from './stream-requests.js';

/** Where a viewer's sound goes, and as whom. */
export interface TalkTarget {
  /** The one that hears too. */
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  /** The keys of this direction. */
  readonly keys: SrtpKeys;
  /** The viewer's own SSRC, as START names it. */
  readonly ssrc: number;
  /** Opus unless told. */
  readonly codec?: AudioCodecName;
  readonly sampleRateKhz: number;
  readonly packetTimeMs: number;
}

/** What is said, and what the network does to it; every nth packet, counted from 1. */
export interface TalkOptions extends SpokenTone {
  readonly ffmpegPath: string;
  /** Never arrives. */
  readonly loseEvery?: number;
  /** Arrives after the one that follows it. */
  readonly delayEvery?: number;
  /** Arrives twice. */
  readonly repeatEvery?: number;
}

const reportEveryMs = 5000;
const encoders = { opus: encodeOpus, 'aac-eld': encodeEld } as const;

/** Says something into a live view in real time, as a device does while its microphone button is on: Opus or AAC-ELD over SRTP, with sender reports. */
export class Talker implements Disposable {
  /** When packets with the first tone after silence or a pause were sent, on `performance.now()`'s clock. */
  readonly onsetsMs: number[] = [];
  /** Packets that were sent, repetitions not counted. */
  sent = 0;
  private readonly srtp: SrtpSession;
  private readonly srtcp: SrtcpSession;
  private readonly firstSequence = randomInt(2 ** 16);
  private readonly firstTimestamp = randomInt(2 ** 32);
  /** Packets made so far, lost ones too. */
  private made = 0;
  private octets = 0;
  /** RTP time that passed in pauses. */
  private pausedTicks = 0;
  private delayed: Buffer | undefined;
  private running: { readonly timer: NodeJS.Timeout; readonly sinceMs: number; readonly from: number } | undefined;
  private pausedMs: number | undefined;
  private reportedMs = -Infinity;

  private constructor(private readonly target: TalkTarget, private readonly options: TalkOptions, private readonly packets: readonly SpokenPacket[]) {
    this.srtp = new SrtpSession(weriftConfig(target.keys));
    this.srtcp = new SrtcpSession(weriftConfig(target.keys));
    target.socket.once('close', () => this.pause());
  }

  /** Has everything encoded ahead, so that `start()` sends at once. */
  static async prepare(target: TalkTarget, options: TalkOptions): Promise<Talker> {
    return new Talker(target, options, await encoders[target.codec ?? 'opus'](options, { ...target, ffmpegPath: options.ffmpegPath }));
  }

  /** When the first packet with the tone was sent. Throws before that. */
  get startedMs(): number {
    const [first] = this.onsetsMs;
    if (first === undefined) {
      throw new Error('The tone has not begun.');
    }
    return first;
  }

  /** Sends the first packet at once and the others in real time; after `pause()` goes on, in step with the clock. Ends by itself when all is said. */
  start(): void {
    if (this.running) {
      return;
    }
    const nowMs = performance.now();
    this.pausedTicks += Math.round((nowMs - (this.pausedMs ?? nowMs)) * this.target.sampleRateKhz);
    this.pausedMs = undefined;
    this.run(nowMs, this.made);
  }

  /** The microphone button is off: nothing is sent. Numbers go on afterwards, times have gone on. */
  pause(): void {
    if (this.running) {
      clearTimeout(this.running.timer);
      // The next packet would have been due then.
      this.pausedMs = this.running.sinceMs + (this.made - this.running.from) * this.target.packetTimeMs;
      this.running = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.pause();
  }

  /** Sends what is due, and comes back for the next packet. */
  private run(sinceMs: number, from: number): void {
    const { packetTimeMs } = this.target;
    const dueMs = (): number => sinceMs + (this.made - from) * packetTimeMs;
    for (let packet = this.packets[this.made]; packet && dueMs() <= performance.now(); packet = this.packets[this.made]) {
      this.say(packet, this.made === from);
    }
    const timer = setTimeout(() => this.run(sinceMs, from), Math.max(0, Math.ceil(dueMs() - performance.now())));
    timer.unref();
    this.running = { timer, sinceMs, from };
    if (this.made >= this.packets.length) {
      this.pause();
    }
  }

  private say({ payload, tone }: SpokenPacket, afterPause: boolean): void {
    if (tone && (afterPause || this.packets[this.made - 1]?.tone === false)) {
      this.onsetsMs.push(performance.now());
    }
    const { ssrc } = this.target;
    const timestamp = this.timestamp();
    const header = new RtpHeader({ payloadType: audioPayloadType, marker: afterPause, sequenceNumber: (this.firstSequence + this.made) & 0xffff, timestamp, ssrc });
    const data = this.srtp.encrypt(payload, header);
    this.made += 1;
    this.octets += payload.length;
    this.report(timestamp);
    this.carry(data);
  }

  /** Advances by the sample rate asked for, not by 48 kHz: HomeKit's way. */
  private timestamp(): number {
    const { sampleRateKhz, packetTimeMs } = this.target;
    return (this.firstTimestamp + this.pausedTicks + this.made * sampleRateKhz * packetTimeMs) % 2 ** 32;
  }

  /** The network, with its faults. */
  private carry(data: Buffer): void {
    const { loseEvery, delayEvery, repeatEvery } = this.options;
    const isNth = (every: number | undefined): boolean => every !== undefined && this.made % every === 0;
    if (!isNth(loseEvery)) {
      const before = this.delayed;
      this.delayed = isNth(delayEvery) && !before ? data : undefined;
      const arriving = [...(this.delayed ? [] : [data, ...(isNth(repeatEvery) ? [data] : [])]), ...(before ? [before] : [])];
      arriving.forEach((each) => this.send(each));
      this.sent += 1;
    }
  }

  private report(timestamp: number): void {
    const nowMs = performance.now();
    if (nowMs - this.reportedMs >= reportEveryMs) {
      this.reportedMs = nowMs;
      const report = senderReport({ ssrc: this.target.ssrc, wallMs: performance.timeOrigin + nowMs, timestamp, packets: this.made, bytes: this.octets });
      this.send(this.srtcp.encrypt(report));
    }
  }

  private send(data: Buffer): void {
    this.target.socket.send(data, this.target.port, this.target.address);
  }
}
