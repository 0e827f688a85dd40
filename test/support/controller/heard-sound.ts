import { decodeOpus, opusSampleRate } from '../sound/decode-opus.js';
import { opusMs } from '../sound/opus-packets.js';
import type { RtpCapture, RtpPacket } from './rtp-capture.js';
import { wallClock } from './wall-clock.js';

/** A packet of Opus as it arrived. */
export interface HeardPacket extends RtpPacket {
  /** How long its sound lasts. */
  readonly opusMs: number;
  /** How much longer it was on its way than the first one, by its RTP time; negative when shorter. */
  readonly delayMs: number;
}

/** How long a packet is, by its content and by its RTP time. */
export interface PacketTime {
  readonly opusMs: number;
  /** From the packet before in RTP time; undefined for the first and where the one before was lost. */
  readonly stepTicks: number | undefined;
}

/** What a listener hears, one channel: silence where no packet came in time. */
export interface HeardPcm {
  readonly sampleRate: number;
  readonly samples: Int16Array;
  /** The RTP time of the first sample. */
  readonly timestamp: number;
  /** Packets that came too late to be played. */
  readonly late: number;
}

/** How to listen. */
export interface ListenOptions {
  readonly ffmpegPath: string;
  /** How long after the first packet a player begins to play it, which is how much longer another one may take; 250 ms unless told. */
  readonly patienceMs?: number;
}

/** No test listens for longer: RTP times that are further apart are wrong. */
const longestSeconds = 600;

/** Live sound as a viewer hears it: Opus from one source over RTP. */
export class HeardSound {
  private readonly received: RtpPacket[] = [];

  /** `clockRate`: of the RTP times. In HomeKit that is the sample rate asked for, elsewhere 48 kHz (RFC 7587 4.1). */
  constructor(readonly capture: RtpCapture, readonly clockRate: number) {}

  /** All packets so far in order of sending, each once. Throws when they are of several sources, or one is no Opus. */
  packets(): HeardPacket[] {
    this.received.push(...this.capture.takePayloads());
    const [first] = this.received;
    if (!first) {
      return [];
    }
    if (this.received.some(({ ssrc }) => ssrc !== first.ssrc)) {
      throw new Error('The sound comes from several sources.');
    }
    const bySequence = new Map(this.received.toReversed().map((packet) => [packet.sequence, packet]));
    const transitMs = ({ arrivalMs, timestamp }: RtpPacket): number => arrivalMs - (((timestamp - first.timestamp) | 0) * 1000) / this.clockRate;
    return [...bySequence.values()]
      .sort((one, other) => one.sequence - other.sequence)
      .map((packet) => ({ ...packet, opusMs: opusMs(packet.payload), delayMs: transitMs(packet) - transitMs(first) }));
  }

  /** Of each packet so far, in order of sending. */
  packetTimes(): PacketTime[] {
    const packets = this.packets();
    return packets.map(({ opusMs, sequence, timestamp }, index) => {
      const before = packets[index - 1];
      return { opusMs, stepTicks: before?.sequence === sequence - 1 ? (timestamp - before.timestamp) | 0 : undefined };
    });
  }

  /** Waits until `count` packets have come since the beginning. Throws after `timeoutMs`. */
  async waitForPackets(count: number, timeoutMs = 10_000): Promise<HeardPacket[]> {
    const deadline = performance.now() + timeoutMs;
    while (this.capture.packets().length < count) {
      if (performance.now() > deadline) {
        throw new Error(`${this.capture.packets().length} instead of ${count} packets of sound within ${timeoutMs} ms.`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.packets();
  }

  /** Decodes what came so far, each packet laid down at its RTP time. */
  async decode({ ffmpegPath, patienceMs = 250 }: ListenOptions): Promise<HeardPcm> {
    const packets = this.packets();
    const played = packets.filter(({ delayMs }) => delayMs <= patienceMs);
    const timestamp = played[0]?.timestamp ?? 0;
    const startOf = (packet: HeardPacket): number => Math.round((((packet.timestamp - timestamp) | 0) * opusSampleRate) / this.clockRate);
    const end = played.reduce((latest, packet) => Math.max(latest, startOf(packet) + lengthOf(packet)), 0);
    const first = played.reduce((earliest, packet) => Math.min(earliest, startOf(packet)), 0);
    if (end - first > longestSeconds * opusSampleRate || first < 0) {
      throw new Error(`RTP times that go from ${first / opusSampleRate} s to ${end / opusSampleRate} s, counted from the first packet.`);
    }
    const decoded = await decodeOpus(played, ffmpegPath);
    const samples = new Int16Array(end);
    let taken = 0;
    for (const packet of played) {
      samples.set(decoded.subarray(taken, taken + lengthOf(packet)), startOf(packet));
      taken += lengthOf(packet);
    }
    return { sampleRate: opusSampleRate, samples, timestamp, late: packets.length - played.length };
  }

  /** What the sender's clock showed at an RTP time, in milliseconds since 1970. Throws before the first sender report. */
  wallMs(timestamp: number): number {
    const ssrc = this.received[0]?.ssrc ?? 0;
    return wallClock(this.capture.senderReports(), ssrc, this.clockRate)(timestamp);
  }
}

function lengthOf({ opusMs }: HeardPacket): number {
  return (opusMs * opusSampleRate) / 1000;
}
