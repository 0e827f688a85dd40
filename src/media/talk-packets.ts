import { aacPayload } from './rtp-aac.js';
import { rtpHeaderBytes } from './rtp-slab-writer.js';

/** How a talk is cut and numbered. */
export interface TalkPacketFormat {
  readonly codec: 'pcm_mulaw' | 'pcm_alaw' | 'aac';
  readonly payloadType: number;
  /** In Hz: that of the samples, and of the RTP times. */
  readonly clockRate: number;
  /** Samples in each packet: bytes of G.711, one frame of AAC. */
  readonly packetSamples: number;
  readonly markEach: boolean;
}

/** RFC 3550 5.1 wants the numbers random. */
export interface TalkNumbers {
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstRtpTime: number;
}

/** Sound that comes so much later than the sound before it ended begins anew, in milliseconds. */
const pauseMs = 500;
/** What silence is in G.711 (ITU-T G.711, table 1 and 2: the smallest value, inverted as it is sent). */
const silence = { pcm_mulaw: 0xff, pcm_alaw: 0xd5 } as const;

/** Cuts sound that is spoken just now into RTP packets. After a pause the RTP time is as much later as the pause was long. */
export class TalkPacketizer {
  readonly #format: TalkPacketFormat;
  readonly #numbers: TalkNumbers;
  #sequence: number;
  /** Of the next packet, in samples. */
  #rtpTime: number;
  /** G.711 that fills no packet yet. */
  #rest = new Uint8Array();
  /** When what was given until now has been spoken; undefined before the first. */
  #spokenUntilMs: number | undefined;
  #marksNext = true;

  constructor(format: TalkPacketFormat, numbers: TalkNumbers) {
    this.#format = format;
    this.#numbers = numbers;
    this.#sequence = numbers.firstSequence & 0xffff;
    this.#rtpTime = numbers.firstRtpTime;
  }

  /**
   * Packets that this completes, without a transport's frame around them.
   * @param sound G.711: any number of bytes. AAC: one raw frame. @param nowMs When it was spoken, on a monotonic clock.
   */
  packetize(sound: Uint8Array, nowMs: number): Buffer[] {
    this.#followClock(nowMs);
    const { codec, packetSamples, clockRate } = this.#format;
    this.#spokenUntilMs = Math.max(this.#spokenUntilMs ?? nowMs, nowMs) + ((codec === 'aac' ? packetSamples : sound.length) * 1000) / clockRate;
    return codec === 'aac' ? [this.#packet(aacPayload(sound))] : this.#whole(sound);
  }

  /** What is left at the end of a talk, filled up with silence. */
  flush(): Buffer[] {
    const { codec, packetSamples } = this.#format;
    return codec === 'aac' || this.#rest.length === 0 ? [] : this.#whole(new Uint8Array(packetSamples - this.#rest.length).fill(silence[codec]));
  }

  /** Sound that was cut but not sent: its time passes, its numbers do not. */
  drop(packets: readonly Buffer[]): void {
    this.#sequence = (this.#sequence - packets.length) & 0xffff;
    this.#marksNext = true;
  }

  #followClock(nowMs: number): void {
    const lateMs = this.#spokenUntilMs === undefined ? 0 : nowMs - this.#spokenUntilMs;
    if (lateMs > pauseMs) {
      // What was left over is as old as the pause.
      this.#rtpTime += this.#rest.length + Math.round((lateMs * this.#format.clockRate) / 1000);
      this.#rest = new Uint8Array();
      this.#marksNext = true;
    }
  }

  #whole(sound: Uint8Array): Buffer[] {
    const { packetSamples } = this.#format;
    const all = Buffer.concat([this.#rest, sound]);
    const end = all.length - (all.length % packetSamples);
    this.#rest = Uint8Array.from(all.subarray(end));
    return Array.from({ length: end / packetSamples }, (_, index) => this.#packet(all.subarray(index * packetSamples, (index + 1) * packetSamples)));
  }

  #packet(payload: Uint8Array): Buffer {
    const { payloadType, packetSamples, markEach } = this.#format;
    const packet = Buffer.allocUnsafe(rtpHeaderBytes + payload.length);
    packet[0] = 0x80;
    packet[1] = (markEach || this.#marksNext ? 0x80 : 0) | payloadType;
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#rtpTime % 2 ** 32, 4);
    packet.writeUInt32BE(this.#numbers.ssrc, 8);
    packet.set(payload, rtpHeaderBytes);
    this.#marksNext = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#rtpTime += packetSamples;
    return packet;
  }
}
