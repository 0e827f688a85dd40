import type { CameraConfig } from '../../../config/options.js';
import type { HubConfig } from '../../../config/read-config.js';
import { ffmpegCandidates, findFfmpeg, type EquippedFfmpeg, type Ffmpeg } from '../../../ffmpeg/find-ffmpeg.js';
import { inputNeeds } from '../../../ffmpeg/input-needs.js';
import { parseCameraSource } from '../../../media/camera-source.js';
import type { FfmpegSearch } from '../../../ffmpeg/ffmpeg-search.js';
import { asProblem, Problem, problemTable } from '../../../problems.js';
import { check, type DoctorContext } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';

/** Which FFmpeg opens a source of a camera, or why none does. */
export interface OpenedInput {
  readonly camera: string;
  readonly opens: Ffmpeg | Problem;
}

export interface FfmpegFacts {
  /** The option "ffmpegPath". */
  readonly wanted: string | undefined;
  /** The one that cameras are connected with, or why there is none. */
  readonly used: Ffmpeg | Problem;
  /** What was tried before it, and why it was not taken. */
  readonly passedOver: readonly string[];
  /** All that can be used, that one first. */
  readonly all: readonly EquippedFfmpeg[];
  readonly inputs: readonly OpenedInput[];
  readonly cameras: readonly Pick<CameraConfig, 'name' | 'source' | 'substream' | 'transport' | 'aacEld'>[];
}

/** What FFmpeg calls what the plugin cannot do everything without. */
const encoders: readonly { readonly name: string; readonly code: 'encoder-missing' | 'sound-encoder-missing' }[] = [
  { name: 'libx264', code: 'encoder-missing' },
  { name: 'libopus', code: 'sound-encoder-missing' },
];

export const ffmpegCheck = check({ title: 'FFmpeg', doing: 'Looking for FFmpeg', gather: gatherFfmpeg, judge: judgeFfmpeg });

async function gatherFfmpeg({ ffmpeg, hub }: DoctorContext): Promise<FfmpegFacts> {
  const { ffmpegPath: wanted, cameras }: HubConfig = hub;
  try {
    const { ffmpeg: used, passedOver } = await findFfmpeg(ffmpegCandidates(wanted));
    return { wanted, used, passedOver, cameras, all: await ffmpeg.all(), inputs: (await Promise.all(cameras.map((camera) => openedBy(ffmpeg, camera)))).flat() };
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    return { wanted, used: error, passedOver: [], cameras, all: [], inputs: [] };
  }
}

export function judgeFfmpeg({ wanted, used, passedOver, all, inputs, cameras }: FfmpegFacts): readonly Finding[] {
  if (used instanceof Problem) {
    return [problem(used.message, problemTable[used.code].remedy)];
  }
  const has = (encoder: string): EquippedFfmpeg | undefined => all.find(({ abilities }) => abilities.encoders.has(encoder));
  return [
    ok(`${nameOf(used)}, used for all cameras`),
    ...(wanted !== undefined && used.path !== wanted ? [warning(`the FFmpeg of the option "ffmpegPath" cannot be used, this one takes its place (${passedOver.join('; ')})`, 'Correct "ffmpegPath", or remove it.')] : []),
    ...all.filter(({ path }) => path !== used.path).map((each) => ok(`${nameOf(each)}, used where the first one lacks something`)),
    ...encoders.map(({ name, code }) => {
      const able = has(name);
      return able ? ok(`${name} is there${able.path === used.path ? '' : ` (${nameOf(able)})`}`) : problem(problemTable[code].what, problemTable[code].remedy);
    }),
    ...inputs.flatMap((input) => judgeInput(input, used)),
    ...(cameras.some(({ aacEld }) => aacEld) && !has('libfdk_aac') ? [warning('"aacEld" is set for a camera, and no FFmpeg was found that was built with libfdk_aac', 'Live sound comes as Opus. Remove "ffmpegPath" so that the bundled FFmpeg is used, or remove "aacEld".')] : []),
  ];
}

function judgeInput({ camera, opens }: OpenedInput, used: Ffmpeg): readonly Finding[] {
  if (opens instanceof Problem) {
    return [problem(`${camera}: ${opens.message}`, problemTable[opens.code].remedy)];
  }
  return opens.path === used.path ? [] : [ok(`${camera}: opened by ${nameOf(opens)}, as the first one lacks what its source needs`)];
}

/** The FFmpeg that opens each source of each camera. */
async function openedBy(ffmpeg: FfmpegSearch, { name, source, substream, transport }: FfmpegFacts['cameras'][number]): Promise<readonly OpenedInput[]> {
  const sources = [source, ...(substream === undefined ? [] : [substream])].map((text) => parseCameraSource(text, transport));
  return Promise.all(sources.map(async (each) => ({ camera: name, opens: await ffmpeg.forInput(inputNeeds(each)).catch((error: unknown) => asProblem(error, 'ffmpeg-failed')) })));
}

function nameOf({ version, path, origin }: Ffmpeg): string {
  return `${version}, ${path} (from ${origin})`;
}
