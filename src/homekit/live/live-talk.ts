import { FormatError } from '../../media/format-error.js';
import { readRtpPacket, type RtpPacket } from '../../media/rtp-packet.js';
import { ReorderBuffer } from '../../media/rtp-reorder.js';
import { SrtpReceiver } from '../../media/srtp-receiver.js';
import type { SrtpKeys } from '../../media/srtp.js';
import type { Talkback, Talker } from '../../pipeline/talkback/talkback.js';
import { spokenFrames } from './spoken-frames.js';

export interface LiveTalkOptions {
  readonly talkback: Talkback;
  readonly talker: Talker;
  readonly keys: SrtpKeys;
  readonly payloadType: number;
}

/** What one viewer says: its packets decrypted, put in order, and passed on. Silence alone begins no talk, nor does it keep one going. */
export class LiveTalk implements Disposable {
  readonly #options: LiveTalkOptions;
  readonly #srtp: SrtpReceiver;
  readonly #reorder = new ReorderBuffer<RtpPacket>();
  #timer: NodeJS.Timeout | undefined;
  /** Of the newest packet. */
  #newest: { readonly ssrc: number; readonly timestamp: number; readonly ticks: number } | undefined;

  constructor(options: LiveTalkOptions) {
    this.#options = options;
    this.#srtp = new SrtpReceiver(options.keys);
  }

  /** A packet as it came off the network. What is not from the viewer is passed over. */
  receive(packet: Buffer): void {
    const plain = this.#read(packet);
    if (plain?.payloadType === this.#options.payloadType) {
      this.#pass(this.#reorder.push(plain, performance.now()));
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#options.talkback.leave(this.#options.talker);
  }

  #read(packet: Buffer): RtpPacket | undefined {
    try {
      const plain = this.#srtp.unprotect(packet);
      return plain && readRtpPacket(plain);
    } catch (error) {
      if (error instanceof FormatError) {
        return undefined;
      }
      throw error;
    }
  }

  #pass(packets: readonly RtpPacket[]): void {
    for (const packet of packets) {
      const ticks = this.#count(packet);
      const { talkback, talker } = this.#options;
      for (const { data, afterTicks } of spokenFrames[talker.codec](packet.payload)) {
        talkback.say(talker, { payload: data, ticks: ticks + afterTicks });
      }
    }
    clearTimeout(this.#timer);
    const { nextDueMs } = this.#reorder;
    if (nextDueMs !== undefined) {
      this.#timer = setTimeout(() => this.#pass(this.#reorder.due(performance.now())), Math.max(0, nextDueMs - performance.now()));
    }
  }

  /** The packet's time beyond 32 bits; a viewer that begins anew goes on from where it was. */
  #count({ ssrc, timestamp }: RtpPacket): number {
    const newest = this.#newest;
    const step = newest?.ssrc === ssrc ? Math.max(0, (timestamp - newest.timestamp) | 0) : 0;
    const ticks = (newest?.ticks ?? 0) + step;
    this.#newest = { ssrc, timestamp, ticks };
    return ticks;
  }
}
