import { randomInt } from 'node:crypto';
import type { AccessUnit } from '../../media/access-unit.js';
import { H264Packetizer } from '../../media/rtp-h264.js';
import type { RtpTransport } from './rtp-transport.js';

/** The RTP clock of video (RFC 6184 8.1). */
const ticksPerMs = 90;
/** Larger packets gain nothing and get lost in tunnels. */
const carefulPacketBytes = 1200;
const smallestPacketBytes = 200;
/** Beyond this, what waits in this process for the network is so late that pictures are left out up to the next keyframe. */
const mostQueuedBytes = 4 * 1024 * 1024;

export interface VideoSenderOptions {
  readonly transport: RtpTransport;
  readonly payloadType: number;
  /** As the viewer asks; at most 1200 is used. */
  readonly mtu: number;
  /** The moment that RTP time starts to run from, process clock. */
  readonly startMs: number;
}

/** Sends pictures to one viewer. */
export class VideoSender {
  readonly #transport: RtpTransport;
  readonly #packetizer: H264Packetizer;
  readonly #rtpBase = randomInt(0, 0x7fffffff);
  readonly #startMs: number;
  #skipped = 0;
  #skipping = false;

  constructor({ transport, payloadType, mtu, startMs }: VideoSenderOptions) {
    this.#transport = transport;
    this.#startMs = startMs;
    this.#packetizer = new H264Packetizer({
      ssrc: transport.ssrc,
      payloadType,
      maxPacketBytes: Math.max(smallestPacketBytes, Math.min(mtu, carefulPacketBytes)),
      firstSequence: randomInt(0, 0x8000),
    });
  }

  /** Pictures left out because the network was too slow. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Sends one picture; `plannedMs` becomes its RTP time. */
  send(unit: AccessUnit, plannedMs: number): void {
    this.#skipping = this.#transport.queuedBytes > mostQueuedBytes || (this.#skipping && !unit.keyframe);
    if (this.#skipping) {
      this.#skipped += 1;
      return;
    }
    this.#transport.send(this.#packetizer.packetize(unit, this.#rtpTime(plannedMs)));
  }

  /** Sends a sender report; its two clocks are those of the pictures. */
  report(nowMs: number): void {
    this.#transport.report(nowMs, this.#rtpTime(nowMs));
  }

  #rtpTime(ms: number): number {
    return (this.#rtpBase + Math.round((ms - this.#startMs) * ticksPerMs)) >>> 0;
  }
}
