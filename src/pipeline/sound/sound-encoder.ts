import { howEnded } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import { openOutputSocket, type OutputSocket } from '../../ffmpeg/output-socket.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import type { AudioPacket } from '../../media/audio-packet.js';
import { FormatError } from '../../media/format-error.js';
import { Fmp4Reader, type Fmp4Track } from '../../media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../media/fmp4-writer.js';
import { asProblem, Problem, type ProblemCode } from '../../problems.js';
import { writeParts } from '../unit-writer.js';

/** Of the MOV that FFmpeg reads; fine enough for any sample rate. */
const ticksPerMs = 90;

export interface SoundEncoderOptions {
  readonly ffmpeg: Ffmpeg;
  /** They say what is made of the sound; MOV on stdin, MP4 on stdout. */
  readonly args: readonly string[];
  /** Where FFmpeg's output socket may lie for a moment. */
  readonly socketFolder: string;
  /** The packet to begin with. */
  readonly first: AudioPacket;
  /** A raw frame, and when it begins to be heard. */
  readonly onFrame: (data: Uint8Array, timeMs: number) => void;
  /** It has ended by itself. */
  readonly onProblem: (problem: Problem) => void;
  /** Of that problem. */
  readonly code: ProblemCode;
  readonly owner?: FfmpegOwner | undefined;
}

/** Makes other sound of any sound, through one small FFmpeg, with the times that the sound has. */
export class SoundEncoder implements AsyncDisposable {
  readonly #run: FfmpegProcess;
  readonly #reader: Fmp4Reader;
  readonly #onUnreadable: (error: FormatError) => void;
  readonly #baseMs: number;
  #sequence = 0;

  /** FFmpeg writes fifty times a second: into a socket, which costs this process much less than a pipe. */
  static async start(options: SoundEncoderOptions): Promise<SoundEncoder> {
    let read: (bytes: Buffer) => void = () => undefined;
    const output = await openOutputSocket(options.socketFolder, (bytes) => {
      read(bytes);
      return true;
    });
    const encoder = new SoundEncoder(options, output);
    read = (bytes) => encoder.#read(bytes);
    return encoder;
  }

  private constructor({ ffmpeg, args, first, onFrame, onProblem, code, owner }: SoundEncoderOptions, output: OutputSocket | undefined) {
    this.#baseMs = first.timeMs;
    this.#onUnreadable = (error) => onProblem(asProblem(error, code));
    this.#reader = this.#readerOf(onFrame);
    this.#run = new FfmpegProcess({ path: ffmpeg.path, args, role: 'sound', output, owner });
    if (!output) {
      this.#run.stdout.on('data', (bytes: Buffer) => this.#read(bytes));
    }
    this.#run.stdin.write(writeInit({ codec: 'copied', sampleEntry: first.format.sampleEntry, timescale: ticksPerMs * 1000 }));
    void this.#run.ended.then((end) => {
      if (!end.asked) {
        onProblem(new Problem(code, howEnded(end)));
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

  #readerOf(onFrame: SoundEncoderOptions['onFrame']): Fmp4Reader {
    let track: Fmp4Track | undefined;
    return new Fmp4Reader({
      onTracks: ([first]) => {
        track = first;
      },
      onSample: ({ decodeTime, compositionOffset, data }) => {
        if (track) {
          onFrame(data, this.#baseMs + ((decodeTime + compositionOffset + track.presentationOffset) / track.timescale) * 1000);
        }
      },
    });
  }

  #read(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) {
        throw error;
      }
      this.#onUnreadable(error);
      void this.#run.stop();
    }
  }
}
