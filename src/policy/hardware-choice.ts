import type { VideoCodec } from '../media/access-unit.js';
import { codecName } from './codec-names.js';

/** What decodes and what encodes: the first kind of hardware that was proven to work, in the end software. Pure. */

/** In this order they are preferred; software comes last. */
export const presetOrder = ['nvidia', 'qsv', 'vaapi', 'videotoolbox', 'amf', 'v4l2m2m', 'rkmpp'] as const;

export const hardwareLimits = {
  /** Pictures with fewer pixels are decoded in software: that costs less than carrying them to the GPU and back. */
  leastDecodedPixels: 640 * 360,
  /** Smaller pictures are refused by some hardware encoders (AMD's take 256x128 or more), so that software encodes them. */
  leastEncoded: { width: 256, height: 128 },
  /** What failed while it ran is not used for so long, in milliseconds. */
  setAsideMs: 10 * 60_000,
  /** Twice as long each time, up to this... */
  setAsideAtMostMs: 6 * 3_600_000,
  /** ...unless it has worked for so long in between. */
  forgottenAfterMs: 24 * 3_600_000,
} as const;

/** The two halves of a recording's conversion. */
export type HardwareHalf = 'decode' | 'encode';

/** What hardware is set aside for. A recording that fails says nothing about which half of it failed, nor about live views. */
export type HardwareRole = HardwareHalf | 'record';

/** What the hardware does for a recording, in the one FFmpeg that converts it. Software does the rest. */
export type RecordingPart = 'both' | HardwareHalf;

/** What is proven each on its own. A recording is decoded, scaled and encoded in one FFmpeg. */
export type HardwareCheck = `decode ${VideoCodec}` | 'encode' | `record ${VideoCodec} ${RecordingPart}`;

/** One kind of hardware, on one device, by one FFmpeg, and what it was proven to do. */
export interface TriedHardware {
  readonly preset: string;
  /** For the person at home: 'NVIDIA'. */
  readonly label: string;
  readonly device?: string | undefined;
  readonly works: ReadonlySet<HardwareCheck>;
}

/** Hardware that failed while it ran. */
export interface SetAside {
  readonly preset: string;
  readonly device?: string | undefined;
  readonly role: HardwareRole;
  /** On the clock that the choice is asked with. */
  readonly untilMs: number;
  readonly because: string;
  /** How often it was set aside lately, this time included. */
  readonly times: number;
}

export type HardwareKnowledge<Hardware extends TriedHardware> =
  /** The user wants none. */
  | { readonly kind: 'unwanted' }
  /** Being tried. */
  | { readonly kind: 'unknown' }
  /** `hardware` as `ranked`. */
  | { readonly kind: 'known'; readonly hardware: readonly Hardware[]; readonly setAside: readonly SetAside[]; readonly nowMs: number };

export interface DecodedStream {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  /** As in `VideoFormat`; undefined: a usual one. */
  readonly profile?: string | undefined;
  readonly interlaced?: boolean | undefined;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** `use` is undefined for software. */
export interface Choice<Hardware> {
  readonly use: Hardware | undefined;
  readonly because: string;
}

/** By preference; of one kind the device and FFmpeg that do most come first. */
export function ranked<Hardware extends TriedHardware>(tried: readonly Hardware[]): Hardware[] {
  const order: readonly string[] = presetOrder;
  return tried.filter(({ works }) => works.size > 0).sort((a, b) => order.indexOf(a.preset) - order.indexOf(b.preset) || b.works.size - a.works.size);
}

export function chooseDecoder<Hardware extends TriedHardware>(stream: DecodedStream, known: HardwareKnowledge<Hardware>): Choice<Hardware> {
  return choose(known, `decode ${stream.codec}`, ['decode'], `decodes ${codecName(stream.codec)}`, whyNotDecoded(stream));
}

export function chooseEncoder<Hardware extends TriedHardware>(picture: PictureSize, known: HardwareKnowledge<Hardware>): Choice<Hardware> {
  return choose(known, 'encode', ['encode'], 'encodes H.264', tooSmallToEncode(picture));
}

export interface RecordingHardware<Hardware> {
  readonly decode: Choice<Hardware>;
  readonly encode: Choice<Hardware>;
}

const recordingParts: readonly { readonly part: RecordingPart; readonly roles: readonly HardwareHalf[] }[] = [
  { part: 'both', roles: ['decode', 'encode'] },
  { part: 'encode', roles: ['encode'] },
  { part: 'decode', roles: ['decode'] },
];

/** Both by the same hardware if possible, else one of the two by hardware; never by two different kinds of it. */
export function chooseForRecording<Hardware extends TriedHardware>(stream: DecodedStream, picture: PictureSize, known: HardwareKnowledge<Hardware>): RecordingHardware<Hardware> {
  const does = `converts recordings from ${codecName(stream.codec)}`;
  const unfit = { decode: whyNotDecoded(stream), encode: tooSmallToEncode(picture) };
  const choices = recordingParts.map(({ part, roles }) => ({ roles, ...choose(known, `record ${stream.codec} ${part}`, [...roles, 'record'], does, roles.map((role) => unfit[role]).find((why) => why !== undefined)) }));
  const chosen = choices.find(({ use }) => use);
  const inSoftware = (role: HardwareHalf): Choice<Hardware> => ({ use: undefined, because: unfit[role] ?? whyInSoftware(stream.codec, role, chosen?.use, known) });
  const by = (role: HardwareHalf): Choice<Hardware> => (chosen?.roles.includes(role) ? { use: chosen.use, because: chosen.because } : inSoftware(role));
  return { decode: by('decode'), encode: by('encode') };
}

/** @param beside the hardware that does the other half of it. */
function whyInSoftware<Hardware extends TriedHardware>(codec: VideoCodec, role: HardwareHalf, beside: Hardware | undefined, known: HardwareKnowledge<Hardware>): string {
  const alone = choose(known, `record ${codec} ${role}`, [role], `can ${role} recordings from ${codecName(codec)}`, undefined);
  return alone.use ? `${alone.use.label} does not ${role} beside ${beside?.label ?? 'software'}` : alone.because;
}

/** What is set aside after this failure: each kind once for each role, the newest failure counts. */
export function setAsideAfter(before: readonly SetAside[], failure: Omit<SetAside, 'untilMs' | 'times'>, nowMs: number): SetAside[] {
  const lately = before.filter((each) => each.untilMs + hardwareLimits.forgottenAfterMs > nowMs);
  const known = lately.find((each) => isSame(each, failure));
  // Several views that lose the same hardware at the same time are one failure.
  const times = known ? known.times + Number(known.untilMs <= nowMs) : 1;
  const forMs = Math.min(hardwareLimits.setAsideMs * 2 ** (times - 1), hardwareLimits.setAsideAtMostMs);
  return [...lately.filter((each) => each !== known), { ...failure, times, untilMs: nowMs + forMs }];
}

/** Why this hardware is not used for this role at present. */
export function whySetAside({ preset, device }: Pick<TriedHardware, 'preset' | 'device'>, role: HardwareRole, setAside: readonly SetAside[], nowMs: number): SetAside | undefined {
  return setAside.find((each) => each.untilMs > nowMs && isSame(each, { preset, device, role }));
}

export const videoCodecs: readonly VideoCodec[] = ['h264', 'hevc'];

function choose<Hardware extends TriedHardware>(
  known: HardwareKnowledge<Hardware>,
  check: HardwareCheck,
  roles: readonly HardwareRole[],
  does: string,
  unfit: string | undefined,
): Choice<Hardware> {
  const software = (because: string): Choice<Hardware> => ({ use: undefined, because });
  if (known.kind === 'unwanted') {
    return software('the option "hardware" wants none');
  }
  if (unfit !== undefined) {
    return software(unfit);
  }
  if (known.kind === 'unknown') {
    return software('the graphics hardware is still being tried');
  }
  const { setAside, nowMs } = known;
  const proven = known.hardware.filter(({ works }) => works.has(check));
  const aside = (hardware: Hardware): SetAside | undefined => roles.map((role) => whySetAside(hardware, role, setAside, nowMs)).find((each) => each !== undefined);
  const use = proven.find((hardware) => !aside(hardware));
  if (use) {
    return { use, because: `${use.label} ${does}, as tried` };
  }
  const [first] = proven;
  return software(first ? `${first.label} is set aside (${aside(first)?.because ?? ''})` : `no graphics hardware here ${does}`);
}

function isSame(a: Pick<SetAside, 'preset' | 'device' | 'role'>, b: Pick<SetAside, 'preset' | 'device' | 'role'>): boolean {
  return a.preset === b.preset && a.device === b.device && a.role === b.role;
}

/** 4:2:0 of 8 bits, for HEVC of 10 too. Of the rest each device can do something else, and finding that out would set it aside for all cameras. */
const profilesOfHardware: Readonly<Record<VideoCodec, readonly string[]>> = {
  h264: ['Constrained Baseline', 'Baseline', 'Extended', 'Main', 'High'],
  hevc: ['Main', 'Main 10', 'Main Still Picture'],
};

function whyNotDecoded({ codec, profile, interlaced, width, height }: DecodedStream): string | undefined {
  if (interlaced === true) {
    return 'interlaced pictures are put together in software';
  }
  if (profile !== undefined && !profilesOfHardware[codec].includes(profile)) {
    return `${codecName(codec)} ${profile} is more than graphics hardware usually decodes`;
  }
  return width * height < hardwareLimits.leastDecodedPixels ? `${width}x${height} costs less to decode in software` : undefined;
}

function tooSmallToEncode({ width, height }: PictureSize): string | undefined {
  const { leastEncoded: least } = hardwareLimits;
  return width < least.width || height < least.height ? `${width}x${height} is smaller than hardware encoders take` : undefined;
}
