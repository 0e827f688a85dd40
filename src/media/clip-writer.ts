import { Buffer } from 'node:buffer';
import { recordedSound } from './aac-track.js';
import type { AccessUnit, VideoFormat } from './access-unit.js';
import { type SampleToWrite, type TrackRun, writeFragmentOfTracks, writeInit } from './fmp4-writer.js';

/** The timescale of RTP and of most cameras: 15, 24, 25 and 30 pictures a second are whole ticks. */
const ticksPerMs = 90;

const trackId = { video: 1, sound: 2 } as const;

/** What a clip is made of. */
export interface ClipOptions {
  /** Of all its pictures. */
  readonly format: VideoFormat;
  /** `decodeTimeMs` of its first picture: time 0 of the clip. */
  readonly startMs: number;
  /** Whether it has a sound track, as `AacTrack` gives it. */
  readonly sound: boolean;
}

/** Writes the packets of a clip as HomeKit Secure Video wants them: ftyp and moov first, then one moof and one mdat each. */
export class ClipWriter {
  readonly #options: ClipOptions;
  #sequence = 0;

  constructor(options: ClipOptions) {
    this.#options = options;
  }

  /** ftyp and moov. */
  initialization(): Buffer {
    const { format, sound } = this.#options;
    return writeInit({ ...format, timescale: ticksPerMs * 1000 }, ...(sound ? [recordedSound] : []));
  }

  /**
   * moof and mdat of these units and of the sound that goes with them. The units' times stay what they are, so that nothing drifts:
   * `endMs`, until when the last one is shown, must be the next fragment's first `decodeTimeMs`.
   */
  fragment(units: readonly AccessUnit[], endMs: number, sound?: TrackRun): Buffer {
    this.#sequence += 1;
    const video = { trackId: trackId.video, baseDecodeTimeTicks: this.#ticks(units[0]?.decodeTimeMs ?? endMs), samples: this.#samplesOf(units, endMs) };
    const hasSound = sound !== undefined && sound.samples.length > 0;
    return Buffer.concat(writeFragmentOfTracks(this.#sequence, hasSound ? [video, { ...sound, trackId: trackId.sound }] : [video]));
  }

  #samplesOf(units: readonly AccessUnit[], endMs: number): SampleToWrite[] {
    return units.map(({ data, keyframe, timeMs, decodeTimeMs }, index) => {
      const ticks = this.#ticks(decodeTimeMs);
      const durationTicks = Math.max(0, this.#ticks(units[index + 1]?.decodeTimeMs ?? endMs) - ticks);
      return { data, durationTicks, keyframe, compositionOffsetTicks: this.#ticks(timeMs) - ticks };
    });
  }

  #ticks(timeMs: number): number {
    return Math.round((timeMs - this.#options.startMs) * ticksPerMs);
  }
}
