import type { AudioTrackToWrite, SampleToWrite, TrackRun } from './fmp4-writer.js';

/** PCM samples that one AAC-LC frame decodes to (ISO/IEC 14496-3 4.5.1.1: frameLengthFlag 0). */
export const aacFrameSamples = 1024;

/** The sound of a recording: AAC-LC, mono, 32 kHz. */
export const recordedSound = {
  codec: 'aac',
  // Object type 2 (LC), sampling frequency index 5, channel configuration 1, GASpecificConfig of zeros (ISO/IEC 14496-3 1.6.2.1).
  config: Uint8Array.of(0x12, 0x88),
  channels: 1,
  sampleRate: 32_000,
  timescale: 32_000,
} as const satisfies AudioTrackToWrite;

const ticksPerMs = recordedSound.timescale / 1000;

/** How long one frame of the recorded sound lasts: 32 ms. */
export const aacFrameMs = aacFrameSamples / ticksPerMs;

/**
 * A raw frame of mono AAC-LC that decodes to silence, at any sample rate (ISO/IEC 14496-3 4.4.2): single_channel_element 0, global
 * gain 140, one long window, max_sfb 0 (no spectrum), no pulse, TNS or gain control data; END.
 */
export const silentAacFrame: Uint8Array = Uint8Array.of(0x01, 0x18, 0x20, 0x07);

const silence: SampleToWrite = sampleOf(silentAacFrame);

/** 30 s. Who does not take for so long has stopped recording. */
const mostFrames = Math.floor(30_000 / aacFrameMs);

/**
 * Frames that follow on each other stay so until their times are farther from their slots than this. It is a little more than half
 * a frame: with half a frame exactly, jitter of a millisecond could make frames skip a slot and fall out in turn.
 */
const mostDriftTicks = (aacFrameSamples * 5) / 8;

interface PlacedFrame {
  readonly slot: number;
  readonly sample: SampleToWrite;
}

/**
 * The sound track of a clip: puts AAC frames with times into slots of 1024 ticks that follow on each other without gap or overlap,
 * and fills the empty ones with silence. Slot 0 begins at tick 0 up to 1023: as the first real frame's phase wants it where that
 * comes before the first `take` (then sound and picture are exactly together), else at 0 (then frames are at most half a frame off).
 */
export class AacTrack {
  readonly #startMs: number;
  /** Of slot 0, in ticks; undefined until a frame or `take` decides it. */
  #phaseTicks: number | undefined;
  /** In order, all in slots that were not given out yet. */
  #frames: PlacedFrame[] = [];
  #lastSlot = -1;
  /** The first that was not given out yet. */
  #nextSlot = 0;

  /** @param startMs when the clip's first picture is decoded: time 0 of the track, on the clock of the frames' times. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** Until when there is real sound (with or without holes), on the clock of the frames' times; `startMs` where there was none yet. */
  get reachesMs(): number {
    return this.#lastSlot < 0 ? this.#startMs : this.#startMs + this.#ticksOf(this.#lastSlot + 1) / ticksPerMs;
  }

  /**
   * Takes the next frame: raw, without ADTS header; not copied. `timeMs` is when it begins to be heard, on the pictures' clock.
   * Left out are frames that begin before `startMs` (a track has no times below 0), that overlap the frame before, or whose slot was
   * given out already. Nobody taking, the newest 30 s are kept.
   */
  push(data: Uint8Array, timeMs: number): void {
    const ticks = Math.round((timeMs - this.#startMs) * ticksPerMs);
    if (ticks < 0) {
      return;
    }
    this.#phaseTicks ??= ticks % aacFrameSamples;
    const slot = this.#slotFor(ticks);
    if (slot <= this.#lastSlot) {
      return;
    }
    this.#lastSlot = slot;
    if (slot < this.#nextSlot) {
      return;
    }
    this.#frames.push({ slot, sample: sampleOf(data) });
    if (this.#frames.length > mostFrames) {
      this.#frames.shift();
    }
  }

  /**
   * The frames from where the last run ended to the first one that begins at `untilMs` or later. Once `reachesMs` is there, real
   * frames are not missed. Without samples where the last run reached as far.
   */
  take(untilMs: number): TrackRun {
    this.#phaseTicks ??= 0;
    const baseDecodeTimeTicks = this.#ticksOf(this.#nextSlot);
    const untilTicks = Math.round((untilMs - this.#startMs) * ticksPerMs);
    const samples: SampleToWrite[] = [];
    let taken = 0;
    for (; this.#ticksOf(this.#nextSlot) < untilTicks; this.#nextSlot += 1) {
      const frame = this.#frames[taken];
      if (frame?.slot === this.#nextSlot) {
        taken += 1;
        samples.push(frame.sample);
      } else {
        samples.push(silence);
      }
    }
    this.#frames.splice(0, taken);
    return { baseDecodeTimeTicks, samples };
  }

  #slotFor(ticks: number): number {
    const successor = this.#lastSlot + 1;
    const isSuccessor = this.#lastSlot >= 0 && Math.abs(ticks - this.#ticksOf(successor)) <= mostDriftTicks;
    return isSuccessor ? successor : Math.max(0, Math.round((ticks - this.#ticksOf(0)) / aacFrameSamples));
  }

  #ticksOf(slot: number): number {
    return (this.#phaseTicks ?? 0) + slot * aacFrameSamples;
  }
}

function sampleOf(data: Uint8Array): SampleToWrite {
  return { data, durationTicks: aacFrameSamples, keyframe: true, compositionOffsetTicks: 0 };
}
