import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import { presetTable } from '../../ffmpeg/hardware/presets.js';
import { hardwareOf, type Hardware, type HardwareChoice } from '../../ffmpeg/hardware/hardware.js';
import { provenAfterMs, whoFailed } from '../../policy/encoding-trust.js';
import type { HardwareRole } from '../../policy/hardware-choice.js';
import type { SeenPicture } from '../../policy/picture-choice.js';
import type { RenditionSettings } from '../../policy/rendition-choice.js';
import { realTimers, type Timers } from '../../timers.js';
import type { IngestEnd } from '../ingest.js';

/** What encodes at an ingest. */
export type IngestHardware = Pick<Hardware, 'encoder' | 'recording' | 'inSoftware' | 'failed'>;

/** What opens the camera: whatever encodes at the ingest has to do that too. */
export interface SourceOpener {
  /** One that can. */
  readonly ffmpeg: Ffmpeg;
  readonly canOpen: (other: Ffmpeg) => Promise<boolean>;
}

/** Both of the same FFmpeg. */
interface Pair {
  readonly decode: HardwareChoice;
  readonly encode: HardwareChoice;
}

/** What to set aside when a connection fails. */
interface Suspect {
  readonly choice: HardwareChoice;
  readonly role: HardwareRole;
  /** What the camera sent. */
  readonly seen: SeenPicture;
}

/** The last connection failed on this; whether that was why shows in software. */
interface Doubt extends Suspect {
  readonly because: string;
  readonly workedForMs: number;
}

/** What encodes a camera's picture at the ingest, and whether it may be the graphics hardware. */
export class EncodingTrust {
  readonly #hardware: IngestHardware;
  readonly #timers: Timers;
  /** The hardware of the present connection. */
  #present: Suspect | undefined;
  #doubt: Doubt | undefined;
  /** What the present connection, in software, is to show. */
  #tested: Doubt | undefined;
  /** Ends with the connection. */
  #signal = AbortSignal.abort();

  constructor(hardware: IngestHardware, timers: Timers = realTimers) {
    this.#hardware = hardware;
    this.#timers = timers;
  }

  /** A connection begins. @param signal ends it. */
  begin(signal: AbortSignal): void {
    this.#present = undefined;
    this.#tested = undefined;
    this.#signal = signal;
  }

  /** What is to encode in it: decodes and encodes in one FFmpeg, on the same hardware where it does both. */
  async choose(seen: SeenPicture, settings: RenditionSettings, opener: SourceOpener): Promise<Pair & { readonly hardware: string | undefined }> {
    if (this.#doubt && !isLike(this.#doubt.seen, seen)) {
      this.#doubt = undefined; // The camera sends something else by now, which is reason enough to fail.
    }
    if (this.#doubt) {
      this.#tested = this.#doubt;
      return this.#inSoftware('to see whether the graphics hardware or the camera failed', opener);
    }
    const { role, decode, encode } = await this.#choice(seen, settings);
    if (!(await opener.canOpen(encode.ffmpeg))) {
      return this.#inSoftware('in an FFmpeg that can open the camera', opener);
    }
    const choice = encode.preset.name === 'software' ? decode : encode;
    const hardware = hardwareOf(choice);
    this.#present = hardware === undefined ? undefined : { choice, role, seen };
    return { decode, encode, hardware };
  }

  /** The present connection has its first picture. */
  works(): void {
    const doubt = this.#tested;
    if (!doubt || this.#signal.aborted) {
      return;
    }
    const proven = this.#timers.setTimeout(() => {
      this.#doubt = undefined;
      this.#hardware.failed(doubt.choice, doubt.role, doubt.because);
    }, provenAfterMs(doubt.workedForMs));
    this.#signal.addEventListener('abort', () => this.#timers.clearTimeout(proven), { once: true });
  }

  /** It ended by itself. @returns whether the next one is encoded by something else. */
  ended({ problem, healthyForMs, inHardwaresWords = false }: Pick<IngestEnd, 'problem' | 'healthyForMs' | 'inHardwaresWords'>): boolean {
    const present = this.#present;
    this.#doubt = undefined; // Software that fails too clears the hardware.
    if (!present || !problem) {
      return false;
    }
    switch (whoFailed({ problem: problem.code, healthyForMs, inItsWords: inHardwaresWords })) {
      case 'hardware':
        return this.#hardware.failed(present.choice, present.role, problem.message);
      case 'unclear':
        this.#doubt = { ...present, because: problem.message, workedForMs: healthyForMs };
        return true;
      case 'camera':
        return false;
    }
  }

  async #inSoftware(because: string, { ffmpeg, canOpen }: SourceOpener): Promise<Pair & { readonly hardware: undefined }> {
    const found = await this.#hardware.inSoftware(because);
    const software = (await canOpen(found.ffmpeg)) ? found : { ...found, ffmpeg };
    return { decode: software, encode: software, hardware: undefined };
  }

  async #choice({ codec, width, height, interlaced }: SeenPicture, settings: RenditionSettings): Promise<Pair & { readonly role: HardwareRole }> {
    if (codec === 'h264' || codec === 'hevc') {
      return { role: 'record', ...(await this.#hardware.recording({ codec, width, height, interlaced }, settings)) };
    }
    const encode = await this.#hardware.encoder(settings);
    return { role: 'encode', encode, decode: { ffmpeg: encode.ffmpeg, preset: presetTable.software, because: 'hardware decodes H.264 and HEVC only' } };
  }
}

function isLike(a: SeenPicture, b: SeenPicture): boolean {
  return a.codec === b.codec && a.width === b.width && a.height === b.height;
}
