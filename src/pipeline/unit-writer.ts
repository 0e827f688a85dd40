import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { writeFragment, writeInit } from '../media/fmp4-writer.js';
import type { Writable } from 'node:stream';

const ticksPerMs = 90;

/** Writes access units into an FFmpeg as fragmented MP4, a fragment each, with their times counted from the first one's. */
export class UnitWriter {
  readonly #stdin: Writable;
  readonly #baseMs: number;
  #written = 0;

  /** Writes the beginning. @param first the unit that will be written first. */
  constructor(stdin: Writable, { format, decodeTimeMs }: { readonly format: VideoFormat; readonly decodeTimeMs: number }) {
    this.#stdin = stdin;
    this.#baseMs = decodeTimeMs;
    stdin.write(writeInit({ ...format, timescale: ticksPerMs * 1000 }));
  }

  /** Whether FFmpeg takes more now. */
  get takes(): boolean {
    return this.#stdin.writable && !this.#stdin.writableNeedDrain;
  }

  /** Units written so far. */
  get written(): number {
    return this.#written;
  }

  write({ data, keyframe, timeMs, decodeTimeMs }: AccessUnit): void {
    const sample = { data, durationTicks: 0, keyframe, compositionOffsetTicks: Math.round((timeMs - decodeTimeMs) * ticksPerMs) };
    this.#written += 1;
    writeParts(this.#stdin, writeFragment({ sequence: this.#written, samples: [sample], baseDecodeTimeTicks: Math.round((decodeTimeMs - this.#baseMs) * ticksPerMs) }));
  }

  /** Nothing more comes: FFmpeg finishes. */
  end(): void {
    this.#stdin.end();
  }
}

/** Writes what belongs together in one go, without copying it. @param onWritten told when FFmpeg has taken all of it, or never will. */
export function writeParts(stdin: Writable, parts: readonly Uint8Array[], onWritten?: () => void): void {
  stdin.cork();
  parts.forEach((part, index) => stdin.write(part, index === parts.length - 1 ? onWritten : undefined));
  stdin.uncork();
}
