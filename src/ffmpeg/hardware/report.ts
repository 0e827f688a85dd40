import type { VideoCodec } from '../../media/access-unit.js';
import { chooseDecoder, chooseEncoder, chooseForRecording, videoCodecs, type Choice, type HardwareCheck, type HardwareKnowledge, type HardwareRole } from '../../policy/hardware-choice.js';
import type { Ffmpeg } from '../find-ffmpeg.js';
import type { TriedTarget } from './probe-round.js';
import type { UntriedPreset } from './targets.js';
import { allChecks } from './trials.js';

/** What is known of the graphics hardware, as data for the status page and as lines for the log. Pure. */

/** One kind of hardware on one device by one FFmpeg. */
export interface PresetStatus {
  readonly preset: string;
  readonly label: string;
  readonly device?: string;
  /** 'FFmpeg 7.0 from PATH'. */
  readonly ffmpeg?: string;
  /** Why nothing was tried; then there are no checks. */
  readonly notTried?: string;
  /** What seems to be missing. It was tried all the same, as the user named it. */
  readonly missing?: string;
  /** 'works', or why not. What is left out was not tried, because something that it builds on does not work. */
  readonly checks: Partial<Record<HardwareCheck, string>>;
  readonly setAside: readonly { readonly role: HardwareRole; readonly forSeconds: number; readonly because: string }[];
}

export interface ChosenStatus {
  /** The hardware's label; 'software'; for a recording that needs both 'NVIDIA and software'. */
  readonly by: string;
  /** Absent for software. */
  readonly ffmpeg?: string;
  readonly because: string;
}

/** All of this can be written as JSON. */
export interface HardwareStatus {
  readonly state: HardwareKnowledge<TriedTarget>['kind'];
  readonly presets: readonly PresetStatus[];
  /** For pictures of the usual size. */
  readonly chosen: Readonly<Record<'decode h264' | 'decode hevc' | 'encode' | 'record h264' | 'record hevc', ChosenStatus>>;
}

/** What was tried and what was not. */
export interface Findings {
  readonly tried: readonly TriedTarget[];
  readonly untried: readonly UntriedPreset[];
}

export const usualSize = { width: 1280, height: 720 } as const;

/** @param known what the choices are made from. */
export function hardwareStatus(known: HardwareKnowledge<TriedTarget>, { tried, untried }: Findings): HardwareStatus {
  return {
    state: known.kind,
    presets: [...tried.map((each) => triedStatus(each, known)), ...untried.map(({ preset, because }) => ({ preset: preset.name, label: preset.label, notTried: because, checks: {}, setAside: [] }))],
    chosen: {
      'decode h264': chosen(chooseDecoder({ codec: 'h264', ...usualSize }, known)),
      'decode hevc': chosen(chooseDecoder({ codec: 'hevc', ...usualSize }, known)),
      encode: chosen(chooseEncoder(usualSize, known)),
      'record h264': recorded('h264', known),
      'record hevc': recorded('hevc', known),
    },
  };
}

function triedStatus({ preset, label, device, target, outcomes }: TriedTarget, known: HardwareKnowledge<TriedTarget>): PresetStatus {
  const { setAside, nowMs } = known.kind === 'known' ? known : { setAside: [], nowMs: 0 };
  return {
    preset,
    label,
    ...(device === undefined ? {} : { device }),
    ffmpeg: ffmpegName(target.ffmpeg),
    ...(target.missing === undefined ? {} : { missing: target.missing }),
    checks: Object.fromEntries(Array.from(outcomes, ([check, outcome]) => [check, outcome.works ? 'works' : outcome.because])),
    setAside: setAside
      .filter((each) => each.untilMs > nowMs && each.preset === preset && each.device === device)
      .map(({ role, untilMs, because }) => ({ role, forSeconds: Math.ceil((untilMs - nowMs) / 1000), because })),
  };
}

function chosen({ use, because }: Choice<TriedTarget>): ChosenStatus {
  return { by: use?.label ?? 'software', ...(use ? { ffmpeg: ffmpegName(use.target.ffmpeg) } : {}), because };
}

function recorded(codec: VideoCodec, known: HardwareKnowledge<TriedTarget>): ChosenStatus {
  const { decode, encode } = chooseForRecording({ codec, ...usualSize }, usualSize, known);
  const [first, second] = [chosen(decode), chosen(encode)];
  return first.by === second.by ? first : { ...first, ...second, by: `${first.by} and ${second.by}`, because: (decode.use ? encode : decode).because };
}

function ffmpegName({ version, origin }: Ffmpeg): string {
  return `FFmpeg ${version} from ${origin}`;
}

/** What was tried, what works, what was chosen and why: short lines for the person at home. */
export function reportTable(status: HardwareStatus): string {
  const ffmpegs = unique(Object.values(status.chosen).flatMap(({ ffmpeg }) => ffmpeg ?? []));
  return [
    'Graphics hardware, just tried:',
    ...status.presets.flatMap(presetLines),
    `  Chosen: ${choiceLine(status)}.`,
    ...ffmpegs.map((ffmpeg) => `    by ${ffmpeg}`),
    ...whySoftware(status).map((because) => `    software because: ${because}`),
  ].join('\n');
}

/** Recordings follow from the others, unless these are no reason. */
function whySoftware({ chosen: all }: HardwareStatus): string[] {
  const reasons = (asked: readonly ChosenStatus[]): string[] => unique(asked.filter(({ by }) => by.includes('software')).map(({ because }) => because));
  const single = reasons([all['decode h264'], all['decode hevc'], all.encode]);
  return single.length > 0 ? single : reasons([all['record h264'], all['record hevc']]);
}

/** The choice in one line, as 'NVIDIA for everything'. */
export function choiceLine({ chosen: all }: HardwareStatus): string {
  const by = unique(Object.values(all).map((each) => each.by));
  if (by.length === 1) {
    return `${by[0] ?? ''} for everything`;
  }
  const ofCodecs = (h264: ChosenStatus, hevc: ChosenStatus): string => (h264.by === hevc.by ? h264.by : `${h264.by} (H.264) or ${hevc.by} (HEVC)`);
  return `${ofCodecs(all['decode h264'], all['decode hevc'])} for decoding, ${all.encode.by} for encoding, ${ofCodecs(all['record h264'], all['record hevc'])} for recordings`;
}

/** Why the only hardware that may be tried does not work; undefined where some of it does. */
export function whyUnusable({ presets }: HardwareStatus): string | undefined {
  const [first] = presets;
  if (!first || presets.some(({ checks }) => Object.values(checks).includes('works'))) {
    return undefined;
  }
  const reasons = [first.notTried, Object.values(first.checks)[0], first.missing].filter((reason) => reason !== undefined);
  return `${first.label}: ${reasons.join('; ')}`;
}

function presetLines({ label, device, ffmpeg, notTried, missing, checks }: PresetStatus): string[] {
  if (notTried !== undefined) {
    return [`  ${label}: not tried, ${notTried}`];
  }
  const works = Object.values(checks).includes('works');
  const outcomes = unique(Object.values(checks).sort((a, b) => Number(b === 'works') - Number(a === 'works')));
  return [
    `  ${label}${device === undefined ? '' : ` on ${device}`}, ${ffmpeg ?? ''}:`,
    ...(missing === undefined || works ? [] : [`    ${missing}`]),
    ...outcomes.map((outcome) => (outcome === 'works' ? `    works: ${checksWith(checks, outcome)}` : `    fails: ${checksWith(checks, outcome)}: ${outcome}`)),
  ];
}

const checkNames: Readonly<Record<HardwareCheck, string>> = {
  'decode h264': 'decoding H.264',
  'decode hevc': 'decoding HEVC',
  encode: 'encoding H.264',
  'record h264 both': 'recordings of H.264',
  'record h264 encode': 'recordings of H.264 (encoding only)',
  'record h264 decode': 'recordings of H.264 (decoding only)',
  'record hevc both': 'recordings of HEVC',
  'record hevc encode': 'recordings of HEVC (encoding only)',
  'record hevc decode': 'recordings of HEVC (decoding only)',
};

/** The checks that came out so. Half a recording is not worth a word where the whole of it came out the same way. */
function checksWith(checks: PresetStatus['checks'], outcome: string): string {
  const halves = new Set<HardwareCheck>(videoCodecs.filter((codec) => checks[`record ${codec} both`] === outcome).flatMap((codec) => [`record ${codec} encode`, `record ${codec} decode`] as const));
  return allChecks
    .filter((check) => checks[check] === outcome && !halves.has(check))
    .map((check) => checkNames[check])
    .join(', ');
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
