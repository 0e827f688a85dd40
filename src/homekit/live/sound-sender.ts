import { randomInt } from 'node:crypto';
import type { AudioPacket } from '../../media/audio-packet.js';
import { AudioPacketizer } from '../../media/rtp-audio.js';
import { SoundClock } from '../../policy/sound-clock.js';
import { SoundPace, staleSoundMs } from '../../policy/sound-pace.js';
import type { RtpTransport } from './rtp-transport.js';
import type { SoundPayload } from './sound-payload.js';

/** Timers are no finer than this; what is due so soon is sent now. */
const timerMs = 1;

export interface SoundSenderOptions {
  readonly transport: RtpTransport;
  readonly payloadType: number;
  readonly payload: SoundPayload;
  /** Of the RTP clock, in Hz. */
  readonly sampleRate: number;
  readonly frameMs: number;
  /** How many frames each packet holds. */
  readonly framesPerPacket: number;
  /** All packets are to be of one size. */
  readonly constantBitrate: boolean;
}

/** A frame with its place on the RTP clock. */
interface PlacedFrame {
  readonly place: number;
  readonly packet: AudioPacket;
}

/** Sends frames of sound to one viewer: in packets that are exactly as long as asked, on an RTP clock of their own, evenly in time. */
export class SoundSender implements Disposable {
  readonly #options: SoundSenderOptions;
  readonly #packetizer: AudioPacketizer;
  readonly #clock: SoundClock;
  readonly #pace = new SoundPace();
  readonly #rtpBase = randomInt(0, 0x7fffffff);
  /** Of the packet that is being filled. */
  #frames: PlacedFrame[] = [];
  /** Not yet due. */
  #waiting: { readonly payload: Uint8Array; readonly place: number; readonly dueMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Where the next packet begins if no sound is missing. */
  #nextPlace: number | undefined;

  constructor(options: SoundSenderOptions) {
    this.#options = options;
    this.#clock = new SoundClock(options.frameMs, options.sampleRate);
    this.#packetizer = new AudioPacketizer({ ssrc: options.transport.ssrc, payloadType: options.payloadType, firstSequence: randomInt(0, 0x8000) });
  }

  /** The next frame. */
  add(packet: AudioPacket): void {
    const place = this.#clock.place(packet.timeMs);
    if (place === undefined) {
      return;
    }
    const { framesPerPacket } = this.#options;
    const [first = { place }] = this.#frames;
    if (place >= first.place + framesPerPacket) {
      this.#finish();
    }
    this.#frames.push({ place, packet });
    if (place === (this.#frames[0]?.place ?? 0) + framesPerPacket - 1) {
      this.#finish();
    }
  }

  /** What is not sent yet never is. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.#frames = [];
  }

  /** Sends a sender report, which ties the sound to the pictures; nothing before the first packet. */
  report(nowMs: number): void {
    const ticks = this.#nextPlace === undefined ? undefined : this.#clock.ticksAt(nowMs);
    if (ticks !== undefined) {
      this.#options.transport.report(nowMs, this.#rtpBase + ticks);
    }
  }

  [Symbol.dispose](): void {
    this.drop();
  }

  /** Packs the frames together. */
  #finish(): void {
    const frames = this.#frames.splice(0);
    const [first] = frames;
    const nowMs = performance.now();
    if (!first || nowMs - first.packet.timeMs > staleSoundMs) {
      return;
    }
    const { payload, framesPerPacket, constantBitrate } = this.#options;
    const others = Array.from({ length: framesPerPacket - 1 }, (_, index) => frames.find(({ place }) => place === first.place + index + 1)?.packet.data);
    this.#waiting.push({ payload: payload.write([first.packet.data, ...others], constantBitrate), place: first.place, dueMs: this.#pace.dueMs(first.packet.timeMs, nowMs) });
    if (!this.#timer) {
      this.#sendDue();
    }
  }

  #sendDue(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (next.dueMs > nowMs + timerMs) {
        this.#timer = setTimeout(() => this.#sendDue(), next.dueMs - nowMs);
        return;
      }
      this.#waiting.shift();
      this.#send(next.payload, next.place, nowMs);
    }
  }

  #send(payload: Uint8Array, place: number, nowMs: number): void {
    const isFirst = this.#nextPlace === undefined;
    const marked = this.#options.payload.marksEach || place !== this.#nextPlace;
    this.#nextPlace = place + this.#options.framesPerPacket;
    this.#options.transport.send(this.#packetizer.packet(payload, (this.#rtpBase + this.#clock.ticksOf(place)) >>> 0, marked));
    if (isFirst) {
      this.report(nowMs); // Lips and sound belong together from the first packet on.
    }
  }
}
