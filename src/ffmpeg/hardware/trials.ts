import type { VideoCodec } from '../../media/access-unit.js';
import type { HardwareCheck, PictureSize, RecordingPart } from '../../policy/hardware-choice.js';
import { presetTable } from './presets.js';
import { sampleDecode, sampleEncode, sampleRecording } from './probe-sample.js';
import type { HardwareUse } from './requests.js';
import { decodeArguments, encodeArguments, recordingConversionArguments } from './video-arguments.js';

/** How one thing that hardware may be able to do is tried. */
export interface Trial {
  /** What FFmpeg gets: a sample as fragmented MP4, or the H.264 sample's pictures as NUT. */
  readonly feed: VideoCodec | 'pictures';
  /** What it is to give: NUT with pictures, or H.264 as fragmented MP4. */
  readonly gives: 'pictures' | 'encoded';
  readonly size: PictureSize;
  /** Whether hardware decodes in it. */
  readonly decodes: boolean;
  /** Where one of these failed, this one is not tried. */
  readonly after: readonly HardwareCheck[];
  /** The very arguments that the pipeline uses. */
  readonly argumentsFor: (use: HardwareUse) => string[];
}

function decodeTrial(codec: VideoCodec): Trial {
  const request = sampleDecode(codec);
  return { feed: codec, gives: 'pictures', size: request, decodes: true, after: [], argumentsFor: (use) => decodeArguments(use, request) };
}

const encodeTrial: Trial = { feed: 'pictures', gives: 'encoded', size: sampleEncode, decodes: false, after: [], argumentsFor: (use) => encodeArguments(use, sampleEncode) };

function recordTrial(codec: VideoCodec, part: RecordingPart): Trial {
  const request = sampleRecording(codec);
  const decodes = part !== 'encode';
  const encodes = part !== 'decode';
  const after: HardwareCheck[] = [...(decodes ? [`decode ${codec}` as const] : []), ...(encodes ? ['encode' as const] : [])];
  const argumentsFor = (use: HardwareUse): string[] => recordingConversionArguments(decodes ? use : inSoftware(use), encodes ? use : inSoftware(use), request);
  return { feed: codec, gives: 'encoded', size: request, decodes, after, argumentsFor };
}

/** In the order in which they are tried. */
export const trials: Readonly<Record<HardwareCheck, Trial>> = {
  'decode h264': decodeTrial('h264'),
  'decode hevc': decodeTrial('hevc'),
  encode: encodeTrial,
  'record h264 both': recordTrial('h264', 'both'),
  'record h264 encode': recordTrial('h264', 'encode'),
  'record h264 decode': recordTrial('h264', 'decode'),
  'record hevc both': recordTrial('hevc', 'both'),
  'record hevc encode': recordTrial('hevc', 'encode'),
  'record hevc decode': recordTrial('hevc', 'decode'),
};

export const allChecks = Object.keys(trials) as readonly HardwareCheck[];

/** What is to be tried of hardware that claims this: also what builds upon it. */
export function checksFor(claims: readonly HardwareCheck[]): HardwareCheck[] {
  return allChecks.filter((check) => claims.includes(check) || (trials[check].after.length > 0 && trials[check].after.every((each) => claims.includes(each))));
}

/** The same FFmpeg without hardware. */
export function inSoftware({ ffmpeg }: Pick<HardwareUse, 'ffmpeg'>): HardwareUse {
  return { ffmpeg, preset: presetTable.software };
}
