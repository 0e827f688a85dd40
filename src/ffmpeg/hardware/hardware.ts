import { setTimeout as sleep } from 'node:timers/promises';
import type { VideoCodec } from '../../media/access-unit.js';
import {
  chooseDecoder,
  chooseEncoder,
  chooseForRecording,
  ranked,
  setAsideAfter,
  whySetAside,
  type Choice,
  type DecodedStream,
  type HardwareKnowledge,
  type HardwareRole,
  type PictureSize,
  type SetAside,
} from '../../policy/hardware-choice.js';
import { asProblem, Problem } from '../../problems.js';
import type { Log } from '../../problem-log.js';
import { redact } from '../../redact.js';
import type { FfmpegSearch } from '../ffmpeg-search.js';
import type { EquippedFfmpeg, Ffmpeg } from '../find-ffmpeg.js';
import { presetTable, type PresetName } from './presets.js';
import { ProbeResults } from './probe-results.js';
import { tryTargets, type TriedTarget } from './probe-round.js';
import { choiceLine, hardwareStatus, reportTable, usualSize, whyUnusable, type Findings, type HardwareStatus } from './report.js';
import type { HardwareUse } from './requests.js';
import { findTargets } from './targets.js';

/** What was found out is looked over after this: failures may have been repaired. */
const lookAgainMs = 86_400_000;
/** The lists of all FFmpegs are there by then. */
const listsWithinMs = 2_000;
/** Encodes in software. */
const softwareEncoder = 'libx264';

/** What decodes or encodes now, and why. */
export interface HardwareChoice extends HardwareUse {
  readonly because: string;
  /** What it was asked to decode. */
  readonly codec?: VideoCodec;
}

/** The name of the graphics hardware that was chosen; undefined for software. */
export function hardwareOf({ preset }: HardwareUse): string | undefined {
  return preset.name === 'software' ? undefined : preset.name;
}

export interface HardwareOptions {
  readonly search: FfmpegSearch;
  /** The user's options. */
  readonly wanted: 'auto' | PresetName;
  readonly device?: string | undefined;
  /** Where what was found out is kept: `<storage>/camera-hub/hardware.json`. */
  readonly file: string;
  readonly log: Log;
  /** For tests. */
  readonly clock?: Clock;
}

interface Clock {
  /** This process's monotonic clock. */
  readonly nowMs: () => number;
  /** Since 1970. */
  readonly dateMs: () => number;
}

const systemClock: Clock = { nowMs: () => performance.now(), dateMs: () => Date.now() };

const roleWords = { decode: 'decoding', encode: 'encoding', record: 'converting a recording' } as const satisfies Record<HardwareRole, string>;

/** A look at what there is. */
interface Look {
  readonly ffmpegs: Promise<readonly EquippedFfmpeg[]>;
  readonly startedMs: number;
  /** Never rejects. */
  readonly done: Promise<void>;
}

const nothing: Findings = { tried: [], untried: [] };

/**
 * Which FFmpeg decodes and encodes, on which hardware. Begins at once to try what there is, in the background and at low priority;
 * until that is known the answer is software.
 */
export class Hardware implements AsyncDisposable {
  /** Resolves when all has been tried for the first time; never rejects. */
  readonly settled: Promise<void>;
  readonly #options: HardwareOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #findings: Findings | undefined;
  #setAside: readonly SetAside[] = [];
  #look: Look;
  #trying: Promise<unknown> = Promise.resolve();
  /** The choice as it was last told. */
  #told: string | undefined;

  constructor(options: HardwareOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#look = this.#startLook();
    this.settled = this.#look.done;
  }

  /** @throws Problem ffmpeg-missing or ffmpeg-too-old. */
  async decoder(stream: DecodedStream): Promise<HardwareChoice> {
    const software = await this.#options.search.find();
    return this.#choice(chooseDecoder(stream, this.#known()), software, stream.codec);
  }

  /** @throws Problem ffmpeg-missing, ffmpeg-too-old or encoder-missing. */
  async encoder(picture: PictureSize): Promise<HardwareChoice> {
    const choice = chooseEncoder(picture, this.#known());
    return this.#choice(choice, choice.use?.target.ffmpeg ?? (await this.#softwareEncoder()));
  }

  /**
   * For a recording: both in the same FFmpeg.
   * @throws Problem ffmpeg-missing, ffmpeg-too-old or encoder-missing.
   */
  async recording(stream: DecodedStream, picture: PictureSize): Promise<{ readonly decode: HardwareChoice; readonly encode: HardwareChoice }> {
    const { decode, encode } = chooseForRecording(stream, picture, this.#known());
    const ffmpeg = (decode.use ?? encode.use)?.target.ffmpeg ?? (await this.#softwareEncoder());
    return { decode: this.#choice(decode, ffmpeg, stream.codec), encode: this.#choice(encode, ffmpeg) };
  }

  /**
   * Decodes and encodes without any hardware.
   * @param because completes "software, ". @throws Problem ffmpeg-missing, ffmpeg-too-old or encoder-missing.
   */
  async inSoftware(because: string): Promise<HardwareChoice> {
    return { ffmpeg: await this.#softwareEncoder(), preset: presetTable.software, because };
  }

  /**
   * A choice failed while it ran: its preset is set aside for ten minutes, for this role, and the next question is answered
   * with another one. Software never is.
   * @param because what was seen, in FFmpeg's words where it has some.
   * @returns whether another preset takes its place.
   */
  failed({ preset, device, codec }: HardwareChoice, role: HardwareRole, because: string): boolean {
    if (preset.name === 'software') {
      return false;
    }
    const nowMs = this.#clock.nowMs();
    const failure = { preset: preset.name, device, role, because: redact(because) };
    const known = whySetAside(failure, role, this.#setAside, nowMs);
    this.#setAside = setAsideAfter(this.#setAside, failure, nowMs);
    if (!known) {
      const { use } = this.#successor(role, codec ?? 'h264');
      const what = roleWords[role];
      this.#options.log.warn(`Hardware: ${new Problem('hardware-failed', `${preset.label} while ${what}: ${failure.because}; ${use?.label ?? 'software'} takes its place`).line}`);
    }
    return true;
  }

  #successor(role: HardwareRole, codec: VideoCodec): Choice<TriedTarget> {
    const known = this.#known();
    switch (role) {
      case 'decode':
        return chooseDecoder({ codec, ...usualSize }, known);
      case 'encode':
        return chooseEncoder(usualSize, known);
      case 'record': {
        const { decode, encode } = chooseForRecording({ codec, ...usualSize }, usualSize, known);
        return encode.use ? encode : decode;
      }
    }
  }

  status(): HardwareStatus {
    return hardwareStatus(this.#known(), this.#findings ?? nothing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#trying;
  }

  #choice({ use, because }: Choice<TriedTarget>, software: Ffmpeg, codec?: VideoCodec): HardwareChoice {
    const { ffmpeg, preset, device } = use?.target ?? { ffmpeg: software, preset: presetTable.software, device: undefined };
    return { ffmpeg, preset, ...(device === undefined ? {} : { device }), because, ...(codec === undefined ? {} : { codec }) };
  }

  async #softwareEncoder(): Promise<Ffmpeg> {
    const { search } = this.#options;
    const first = await search.find();
    // One that hangs is not waited for: what was found first most likely can.
    const all = await Promise.race([search.all(), sleep(listsWithinMs, [])]);
    // One that did not list its encoders in time may well have it.
    const able = all.find(({ abilities }) => abilities.encoders.has(softwareEncoder)) ?? all.find(({ abilities }) => abilities.encoders.size === 0);
    if (!able && all.length > 0) {
      throw new Problem('encoder-missing', `${first.path} has no ${softwareEncoder}`);
    }
    return able ?? first;
  }

  #known(): HardwareKnowledge<TriedTarget> {
    if (this.#options.wanted === 'software') {
      return { kind: 'unwanted' };
    }
    this.#lookIfDue();
    return this.#findings ? { kind: 'known', hardware: ranked(this.#findings.tried), setAside: this.#setAside, nowMs: this.#clock.nowMs() } : { kind: 'unknown' };
  }

  /** Another FFmpeg is there, or a day has passed. What was known counts until more is. */
  #lookIfDue(): void {
    const { ffmpegs, startedMs } = this.#look;
    const due = this.#clock.nowMs() - startedMs > lookAgainMs || ffmpegs !== this.#options.search.all();
    if (due && this.#findings && !this.#stop.signal.aborted) {
      const before = this.#look.done;
      this.#look = this.#startLook(before);
    }
  }

  #startLook(before?: Promise<void>): Look {
    const ffmpegs = this.#options.wanted === 'software' ? Promise.resolve([]) : this.#options.search.all();
    const done = Promise.all([ffmpegs, before])
      .then(([found]) => this.#lookAt(found))
      .catch((error: unknown) => this.#gaveUp(error));
    return { ffmpegs, startedMs: this.#clock.nowMs(), done };
  }

  async #lookAt(ffmpegs: readonly EquippedFfmpeg[]): Promise<void> {
    const { wanted, device, file, log } = this.#options;
    if (wanted === 'software' || ffmpegs.length === 0) {
      this.#findings = nothing;
      return; // That there is no FFmpeg is told by who needs one.
    }
    const { targets, untried } = await findTargets({ ffmpegs, wanted, device });
    const { results, problem } = await ProbeResults.load(file, this.#clock.dateMs);
    const trying = tryTargets(targets, results, this.#stop.signal);
    this.#trying = trying.catch(() => undefined);
    const { tried, trialsRun } = await trying;
    const unsaved = await results.save();
    this.#findings = { tried, untried };
    for (const each of [problem, unsaved].filter((every) => every !== undefined)) {
      log.warn(`Hardware: ${each.line}`);
    }
    this.#tell(trialsRun > 0);
  }

  /** Looking again is told only where something else comes of it. */
  #tell(justTried: boolean): void {
    const { wanted, log } = this.#options;
    const status = this.status();
    const choice = choiceLine(status);
    if (choice === this.#told) {
      return;
    }
    this.#told = choice;
    log.info(justTried ? reportTable(status) : `Hardware: ${choice}.`);
    const unusable = wanted === 'auto' ? undefined : whyUnusable(status);
    if (unusable !== undefined) {
      log.warn(`Hardware: ${new Problem('hardware-unusable', unusable).line}`);
    }
  }

  #gaveUp(error: unknown): void {
    if (!this.#stop.signal.aborted) {
      this.#findings ??= nothing;
      this.#options.log.warn(`Hardware: ${asProblem(error, 'hardware-unusable').line}`);
    }
  }
}
