import { randomInt } from 'node:crypto';
import { isWalkerIn } from './drawn-scene.js';
import type { Footage, FootageAudio } from './footage.js';
import { senderReport } from './rtcp-report.js';
import type { BurstFaults, BurstTemplate } from './rtp-burst.js';
import { Burst, burstTemplate } from './rtp-burst.js';
import { aacPayload, videoPayloads } from './rtp-payloads.js';
import { videoPayloadType } from './sdp.js';
import { timeDefects, type SenderDefects } from './sender-defects.js';
import { soundFormats } from './sound-formats.js';

/** One access unit or audio frame of the loop, ready to be sent. Times are in ticks of the track's clock rate. */
interface TrackUnit {
  readonly template: BurstTemplate;
  readonly dueTicks: number;
  readonly timestampTicks: number;
  readonly keyframe: boolean;
  readonly counter: number;
  /** Whether somebody is in the picture; sound has nobody. */
  readonly walker: boolean;
}

/** A loop of packets; the same for all cameras that show the same footage. */
export interface TrackLoop {
  readonly units: readonly TrackUnit[];
  readonly ticks: number;
  readonly clockRate: number;
}

/** Packetises the picture. A unit is due when it would leave an encoder: with B-frames later than it was filmed. */
export function videoLoop(footage: Footage, inBandParameterSets: boolean, { times, startCodesInside = false }: SenderDefects = {}): TrackLoop {
  const { settings, units, parameterSets, duration90k } = footage;
  const delay = -Math.min(...units.map((unit) => unit.dts90k));
  const ownSets = inBandParameterSets && !startCodesInside;
  return {
    ticks: duration90k,
    clockRate: 90_000,
    units: units.map((unit) => {
      const right = { dueTicks: unit.dts90k + delay, timestampTicks: unit.pts90k };
      return {
        template: burstTemplate(videoPayloads(settings.codec, unit.nalUnits, unit.keyframe && ownSets ? parameterSets : []), videoPayloadType),
        ...(times ? timeDefects[times](right, duration90k) : right),
        keyframe: unit.keyframe,
        counter: unit.counter,
        walker: isWalkerIn(settings.scene, unit.counter, settings.fps * settings.keyframeSeconds),
      };
    }),
  };
}

/** Packetises the sound, one frame per packet; a frame is due when its last sample was recorded. */
export function audioLoop({ codec, frames }: FootageAudio): TrackLoop {
  const { sampleRate, samplesPerFrame, frameBytes, payloadType } = soundFormats[codec];
  return {
    ticks: frames.length * samplesPerFrame,
    clockRate: sampleRate,
    units: frames.map((frame, index) => ({
      template: burstTemplate([frameBytes === 'adts' ? aacPayload(frame) : frame], payloadType),
      dueTicks: (index + 1) * samplesPerFrame,
      timestampTicks: index * samplesPerFrame,
      keyframe: true,
      counter: index,
      walker: false,
    })),
  };
}

/** A unit that was due, with the numbers it was sent under, so that it can be sent again to a client that joins. */
export interface SentUnit {
  readonly unit: TrackUnit;
  readonly sequence: number;
  readonly timestamp: number;
  /** When it was filmed. */
  readonly filmedMs: number;
}

/** How fast a track's RTP times run: 0 stands still, 1 is right. */
export interface TrackPace {
  readonly packets: number;
  /** The RTP times that its sender reports tell. */
  readonly reports: number;
}

const rightPace: TrackPace = { packets: 1, reports: 1 };

/** One track as it runs: goes round the loop with continuous sequence numbers and timestamps. Times are milliseconds of the camera's clock. */
export class FeedTrack {
  private ssrc = 0;
  private timestampBase = 0;
  private next = 0;
  private packets = 0;
  private bytes = 0;
  private sequence = 0;
  /** What comes instead of the loop, one at each keyframe from the next on. */
  private changes: TrackLoop[] = [];

  constructor(
    private loop: TrackLoop,
    private readonly pace = rightPace,
  ) {
    this.reboot();
  }

  /** Goes on with the first of these loops from the next keyframe on, with the second from the keyframe after it, and so on; all of them are like the present one. */
  changeTo(loops: readonly TrackLoop[]): void {
    this.changes = [...loops];
  }

  /** Goes on with this loop, which is like the present one. */
  use(loop: TrackLoop): void {
    this.loop = loop;
  }

  /** New random numbers, as after a camera's reboot. */
  reboot(): void {
    this.ssrc = randomInt(2 ** 32);
    this.timestampBase = randomInt(2 ** 32);
    this.sequence = randomInt(2 ** 16);
    this.packets = 0;
    this.bytes = 0;
  }

  /** Goes on with the first unit that is due at or after this time; what lies between is never sent. */
  skipTo(nowMs: number): void {
    const loops = Math.max(0, Math.floor((nowMs * this.loop.clockRate) / 1000 / this.loop.ticks) - 1);
    this.next = loops * this.loop.units.length;
    while (this.dueMs < nowMs) {
      this.next += 1;
    }
  }

  /** When the next unit is due. */
  get dueMs(): number {
    return ((this.loopTicks(this.next) + this.unitAt(this.next).dueTicks) * 1000) / this.loop.clockRate;
  }

  /** The next unit, with the numbers that it will be sent under. */
  upcoming(): SentUnit {
    const unit = this.unitAt(this.next);
    const ticks = this.loopTicks(this.next) + unit.timestampTicks;
    return { unit, sequence: this.sequence, timestamp: (this.timestampBase + Math.round(ticks * this.pace.packets)) % 2 ** 32, filmedMs: (ticks * 1000) / this.loop.clockRate };
  }

  /** Takes the next unit, which counts as sent from now on. */
  take(): SentUnit {
    this.loop = (this.unitAt(this.next).keyframe ? this.changes.shift() : undefined) ?? this.loop;
    const sent = this.upcoming();
    const { unit } = sent;
    const packets = unit.template.packets.length;
    this.next += 1;
    this.sequence = (this.sequence + packets) & 0xffff;
    this.packets += packets;
    this.bytes += unit.template.bytes.length - 16 * packets;
    return sent;
  }

  burst({ unit, sequence, timestamp }: SentUnit, faults: BurstFaults): Burst {
    return Burst.from(unit.template, sequence, timestamp, this.ssrc, faults);
  }

  /** A sender report; the moment it speaks of may lie in the past. */
  report(nowMs: number, wallMs: number): Buffer {
    return senderReport({ ssrc: this.ssrc, wallMs, timestamp: this.timestampAt(nowMs), packets: this.packets, bytes: this.bytes });
  }

  /** RTP time of a moment, as the reports tell it. */
  private timestampAt(nowMs: number): number {
    return (this.timestampBase + Math.round(((nowMs * this.loop.clockRate) / 1000) * this.pace.reports)) % 2 ** 32;
  }

  private unitAt(index: number): TrackUnit {
    const unit = this.loop.units[index % this.loop.units.length];
    if (!unit) {
      throw new Error('The footage is empty.');
    }
    return unit;
  }

  /** Start of the round that a unit is in. */
  private loopTicks(index: number): number {
    return Math.floor(index / this.loop.units.length) * this.loop.ticks;
  }
}
