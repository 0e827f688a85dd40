import { recordedSoundArguments } from '../../ffmpeg/arguments.js';
import { howEnded } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import type { AudioPacket } from '../../media/audio-packet.js';
import { Fmp4Reader, type Fmp4Track } from '../../media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../media/fmp4-writer.js';
import { asProblem, Problem } from '../../problems.js';
import { readFragments } from '../fragment-output.js';
import { writeParts } from '../unit-writer.js';

/** Of the MOV that FFmpeg reads; fine enough for any sample rate. */
const ticksPerMs = 90;

export interface SoundEncoderOptions {
  readonly ffmpeg: Ffmpeg;
  /** The packet to begin with. */
  readonly first: AudioPacket;
  readonly bitrateKbps: number;
  /** A raw AAC frame, and when it begins to be heard. */
  readonly onFrame: (data: Uint8Array, timeMs: number) => void;
  readonly onProblem: (problem: Problem) => void;
  readonly owner?: FfmpegOwner | undefined;
}

/** Makes AAC-LC, 32 kHz, mono, of any sound, through one small FFmpeg, with the times that the sound has. */
export class SoundEncoder implements AsyncDisposable {
  readonly #run: FfmpegProcess;
  readonly #baseMs: number;
  #sequence = 0;

  constructor({ ffmpeg, first, bitrateKbps, onFrame, onProblem, owner }: SoundEncoderOptions) {
    this.#baseMs = first.timeMs;
    this.#run = new FfmpegProcess({ path: ffmpeg.path, args: recordedSoundArguments({ bitrateKbps }), role: 'sound', owner });
    this.#collect(onFrame, onProblem);
    this.#run.stdin.write(writeInit({ codec: 'copied', sampleEntry: first.format.sampleEntry, timescale: ticksPerMs * 1000 }));
    void this.#run.ended.then((end) => {
      if (!end.asked) {
        onProblem(new Problem('recording-sound-failed', howEnded(end)));
      }
    });
  }

  /** Whether FFmpeg takes more now. What it does not take lies in the ring. */
  get takes(): boolean {
    return this.#run.stdin.writable && !this.#run.stdin.writableNeedDrain;
  }

  /** Passes on packets that follow on each other. */
  write(packets: readonly AudioPacket[]): void {
    if (packets.length === 0) {
      return;
    }
    const ticks = packets.map(({ timeMs }) => Math.round((timeMs - this.#baseMs) * ticksPerMs));
    const samples = packets.map(({ data, durationMs }, index) => {
      const next = ticks[index + 1];
      return { data, durationTicks: next === undefined ? Math.round(durationMs * ticksPerMs) : next - (ticks[index] ?? 0), keyframe: true, compositionOffsetTicks: 0 };
    });
    this.#sequence += 1;
    writeParts(this.#run.stdin, writeFragment({ sequence: this.#sequence, samples, baseDecodeTimeTicks: ticks[0] ?? 0 }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run.stop();
  }

  #collect(onFrame: SoundEncoderOptions['onFrame'], onProblem: SoundEncoderOptions['onProblem']): void {
    let track: Fmp4Track | undefined;
    const reader = new Fmp4Reader({
      onTracks: ([first]) => {
        track = first;
      },
      onSample: ({ decodeTime, compositionOffset, data }) => {
        if (track) {
          onFrame(data, this.#baseMs + ((decodeTime + compositionOffset + track.presentationOffset) / track.timescale) * 1000);
        }
      },
    });
    readFragments(this.#run.stdout, reader, (error) => {
      onProblem(asProblem(error, 'recording-sound-failed'));
      void this.#run.stop();
    });
  }
}
